// Owns one real request of one stream and the report on its response: what was sent, what came back, the first
// records, the rows they become and what cannot be cast. The request uses the HTTP client, limits and credentials
// of a run, and is sent once. It writes nothing. Invariant: the report contains no secret, even if the API echoes one.
import { isObject } from "../extract/value/path.ts";
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import type { Job } from "../config/schema/job.ts";
import { decodeText } from "../extract/decode/charset.ts";
import { decodeBody, KeyedRecord } from "../extract/decode/read_records.ts";
import { compileExtractor } from "../extract/extractor.ts";
import type { SharedKeys } from "../extract/shared_keys.ts";
import { preview } from "../extract/value/preview.ts";
import { Failure } from "../failure.ts";
import { openApi } from "../fetch/api_client.ts";
import type { FetchEvent } from "../fetch/fetch_event.ts";
import { renderRequest } from "../fetch/http/request.ts";
import type { Unit } from "../fetch/http/unit.ts";
import { orderExport } from "../fetch/ordered_export.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import { type Exchanged, mayBeLong, readFirst, WHOLE_BYTES } from "../fetch/long_response.ts";
import { maskedRequest } from "../fetch/request_preview.ts";
import type { ApiDependencies } from "../fetch/api_connection.ts";
import type { OkResponse } from "../fetch/ok_response.ts";
import type { StreamClient } from "../fetch/stream_client.ts";
import { guessFormat } from "./guess_format.ts";
import { lostFractions } from "./lost_fractions.ts";
import { guessRecords, outline } from "../extract/decode/outline.ts";
import { outsideWindow } from "./outside_window.ts";
import { type Probe, unsentProbe } from "./probe.ts";
import { probePaging } from "./probe_paging.ts";
import { longNotes } from "./long_note.ts";
import { gatherCastFailures, neverFilled, reportRows } from "./row_report.ts";
import { statusHint } from "./status_hint.ts";
import { unmappedFields } from "./unmapped_field.ts";

const RECORDS_SHOWN = 2;
const RECORD_BYTES = 800;

/**
 * Sends one request, and a second for the next page, and reports on them; errors are part of the report.
 *
 * @throws {Failure} of kind `configuration` where the request cannot be rendered, `interrupted` where the
 * signal aborts.
 */
export async function probeStream(
  job: Job,
  stream: string,
  unit: Unit,
  dependencies: ApiDependencies,
): Promise<Probe> {
  const events: FetchEvent[] = [];
  const listening = { ...dependencies, onEvent: (event: FetchEvent) => void events.push(event) };
  await using api = openApi(withoutRetries(job), listening);
  const client = api.client(stream);
  const unsent = unsentProbe(stream, unit, maskedRequest(job, stream, unit, dependencies.env));
  const sent = await attempt(() => send(client, unit, dependencies.signal), dependencies.signal);
  if ("problem" in sent) {
    const answer = lastResponse(events);
    const hint = sent.problem?.hint ?? statusHint(answer?.status) ?? null;
    return { ...unsent, problem: sent.problem && { ...sent.problem, hint }, answer };
  }
  const { signal } = dependencies;
  const answer = responseOf(sent.response);
  const read = await attempt(() => reportOn(client, unit, sent, signal), signal);
  const found = "problem" in read ? await reportOnShape(client, sent.response, read.problem) : read;
  return masked({ ...unsent, ...found, answer }, (text) => api.mask(text));
}

/** Requests the first page; an export is ordered and waited for before. */
async function send(client: StreamClient, unit: Unit, signal: AbortSignal): Promise<Exchanged> {
  const { job } = client.api;
  const { stream } = client;
  const exported = stream.export && (await orderExport(client, unit, signal)).ready;
  if (stream.export !== undefined && (exported === undefined || exported.files?.length === 0)) {
    throw new Failure(
      "window",
      "Cannot read records: the API reports that the export has no data",
      {
        hint: "Probe another day with --date",
      },
    );
  }
  const wanted = exported === undefined ? unit : { ...unit, export: exported };
  const step = openPaginator(stream, job.source.url, client.ends, exported?.files).first();
  const request = renderRequest(job, stream, wanted, step);
  const wholeBytes = mayBeLong(stream) ? WHOLE_BYTES : undefined;
  return { request, response: await client.send(request, signal, { wholeBytes }) };
}

/** What a response of the declared shape contains and becomes. */
async function reportOn(client: StreamClient, unit: Unit, probed: Exchanged, signal: AbortSignal) {
  const { job } = client.api;
  const { response } = probed;
  const read = await readFirst(client, probed, signal);
  const { shapes, extract } = compileExtractor(job, client.name);
  const extraction = extract({ ...read, ...unit });
  const rows = reportRows(shapes, extraction);
  // If no row resulted, the records may be elsewhere.
  const hasRows = rows.some(({ rows }) => rows > 0);
  return {
    paging: await probePaging(client, unit, { response, read }),
    records: {
      count: read.records.length,
      first: read.records.slice(0, RECORDS_SHOWN).map(shownRecord),
    },
    rows,
    never_filled: neverFilled(rows),
    untaken: unmappedFields(job, client.name, read.records),
    outside: outsideWindow(extraction, unit.window),
    rejected: gatherCastFailures(extraction.rejected, shapes),
    notes: [
      ...longNotes(response, read),
      ...lostFractions(client.stream, extraction),
      ...extraction.shared.map(sharedKeyNote),
    ],
    ...hasRows || !NESTED.has(client.stream.format) ? {} : shapeOf(read.body),
  };
}

function sharedKeyNote({ table, count, example }: SharedKeys): string {
  const subject = count === 1 ? "1 row replaces another row" : `${count} rows replace other rows`;
  return `${subject} of ${table} with the same key in this response (${example}); ` +
    `add a column to its "key", or declare how they merge`;
}

/** The outline of a response that does not have the declared shape, or the format it has. */
async function reportOnShape(
  client: StreamClient,
  { body, headers }: OkResponse,
  problem: Problem["problem"],
) {
  const { format, encoding, namespaces } = client.stream;
  const text = decodeText(body, headers.get("content-type"), encoding);
  const guess = guessFormat(text);
  if (guess === `format: ${format}`) {
    if (!NESTED.has(format)) return { problem };
    const form = format === "xml" ? { format, namespaces } : { format };
    return { problem, ...shapeOf(await yieldingToEventLoop(decodeBody(text, form))) };
  }
  const hint = guess === undefined ? problem?.hint ?? null : `Write ${guess} into the stream`;
  return { problem: problem && { ...problem, hint } };
}

/** Formats whose records may be anywhere in the response. */
const NESTED: ReadonlySet<string> = new Set(["json", "xml"]);

function shapeOf(body: unknown) {
  return { outline: outline(body), guesses: guessRecords(body) };
}

function shownRecord(record: unknown): string {
  if (!(record instanceof KeyedRecord)) return preview(record, RECORD_BYTES);
  return `${JSON.stringify(record.key)}: ${preview(record.record, RECORD_BYTES)}`;
}

/** The job with one attempt: a probe shows what is wrong instead of waiting. */
function withoutRetries(job: Job): Job {
  return { ...job, source: { ...job.source, retry: { ...job.source.retry, attempts: 1 } } };
}

type Problem = Pick<Probe, "problem">;

/** The result of an action, or the problem it fails with; an interruption is not a result. */
async function attempt<T>(
  action: () => T | Promise<T>,
  signal: AbortSignal,
): Promise<T | Problem> {
  try {
    return await action();
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof Failure)) return { problem: { message: String(error), hint: null } };
    if (error.kind === "configuration" || error.kind === "interrupted") throw error;
    return { problem: { message: error.message, hint: hintOf(error) } };
  }
}

/** The hint of a failure, without the advice to run the probe that is running. */
function hintOf({ hint = "" }: Failure): string | null {
  const own = hint.replace(/^See (the response|a record) with deno task probe(; )?/, "");
  return own === "" ? null : own.charAt(0).toUpperCase() + own.slice(1);
}

function responseOf({ status, ms, body, headers }: OkResponse): Probe["answer"] {
  const contentType = headers.get("content-type");
  return { status, ms: Math.round(ms), bytes: body.byteLength, content_type: contentType };
}

function lastResponse(events: readonly FetchEvent[]): Probe["answer"] {
  const event = events.findLast((event) => event.kind === "answered");
  if (event?.kind !== "answered") return null;
  const { status, ms, bytes } = event;
  return { status, ms: Math.round(ms), bytes, content_type: null };
}

/** Masks every string of the report. */
function masked(probe: Probe, mask: (text: string) => string): Probe {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item)]));
  };
  return walk(probe) as Probe;
}
