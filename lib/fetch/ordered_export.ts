// Owns exports that an API prepares on request: it orders one for a window, polls its state at growing
// intervals, and returns what to fetch. Invariant: an export that was ordered is kept before it is waited
// for, and ordered again only if the API failed it or no longer knows it.
import { createHash } from "node:crypto";
import type { ExportSpec } from "../config/schema/job_schema.ts";
import { parseExactly } from "../extract/decode/exact_json.ts";
import { decodeText } from "../extract/decode/charset.ts";
import { isScalar } from "../extract/cast/exact_number.ts";
import { type ResponseParts, responseReader } from "../extract/value/path.ts";
import { Failure } from "../failure.ts";
import { shownValue } from "../report/text/shown_value.ts";
import { formatSeconds } from "../report/text/format.ts";
import { exportRequest } from "./http/page_request.ts";
import type { WireRequest } from "./http/request.ts";
import type { OrderedExport } from "./http/unit.ts";
import { allowedUrl } from "./paging/link_paginator.ts";
import { memoryExportStore } from "./export_store.ts";
import type { Unit } from "./page.ts";
import type { KeptResponse } from "./page_archive.ts";
import { notArchived } from "./archived_response.ts";
import type { StreamClient } from "./stream_client.ts";

/** Longest wait between two requests for a state, unless the job declares a longer one. */
const MOST_WAIT_MS = 60_000;
const GROWTH = 1.5;
/** Statuses by which an API reports that an export no longer exists. */
const GONE: ReadonlySet<number | undefined> = new Set([404, 410]);

/** An export of a window. */
export interface WindowExport {
  /** What to fetch; undefined if the API reports that there is no data. */
  readonly ready: OrderedExport | undefined;
  /** The responses to the order and to the last request for its state, in the archive. */
  readonly kept: readonly KeptResponse[];
  /** Forgets the export, so that the window is ordered again when it is fetched again. */
  forget(): Promise<void>;
}

/**
 * Orders the export of a window, or finds the one that an earlier process ordered, and waits until it is ready.
 *
 * @throws {Failure} of kind `window` if the export fails or takes too long.
 */
export async function orderExport(
  client: StreamClient,
  unit: Unit,
  signal: AbortSignal,
): Promise<WindowExport> {
  // What the archive returns was ordered once.
  const exports = unit.archive?.isOnly ? memoryExportStore() : client.api.exports;
  const spec = client.stream.export!;
  const order = exportRequest(client.api.job, client.name, spec.order, unit);
  const key = keyOf(client, order);
  const forget = () => exports.forget(key);
  const known = await exports.read(key);
  const context: Context = { client, unit, spec, signal };
  if (known !== undefined) {
    try {
      return { ...await wait(context, known), forget };
    } catch (error) {
      if (!(error instanceof Failure) || !GONE.has(error.status)) {
        throw await forgotten(error, forget);
      }
    }
  }
  // The files of an earlier export may have the same addresses.
  if (unit.archive?.isOnly === false) unit.archive.forget();
  const placed = await place(context, order);
  await exports.keep(key, placed.id);
  try {
    const { ready, kept } = await wait(context, placed.id);
    return { ready, kept: [...placed.kept, ...kept], forget };
  } catch (error) {
    throw await forgotten(error, forget);
  }
}

/** What the steps of an export need. */
interface Context {
  readonly client: StreamClient;
  readonly unit: Unit;
  readonly spec: ExportSpec;
  readonly signal: AbortSignal;
}

/** An export that has failed; it is ordered again when the window is fetched again. */
class ExportFailed extends Failure {}

async function forgotten(error: unknown, forget: () => Promise<void>): Promise<unknown> {
  if (error instanceof ExportFailed) await forget();
  return error;
}

/** Identical orders are one export, whichever process sends them. */
function keyOf(client: StreamClient, { method, url, body = "" }: WireRequest): string {
  const parts = [client.api.job.job, client.name, method, url, body];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

async function place(
  context: Context,
  order: WireRequest,
): Promise<{ id: string; kept: readonly KeptResponse[] }> {
  const { client, spec: { id: path } } = context;
  const response = await sent(context, order);
  const found = responseReader(path)(response);
  if (isScalar(found) && typeof found !== "boolean" && String(found) !== "") {
    return { id: String(found), kept: await response.keep() };
  }
  throw client.described(
    new Failure("window", `Cannot order the export: the response has no ID at "${path}"`, {
      hint: 'Correct the path "id" of "export"',
    }),
    order,
  );
}

/** Waits until an export is ready; undefined if it has no data. */
async function wait(context: Context, id: string): Promise<Pick<WindowExport, "ready" | "kept">> {
  const { client, unit, spec, signal } = context;
  const { job, dependencies: { clock } } = client.api;
  const status = exportRequest(job, client.name, spec.status, { ...unit, export: { id } });
  const endsAt = clock.now() + spec.timeout;
  for (
    let waitMs = spec.wait;;
    waitMs = Math.min(waitMs * GROWTH, Math.max(MOST_WAIT_MS, spec.wait))
  ) {
    const response = await sent(context, status);
    const state = stateOf(client, spec, status, response);
    const is = (states: readonly string[] | undefined) => states?.includes(state) ?? false;
    if (is(spec.empty)) return { ready: undefined, kept: await response.keep() };
    if (is(spec.done)) {
      const files = filesOf(client, spec, response, status);
      return { ready: { id, files }, kept: await response.keep() };
    }
    if (is(spec.failed)) throw failed(client, status, `the API reports ${shownValue(state)}`);
    if (unit.archive?.isOnly) {
      throw failed(client, status, `its archived state is ${shownValue(state)}`);
    }
    if (clock.now() + waitMs > endsAt) {
      const seconds = formatSeconds(spec.timeout / 1000);
      throw failed(
        client,
        status,
        `it is not ready after ${seconds}, its state is ${shownValue(state)}`,
      );
    }
    await clock.sleep(waitMs, signal);
  }
}

function stateOf(
  client: StreamClient,
  { state: path }: ExportSpec,
  status: WireRequest,
  response: ResponseParts,
): string {
  const state = responseReader(path)(response);
  if (state !== undefined && state !== null) return String(state);
  throw client.described(
    new Failure("window", `Cannot wait for the export: the response has no state at "${path}"`, {
      hint: 'Correct the path "state" of "export"',
    }),
    status,
  );
}

function failed(client: StreamClient, status: WireRequest, reason: string): ExportFailed {
  const { message } = client.described(
    new Failure("window", `Cannot fetch the export: ${reason}`),
    status,
  );
  return new ExportFailed("window", message, {
    hint: "Run again with --resume to order it again",
    mayPass: true,
  });
}

/** The URLs of the files, each of the API's origin or of a host that the job names. */
function filesOf(
  client: StreamClient,
  { files: path, hosts }: ExportSpec,
  response: ResponseParts,
  status: WireRequest,
): string[] | undefined {
  if (path === undefined) return undefined;
  const found = responseReader(path)(response);
  const links = found === undefined || found === null ? [] : [found].flat();
  const { url: baseUrl } = client.api.job.source;
  return links.map((link) => {
    const isUrl = typeof link === "string" && URL.canParse(link, status.url);
    const url = isUrl ? allowedUrl(new URL(link, status.url), baseUrl, hosts) : undefined;
    if (url !== undefined) return url.href;
    throw client.described(
      isUrl
        ? new Failure(
          "window",
          `Cannot fetch the export: its file is on another host, ${new URL(link, status.url).host}`,
          { hint: `Write "hosts: [${new URL(link, status.url).host}]" in "export"` },
        )
        : new Failure("window", `Cannot fetch the export: ${shownValue(link)} is not a URL`, {
          hint: 'Correct the path "files" of "export"',
        }),
      status,
    );
  });
}

/** A decoded response. */
interface Sent extends ResponseParts {
  /** Keeps it in the archive, if there is one. */
  keep(): Promise<readonly KeptResponse[]>;
}

/** The response to an order, or to a request for a state. */
async function sent(
  { client, unit: { archive }, signal }: Context,
  request: WireRequest,
): Promise<Sent> {
  const archived = archive?.isOnly ? await archive.find(request)?.() : undefined;
  if (archive?.isOnly && archived === undefined) throw notArchived(client.line(request));
  const response = archived === undefined
    ? await client.send(request, signal)
    : client.replay(request, archived, false);
  const { headers, body } = response;
  return {
    body: jsonOf(body, headers),
    header: (name) => headers.get(name),
    async keep() {
      const kept = archived?.kept ??
        (archive === undefined ? [] : [archive.keep(request, response)]);
      await kept.at(-1)?.written;
      return kept;
    },
  };
}

/** Undefined where it is not JSON; the paths of the job then find nothing. */
function jsonOf(body: Uint8Array, headers: Headers): unknown {
  try {
    return parseExactly(decodeText(body, headers.get("content-type")));
  } catch {
    return undefined;
  }
}
