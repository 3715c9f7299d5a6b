// Owns the station "unit to pages": asks for the pages of one unit as its paginator says, reads them and
// hands them on in order. It decides nothing about paging or retries. Invariant: it ends normally only
// when the window is complete as far as the source lets that be known; a page of index 0 after others
// says that the window began again and the pages before are void.
import { yieldingToEventLoop, yieldToEventLoop } from "../yield_to_event_loop.ts";
import { responseReader } from "../extract/value/path.ts";
import { Failure } from "../failure.ts";
import { oneLine } from "../report/text/format.ts";
import { withoutCredentials } from "./http/auth.ts";
import { fingerprint } from "./paging/fingerprint.ts";
import type { OkResponse, StreamClient } from "./stream_client.ts";
import { type PageFacts, type Verdict } from "./paging/paginator.ts";
import { ReadAhead } from "./read_ahead.ts";
import { type ParsedResponse, readResponse } from "./read_response.ts";
import { renderRequest, type WireRequest } from "./http/request.ts";
import type { ApiClient } from "./api_client.ts";
import type { Unit } from "./http/unit.ts";
import { openPaginator } from "./paging/open_paginator.ts";
import { type PageStep } from "./http/page_step.ts";

export type { Unit };

/** One page of a unit. */
export interface Page {
  /** Its place in the window, from 0. */
  readonly index: number;
  /** The records on it. */
  readonly records: unknown[];
  /** The whole decoded body. */
  readonly body: unknown;
  /** A header of the answer, or null. */
  header(name: string): string | null;
  /** Records of the whole window, where the answer states a total. */
  readonly total: number | null;
  /** Size of the body after decompression. */
  readonly bytes: number;
  /** Time from sending the last try to the end of its answer. */
  readonly ms: number;
  /** Address that answered, masked. */
  readonly url: string;
}

/** An answer that has come and is not read yet. */
interface Landed extends Disposable {
  readonly request: WireRequest;
  readonly answer: OkResponse;
}

/** A page with what its paginator needs besides. */
interface Fetched {
  readonly read: ParsedResponse;
  readonly bytes: number;
  readonly ms: number;
  /** Address that answered, not masked. */
  readonly url: string;
}

/** Times a window is begun again because the source changed under the reading. */
const MAX_RESTARTS = 3;

/**
 * The pages of one unit, in order.
 *
 * @throws Failure("window") where the window cannot be read whole; `tooFull` where shorter ones may be.
 * @throws Failure("refused") where the source says no to everything.
 * @throws Failure("interrupted"), or the signal's reason if that is a Failure, where it aborts.
 */
export async function* fetchPages(
  source: ApiClient,
  streamName: string,
  unit: Unit,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const client = source.client(streamName);
  try {
    await source.backlog.room(signal);
    for (let restarts = 0;; restarts++) {
      const verdict = yield* readOnce(client, unit, signal);
      if (verdict.kind === "done") return;
      if (verdict.kind === "failed") throw unreadable(verdict, source);
      if (restarts === MAX_RESTARTS) throw unsteady(source.mask(verdict.reason));
    }
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error;
  }
}

/** Reads the window from its first page to a verdict. */
async function* readOnce(
  client: StreamClient,
  unit: Unit,
  signal: AbortSignal,
): AsyncGenerator<Page, Exclude<Verdict, { kind: "more" }>> {
  const { backlog, parseSlot, job: { source } } = client.api;
  const paginator = openPaginator(client.stream, source.url);
  using ahead = new ReadAhead((step, signal) => askPage(client, unit, step, signal), {
    signal,
    depth: client.ahead,
    mostPages: source.concurrency,
    isCrowded: () => backlog.isFull,
    drop: (landed) => landed[Symbol.dispose](),
  });
  ahead.add([paginator.first()]);
  for (let index = 0;; index++) {
    const landed = await ahead.take();
    using _place = await parseSlot.take(signal);
    await yieldToEventLoop();
    const fetched = await readPage(client, landed);
    if (index === 0) refuseMissingTotal(client, fetched);
    const verdict = paginator.next(factsOf(fetched));
    if (verdict.kind === "restart" || verdict.kind === "failed") return verdict;
    if (verdict.kind === "more") {
      if (verdict.anew) ahead.clear();
      ahead.add(verdict.steps);
    }
    yield pageOf(client, fetched, index);
    if (verdict.kind === "done") return verdict;
  }
}

async function askPage(
  client: StreamClient,
  unit: Unit,
  step: PageStep,
  signal: AbortSignal,
): Promise<Landed> {
  const { job, backlog } = client.api;
  const rendered = renderRequest(job, client.stream, unit, step);
  const request = { ...rendered, url: withoutCredentials(rendered.url, job.source.auth) };
  const answer = await client.ask(request, signal, unit.window?.from);
  const counted = backlog.add(answer.body.byteLength);
  return {
    request,
    answer,
    [Symbol.dispose]: () => {
      counted[Symbol.dispose]();
      // Left to the collector, megabytes that are read already would pile up until it comes by.
      if (!answer.body.buffer.detached) answer.body.buffer.transfer(0);
    },
  };
}

/** Reads an answer, whose bytes are gone after that. */
async function readPage(client: StreamClient, landed: Landed): Promise<Fetched> {
  using _ = landed;
  const { request, answer } = landed;
  try {
    const read = await yieldingToEventLoop(readResponse(client.stream, answer));
    return { read, bytes: answer.body.byteLength, ms: answer.ms, url: answer.url };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const said = oneLine(`${error.message}; asked by ${client.line(request)}`);
    throw new Failure(error.kind, client.api.mask(said), { hint: error.hint });
  }
}

function factsOf({ read, url }: Fetched): PageFacts {
  return {
    records: read.records.length,
    total: read.total,
    url,
    fingerprint: () => fingerprint(read.records),
    value: (path) => responseReader(path)(read),
  };
}

function pageOf(client: StreamClient, { read, bytes, ms, url }: Fetched, index: number): Page {
  return { index, ...read, bytes, ms, url: client.api.mask(url) };
}

/** A total that is declared and not there would let a window end too early without a word. */
function refuseMissingTotal({ stream }: StreamClient, { read }: Fetched): void {
  if (stream.total === undefined || read.total !== null || read.records.length === 0) return;
  throw new Failure("window", `Cannot read the answer: it states no total at "${stream.total}"`, {
    hint: 'Correct the path "total" of the stream, or leave it out',
  });
}

function unreadable(verdict: Extract<Verdict, { kind: "failed" }>, source: ApiClient): Failure {
  const { reason, hint, tooFull } = verdict;
  const message = `Cannot read the window whole: ${source.mask(reason)}`;
  return new Failure("window", message, { hint, tooFull });
}

function unsteady(reason: string): Failure {
  return new Failure(
    "window",
    `Cannot read the window whole: in each of ${MAX_RESTARTS + 1} readings ${reason}`,
    { hint: "The source changes while it is read: try again later, or make the windows shorter" },
  );
}

function interruption(signal: AbortSignal): Failure {
  if (signal.reason instanceof Failure) return signal.reason;
  return new Failure("interrupted", "Cannot finish the window: the run was interrupted", {
    hint: "Run again with --resume",
  });
}
