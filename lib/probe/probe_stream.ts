// Owns one real request of one stream and all that can be told of its answer: what was sent, what came
// back, whether more pages follow, the first records, the rows they become and what does not fit. The
// request goes through the same door, limits and credentials as a run's, and is tried once. It writes
// nothing. Invariant: no secret is in what it tells, even where the source echoes one.
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import type { Job } from "../config/schema/job.ts";
import { compileExtractor } from "../extract/extractor.ts";
import { KeyedRecord } from "../extract/decode/read_records.ts";
import { decodeText } from "../extract/decode/charset.ts";
import type { FetchEvent } from "../fetch/fetch_event.ts";
import { pageFacts } from "../fetch/page_facts.ts";
import type { OkResponse, StreamClient } from "../fetch/stream_client.ts";
import { type ParsedResponse, readResponse } from "../fetch/read_response.ts";
import { renderRequest } from "../fetch/http/request.ts";
import { maskedRequest } from "../fetch/request_preview.ts";
import { openApi } from "../fetch/api_client.ts";
import type { Unit } from "../fetch/http/unit.ts";
import { Failure } from "../failure.ts";
import { formatWindow } from "../report/text/format.ts";
import { guessFormat } from "./guess_format.ts";
import { guessRecords, outline, type OutlineEntry, type RecordsGuess } from "./outline.ts";
import { outsideWindow } from "./outside_window.ts";
import { guessPaging, type PagingSign, pagingSigns } from "./paging_signs.ts";
import {
  type CastFailure,
  gatherMisfits,
  neverFilled,
  reportRows,
  type RowReport,
} from "./row_report.ts";
import { statusHint } from "./status_hint.ts";
import { type UnmappedField, untakenFields } from "./unmapped_field.ts";
import { preview } from "../extract/value/preview.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import { type ApiDependencies } from "../fetch/stream_client.ts";

/** How the answer's pages go on, as far as one page tells. */
export interface PagingReport {
  /** The kind that the job says. */
  readonly by: string;
  /** Records of the window, where the answer states a total. */
  readonly total: number | null;
  /** Further pages that would be asked now. */
  readonly more: number;
  /** The next request, masked; null where the window is complete. */
  readonly next: string | null;
  /** Why the window could not be read, or null. */
  readonly problem: string | null;
  /** Why a run would go on with a shorter window, or null. */
  readonly split: string | null;
  /** What else in the answer looks like paging, where the job says there is none. */
  readonly signs: readonly PagingSign[];
  /** What to write for these, a key a line. */
  readonly guesses: readonly string[];
}

/** All that a probe tells; `answer` and what follows is null where it did not come so far. */
export interface Probe {
  /** Name of the stream. */
  readonly stream: string;
  /** Its dates, such as `2025-10-13 .. 2025-10-19`. */
  readonly window: string | null;
  /** Values of `for_each` that were asked for. */
  readonly each: Readonly<Record<string, unknown>>;
  /** What was sent, secrets masked. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  /** What came back. */
  readonly answer: {
    readonly status: number;
    readonly ms: number;
    readonly bytes: number;
    readonly content_type: string | null;
  } | null;
  /** How the pages go on. */
  readonly paging: PagingReport | null;
  /** How many records came, and the first of them as JSON, cut short. */
  readonly records: { readonly count: number; readonly first: readonly string[] } | null;
  /** The rows they become, an element for each entry of "rows". */
  readonly rows: readonly RowReport[];
  /** Columns, as `table.column`, without a value in all of these rows. */
  readonly never_filled: readonly string[];
  /** Fields of the records that no column takes. */
  readonly untaken: readonly UnmappedField[];
  /** Columns of dates, as `table.column`, where no date of any row is of the window. */
  readonly outside: readonly string[];
  /** Values that did not fit. */
  readonly rejected: readonly CastFailure[];
  /** What went wrong, or null. */
  readonly problem: { readonly message: string; readonly hint: string | null } | null;
  /** What is in an answer whose records were not found. */
  readonly outline: readonly OutlineEntry[];
  /** Where its records may be. */
  readonly guesses: readonly RecordsGuess[];
}

const RECORDS_SHOWN = 2;
const RECORD_BYTES = 800;

/**
 * Asks once and tells all about it; what goes wrong is told too.
 *
 * @throws {Failure} of kind `configuration` where the request cannot be made at all, `interrupted` where the
 * signal aborts.
 */
export async function probeStream(
  job: Job,
  stream: string,
  unit: Unit,
  dependencies: ApiDependencies,
): Promise<Probe> {
  const answered: FetchEvent[] = [];
  const listening = { ...dependencies, onEvent: (event: FetchEvent) => void answered.push(event) };
  await using source = openApi(triedOnce(job), listening);
  const client = source.client(stream);
  const told = toldOfRequest(job, stream, unit, dependencies);
  const asked = await attempt(() => ask(client, unit), dependencies.signal);
  if ("problem" in asked) {
    const answer = lastAnswer(answered);
    const hint = asked.problem?.hint ?? statusHint(answer?.status) ?? null;
    return { ...told, problem: asked.problem && { ...asked.problem, hint }, answer };
  }
  const { status, ms, body, headers } = asked;
  const answer = {
    status,
    ms: Math.round(ms),
    bytes: body.byteLength,
    content_type: headers.get("content-type"),
  };
  const read = await attempt(() => tellOfAnswer(client, unit, asked), dependencies.signal);
  if (!("problem" in read)) return masked({ ...told, answer, ...read }, source.mask.bind(source));
  const shape = tellOfShape(client, asked, read.problem);
  return masked({ ...told, ...shape, answer }, source.mask.bind(source));
}

/** What is known before anything is sent. */
function toldOfRequest(job: Job, stream: string, unit: Unit, { env }: ApiDependencies): Probe {
  const { method, url, headers, body = null } = maskedRequest(job, stream, unit, env);
  return {
    stream,
    window: unit.window === null ? null : formatWindow(unit.window),
    each: unit.each,
    request: { method, url, headers, body },
    answer: null,
    paging: null,
    records: null,
    rows: [],
    never_filled: [],
    untaken: [],
    outside: [],
    rejected: [],
    problem: null,
    outline: [],
    guesses: [],
  };
}

function ask(client: StreamClient, unit: Unit): Promise<OkResponse> {
  const { job, dependencies } = client.api;
  const step = openPaginator(client.stream, job.source.url).first();
  return client.send(renderRequest(job, client.stream, unit, step), dependencies.signal);
}

/** What an answer of the declared shape holds and becomes. */
async function tellOfAnswer(client: StreamClient, unit: Unit, answer: OkResponse) {
  const read = await yieldingToEventLoop(readResponse(client.stream, answer));
  const { shapes, extract } = compileExtractor(client.api.job, client.name);
  const extraction = extract({ ...read, ...unit });
  const rows = reportRows(shapes, extraction);
  // Where nothing came of it, the records may be elsewhere.
  const hasRows = rows.some(({ rows }) => rows > 0);
  return {
    paging: tellOfPaging(client, unit, answer, read),
    records: {
      count: read.records.length,
      first: read.records.slice(0, RECORDS_SHOWN).map(shownRecord),
    },
    rows,
    never_filled: neverFilled(rows),
    untaken: untakenFields(client.api.job, client.name, read.records),
    outside: outsideWindow(extraction, unit.window),
    rejected: gatherMisfits(extraction.rejected, shapes),
    ...hasRows || client.stream.format !== "json" ? {} : shapeOf(read.body),
  };
}

function tellOfPaging(
  client: StreamClient,
  unit: Unit,
  { url }: OkResponse,
  read: ParsedResponse,
): PagingReport {
  const { job } = client.api;
  const { paging: { by }, window } = client.stream;
  const paginator = openPaginator(client.stream, job.source.url);
  paginator.first();
  const verdict = paginator.next(pageFacts(read, url));
  const steps = verdict.kind === "more" ? verdict.steps : [];
  const failed = verdict.kind === "failed" ? verdict : undefined;
  const isSplit = window?.auto === true && failed?.tooFull === true;
  const signs = by === "none" ? pagingSigns(read.body, read.header) : [];
  return {
    by,
    total: read.total,
    more: steps.length,
    next: steps[0] === undefined
      ? null
      : client.line(renderRequest(job, client.stream, unit, steps[0])),
    problem: failed !== undefined && !isSplit ? failed.reason : null,
    split: failed !== undefined && isSplit ? failed.reason : null,
    signs,
    guesses: guessPaging(signs, read.records.length),
  };
}

/** What an answer holds that is not of the declared shape, or what format it has. */
function tellOfShape(
  client: StreamClient,
  { body, headers }: OkResponse,
  problem: Problem["problem"],
) {
  const text = decodeText(body, headers.get("content-type"));
  const format = guessFormat(text);
  if (format === `format: ${client.stream.format}`) {
    return { problem, ...format === "format: json" ? shapeOf(JSON.parse(text)) : {} };
  }
  const hint = format === undefined ? problem?.hint ?? null : `Write ${format} into the stream`;
  return { problem: problem && { ...problem, hint } };
}

/** The outline of an answer and where its records may be. */
function shapeOf(body: unknown) {
  return { outline: outline(body), guesses: guessRecords(body) };
}

function shownRecord(record: unknown): string {
  if (!(record instanceof KeyedRecord)) return preview(record, RECORD_BYTES);
  return `${JSON.stringify(record.key)}: ${preview(record.record, RECORD_BYTES)}`;
}

/** The job with one try: who probes wants to see what is wrong, not to wait. */
function triedOnce(job: Job): Job {
  return { ...job, source: { ...job.source, retry: { ...job.source.retry, attempts: 1 } } };
}

type Problem = Pick<Probe, "problem">;

/** What an action gives, or what it fails with; an interruption is no answer. */
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

/** What a failure says to do, without the advice to do what is being done. */
function hintOf({ hint = "" }: Failure): string | null {
  const own = hint.replace(/^deno task probe shows[^;]*(; )?/, "");
  return own === "" ? null : own.charAt(0).toUpperCase() + own.slice(1);
}

function lastAnswer(events: readonly FetchEvent[]): Probe["answer"] {
  const event = events.findLast((event) => event.kind === "answered");
  if (event?.kind !== "answered") return null;
  const { status, ms, bytes } = event;
  return { status, ms: Math.round(ms), bytes, content_type: null };
}

/** Every text of the probe without secrets. */
function masked(probe: Probe, mask: (text: string) => string): Probe {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item)]));
  };
  return walk(probe) as Probe;
}
