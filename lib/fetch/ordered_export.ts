// Owns exports that an API prepares on request: it orders one for a window, polls its state at growing
// intervals, and returns what to fetch. Invariant: an export that was ordered is kept before it is waited
// for, and ordered again only if the API failed it or no longer knows it.
import { createHash } from "node:crypto";
import type { ExportSpec, RequestSpec } from "../config/schema/job_schema.ts";
import { parseExactly } from "../extract/decode/exact_json.ts";
import { decodeText } from "../extract/decode/charset.ts";
import { isScalar } from "../extract/cast/exact_number.ts";
import { type ResponseParts, responseReader } from "../extract/value/path.ts";
import { Failure } from "../failure.ts";
import { shownValue } from "../report/text/shown_value.ts";
import { formatSeconds } from "../report/text/format.ts";
import { withoutCredentials } from "./http/auth.ts";
import { renderRequest, type WireRequest } from "./http/request.ts";
import type { OrderedExport, Unit } from "./http/unit.ts";
import { allowedUrl } from "./paging/link_paginator.ts";
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
  const { exports } = client.api;
  const spec = client.stream.export!;
  const order = rendered(client, spec.order, unit);
  const key = keyOf(client, order);
  const forget = () => exports.forget(key);
  const known = await exports.read(key);
  if (known !== undefined) {
    try {
      return { ready: await wait(client, spec, unit, known, signal), forget };
    } catch (error) {
      if (!(error instanceof Failure) || !GONE.has(error.status)) {
        throw await forgotten(error, forget);
      }
    }
  }
  const id = await place(client, spec, order, signal);
  await exports.keep(key, id);
  try {
    return { ready: await wait(client, spec, unit, id, signal), forget };
  } catch (error) {
    throw await forgotten(error, forget);
  }
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

function rendered(client: StreamClient, request: RequestSpec, unit: Unit): WireRequest {
  const { job } = client.api;
  const wire = renderRequest(job, { ...client.stream, request, format: "json" }, unit, {
    params: [],
  });
  return { ...wire, url: withoutCredentials(wire.url, job.source.auth) };
}

async function place(
  client: StreamClient,
  { id: path }: ExportSpec,
  order: WireRequest,
  signal: AbortSignal,
): Promise<string> {
  const found = responseReader(path)(await sent(client, order, signal));
  if (isScalar(found) && typeof found !== "boolean" && String(found) !== "") return String(found);
  throw client.described(
    new Failure("window", `Cannot order the export: the response has no ID at "${path}"`, {
      hint: 'Correct the path "id" of "export"',
    }),
    order,
  );
}

/** Waits until an export is ready; undefined if it has no data. */
async function wait(
  client: StreamClient,
  spec: ExportSpec,
  unit: Unit,
  id: string,
  signal: AbortSignal,
): Promise<OrderedExport | undefined> {
  const { clock } = client.api.dependencies;
  const status = rendered(client, spec.status, { ...unit, export: { id } });
  const endsAt = clock.now() + spec.timeout;
  for (
    let waitMs = spec.wait;;
    waitMs = Math.min(waitMs * GROWTH, Math.max(MOST_WAIT_MS, spec.wait))
  ) {
    const response = await sent(client, status, signal);
    const state = stateOf(client, spec, status, response);
    const is = (states: readonly string[] | undefined) => states?.includes(state) ?? false;
    if (is(spec.empty)) return undefined;
    if (is(spec.done)) return { id, files: filesOf(client, spec, response, status) };
    if (is(spec.failed)) throw failed(client, status, `the API reports ${shownValue(state)}`);
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

/** The decoded response to an order, or to a request for a state. */
async function sent(
  client: StreamClient,
  request: WireRequest,
  signal: AbortSignal,
): Promise<ResponseParts> {
  const response = await client.send(request, signal);
  const { headers, body } = response;
  return { body: jsonOf(body, headers), header: (name) => headers.get(name) };
}

/** Undefined where it is not JSON; the paths of the job then find nothing. */
function jsonOf(body: Uint8Array, headers: Headers): unknown {
  try {
    return parseExactly(decodeText(body, headers.get("content-type")));
  } catch {
    return undefined;
  }
}
