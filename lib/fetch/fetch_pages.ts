// Owns the station "unit to pages": fetches the pages of one unit as its paginator decides, parses them
// and yields them in order. It decides nothing about paging or retries. Invariant: it ends normally only
// if the window is complete as far as the API lets that be known; a page with index 0 after others means
// that the window was restarted and the pages before it are void.
import { readingFailure } from "../extract/decode/reading_failure.ts";
import { yieldToEventLoop } from "../yield_to_event_loop.ts";
import { Failure } from "../failure.ts";
import { isLong, mayBeLong, readPieces } from "./long_response.ts";
import { longFacts, pageFacts } from "./page_facts.ts";
import { ListEnds } from "./response/list_ends.ts";
import type { StreamClient } from "./stream_client.ts";
import type { PageFacts, Paginator, Verdict } from "./paging/paginator.ts";
import type { FeedMark } from "../plan/feed.ts";
import type { WireRequest } from "./http/request.ts";
import { RetryFailure } from "./response/response_error.ts";
import { backoffMs, QUOTA_WAIT_MS } from "./http/retry.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { ApiClient } from "./api_client.ts";
import type { Page, Unit } from "./page.ts";
import { keptWith, mayChange, parsePage, requestPage, UNKNOWN_TOTAL } from "./received_page.ts";
import type { Parsed, Received } from "./received_page.ts";
import { orderExport, type WindowExport } from "./ordered_export.ts";
import { markOf, refuseExpired } from "./feed_mark.ts";
import { incomplete, restartAfter, unstable } from "./failure/unread_window.ts";
import { openPaginator } from "./paging/open_paginator.ts";
import { type Place, readPlace } from "./paging/place.ts";

export type { Page, Unit } from "./page.ts";

/** The page of an export without data. */
const EMPTY_PAGE: Page = {
  ...{ index: 0, records: [], body: null, header: () => null, total: 0, bytes: 0, ms: 0, url: "" },
};

type MoreVerdict = Extract<Verdict, { kind: "more" }>;

/** How often a window is restarted because the API's data changed while it was read. */
const MAX_RESTARTS = 3;

/**
 * Yields the pages of one unit in order.
 *
 * @throws Failure("window") if the window cannot be read completely; `tooFull` if shorter ones may be.
 * @throws Failure("refused") if the API refuses every request.
 * @throws Failure("interrupted"), or the signal's reason if that is a Failure, if the signal aborts.
 */
export async function* fetchPages(
  api: ApiClient,
  streamName: string,
  unit: Unit,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const client = api.client(streamName);
  let exported: WindowExport | undefined;
  try {
    exported = await exportOf(client, unit, signal);
    const ready = exported?.ready;
    if (exported !== undefined && (ready === undefined || ready.files?.length === 0)) {
      yield { ...EMPTY_PAGE, kept: exported.kept, requestedAt: unit.archive?.startedAt };
      return await exported.forget();
    }
    let wanted = ready && { ...unit, export: ready, exportKept: exported?.kept } || unit;
    for (let restarts = 0;;) {
      const verdict = yield* readAnew(client, wanted, signal);
      if (verdict.kind === "done") return await exported?.forget();
      // The pages that an interrupted run has left are no longer what the API returns.
      if (wanted.place !== undefined && verdict.kind === "restart") {
        wanted = { ...wanted, place: undefined };
        continue;
      }
      if (unit.archive?.forget()) continue;
      if (verdict.kind === "failed") throw incomplete(verdict, (text) => api.mask(text));
      if (restarts++ === MAX_RESTARTS) throw unstable(api.mask(verdict.reason), MAX_RESTARTS);
    }
  } catch (error) {
    if (signal.aborted) throw interruption(signal);
    refuseExpired(client, unit, error);
    // A file that is refused or gone may exist in an export that is ordered again.
    if (error instanceof Failure && FILE_GONE.has(error.status)) await exported?.forget();
    throw readingFailure(error);
  }
}

/** Statuses of a file whose URL is no longer valid. */
const FILE_GONE: ReadonlySet<number | undefined> = new Set([403, 404, 410]);

function exportOf(
  client: StreamClient,
  unit: Unit,
  signal: AbortSignal,
): Promise<WindowExport> | undefined {
  return client.stream.export && orderExport(client, unit, signal);
}

/** Reads the window; an error is a reason to restart it while pages of an interrupted run are used. */
async function* readAnew(
  client: StreamClient,
  unit: Unit,
  signal: AbortSignal,
): AsyncGenerator<Page, Exclude<Verdict, MoreVerdict>> {
  try {
    return yield* readOnce(client, unit, signal);
  } catch (error) {
    if (signal.aborted || !unit.archive?.forget()) throw error;
    return yield* readOnce(client, unit, signal);
  }
}

/** Reads the window from its first page to the paginator's verdict. */
async function* readOnce(
  client: StreamClient,
  unit: Unit,
  signal: AbortSignal,
): AsyncGenerator<Page, Exclude<Verdict, MoreVerdict>> {
  const { ends, stream, api: { job: { source } } } = client;
  const files = unit.export?.files;
  const paginator = openPaginator(stream, source.url, ends, files, unit.mostRecords);
  const place = readPlace(stream, unit.place);
  using proofs = new DisposableStack();
  let proof: Disposable | undefined;
  using ahead = new ReadAhead((step, signal) => requestPage(client, unit, step, signal), {
    signal,
    depth: client.ahead,
    mostPages: source.concurrency,
    drop: (received) => received[Symbol.dispose](),
  });
  ahead.add([place && paginator.continueAt?.(place) || paginator.first()]);
  const plan = (verdict: MoreVerdict) => {
    if (verdict.replaces) ahead.clear();
    ahead.add(verdict.steps);
  };
  const first = place?.pages ?? 0;
  const reading: Reading = { client, unit, paginator, plan, signal, place };
  for (let index = first;; index++) {
    let verdict: Verdict;
    try {
      verdict = yield* readWithRetries(reading, await ahead.take(), index);
    } catch (error) {
      if (place === undefined || index > first || signal.aborted) throw error;
      return restartAfter(error);
    }
    proof?.[Symbol.dispose]();
    if (verdict.kind !== "more") return verdict;
    if (verdict.proof === undefined) continue;
    proof = proofs.use(await client.proving.take(signal));
    if (!verdict.proof()) return { kind: "done" };
    plan(verdict);
  }
}

/** What reading the pages of one window needs. */
interface Reading {
  readonly client: StreamClient;
  readonly unit: Unit;
  readonly paginator: Paginator;
  /** Takes the next steps before the page is passed on, so that they are fetched while it is processed. */
  readonly plan: (verdict: MoreVerdict) => void;
  readonly signal: AbortSignal;
  /** Where the reading was continued; undefined where it was begun. */
  readonly place: Place | undefined;
}

/** Reads one page; requests it again while its body reports an error that means so. */
async function* readWithRetries(
  reading: Reading,
  received: Received,
  index: number,
): AsyncGenerator<Page, Verdict> {
  const { client, unit, signal } = reading;
  const { job: { source: { retry } }, dependencies: { clock, wallNow, random } } = client.api;
  for (let attempt = 0, page = received;;) {
    try {
      return yield* readPage(reading, page, index);
    } catch (error) {
      if (!(error instanceof RetryFailure) || page.isArchived) throw error;
      const requestedMs = error.waitMs(wallNow());
      // A quota that is used up refuses every request: none of them counts as an attempt.
      if ((requestedMs ?? 0) < QUOTA_WAIT_MS) attempt++;
      if (attempt >= retry.attempts) throw error;
      const waitMs = requestedMs ?? backoffMs(attempt, retry, random());
      if (requestedMs !== null) client.pause(requestedMs);
      client.retrying(page.request, { attempt, reason: error.message, waitMs });
      await clock.sleep(waitMs, signal);
      page = await requestPage(client, unit, page.step, signal, { isAgain: true });
    }
  }
}

/** Parses one page and yields it, unless the window cannot be read; returns the paginator's verdict. */
async function* readPage(
  reading: Reading,
  received: Received,
  index: number,
): AsyncGenerator<Page, Verdict> {
  using _ = received;
  const { client, unit, paginator, plan, signal } = reading;
  if (isLong(received.response)) {
    if (index === 0 && received.isArchived && mayChange(client, unit)) return UNKNOWN_TOTAL;
    return yield* readLong(reading, received, index);
  }
  using _slot = await client.api.parseSlot.take(signal);
  await yieldToEventLoop();
  const parsed = await parsePage(client, received);
  if (index === 0) refuseMissingTotal(client, parsed);
  if (index === 0 && received.isArchived && parsed.read.total === null && mayChange(client, unit)) {
    return UNKNOWN_TOTAL;
  }
  const { request } = received;
  const origin = { request, url: parsed.url, unit, timeZone: client.api.job.time_zone };
  const facts = pageFacts(client.stream, parsed.read, origin);
  const verdict = paginator.next(facts);
  if (verdict.kind === "restart" || verdict.kind === "failed") return verdict;
  if (verdict.kind === "more" && verdict.proof === undefined) plan(verdict);
  // An earlier run has committed the page that is compared.
  if (reading.place?.print !== undefined && index === reading.place.pages) return verdict;
  const mark = client.stream.since && markAfter(reading, facts, request, verdict);
  yield { ...pageOf(client, parsed, index, unit), mark };
  return verdict;
}

/** Reads a response piece by piece: each piece is a page, and the paginator sees them as one. */
async function* readLong(
  reading: Reading,
  { request, response, kept, keeper }: Received,
  index: number,
): AsyncGenerator<Page, Verdict> {
  const { client, unit, paginator, plan, signal } = reading;
  const shared = { url: client.api.mask(response.url), requestedAt: unit.archive?.startedAt };
  let [records, pieces] = [0, 0];
  let last: Page | undefined;
  const ends = mayBeLong(client.stream) ? new ListEnds() : undefined;
  for await (const read of readPieces(client, request, response, { signal, keeper })) {
    if (last !== undefined) yield last;
    records += read.records.length;
    ends?.add(read.body as readonly unknown[]);
    const isRest = pieces > 0;
    // Only the first page of a window has the index 0.
    last = { index: index + pieces++, isRest, ...read, ms: isRest ? 0 : response.ms, ...shared };
  }
  const origin = { request, url: response.url, unit, timeZone: client.api.job.time_zone };
  const facts = longFacts(client.stream, { ends, records, last: last ?? EMPTY_PAGE }, origin);
  const verdict = paginator.next(facts);
  if (verdict.kind === "more" && verdict.proof === undefined) plan(verdict);
  const mark = client.stream.since && markAfter(reading, facts, request, verdict);
  // The archived response is complete now.
  if (last !== undefined) {
    yield { ...last, mark, kept: keptWith(unit, index, keeper?.end() ?? kept) };
  }
  return verdict;
}

/**
 * The position of its feed that a page declares. The archive holds whole readings: one is not continued without its
 * first pages.
 */
function markAfter(
  { client, unit, paginator }: Reading,
  facts: PageFacts,
  request: WireRequest,
  verdict: Verdict,
): FeedMark {
  const isKept = unit.archive === undefined;
  return markOf(
    client,
    facts,
    request,
    isKept ? paginator.placeAfter?.(facts, verdict) : undefined,
  );
}

function pageOf(
  client: StreamClient,
  { read, url, kept, ...measures }: Parsed,
  index: number,
  unit: Unit,
): Page {
  const requestedAt = unit.archive?.startedAt;
  const own = { index, url: client.api.mask(url), requestedAt, kept: keptWith(unit, index, kept) };
  return { ...read, ...measures, ...own };
}

/** Without the total that the job declares, a window could silently end too early. */
function refuseMissingTotal({ stream }: StreamClient, { read }: Parsed): void {
  if (
    stream.total === undefined || stream.total === "none" || read.total !== null ||
    read.records.length === 0
  ) return;
  throw new Failure("window", `Cannot read the response: it has no total at "${stream.total}"`, {
    hint: 'Correct the path "total" of the stream, or remove it',
  });
}

function interruption(signal: AbortSignal): Failure {
  if (signal.reason instanceof Failure) return signal.reason;
  return new Failure("interrupted", "Cannot finish the window: the run was interrupted", {
    hint: "Run again with --resume",
  });
}
