// Owns the station "windows to pages": fetches several windows of several streams concurrently, each page
// by page, so that latency never costs rate; the limiter alone decides when a request is sent. It never
// extracts and never writes. Invariant: a window is reported as done after its last page, and only if
// fetch_pages.ts proved it complete.
import { Failure } from "../failure.ts";
import type { StreamPlan, Unit } from "../plan/stream_plan.ts";
import { Channel } from "./channel.ts";
import type { Page } from "./fetch_pages.ts";

/** A unit whose last page was read. */
export interface FetchedUnit {
  /** Discriminates the union. */
  readonly kind: "done";
  /** The unit. */
  readonly unit: Unit;
  /** Pages fetched; those before a restart do not count. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Epoch milliseconds before the first request: the records are at least as recent. */
  readonly requestedAt: number;
  /** Milliseconds from a request to the end of its response, summed over all pages. */
  readonly responseMs: number;
  /** Milliseconds from the first request to the last page. */
  readonly ms: number;
}

/** The events of a unit, in order: pages, then done or failed; `restarted` voids the pages before it. */
export type Fetched =
  | FetchedUnit
  | { kind: "page"; unit: Unit; page: Page }
  | { kind: "restarted"; unit: Unit }
  | { kind: "split"; unit: Unit; reason: string }
  | { kind: "failed"; unit: Unit; failure: Failure };

/** Options of `fetchWindows`. */
export interface FetchWindowsOptions {
  /** Reads the pages of one unit. */
  readonly pages: (unit: Unit, signal: AbortSignal) => AsyncIterable<Page> | Iterable<Page>;
  /** Windows of one stream that are fetched concurrently. */
  readonly windowsInFlight: number;
  /** Windows that may fail in a row before the run stops. */
  readonly stopAfter: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Stops fetching and drops what is in flight. */
  readonly signal: AbortSignal;
  /** Starts no further window once it aborts; windows in flight are finished. */
  readonly windDown?: AbortSignal | undefined;
}

/**
 * Fetches the units of several plans concurrently.
 *
 * Ends early without an error if the signal aborts.
 *
 * @throws {Failure} of kind `refused` where the source says no to everything, and of kind `window` where
 * too many windows failed in a row.
 */
export async function* fetchWindows(
  plans: readonly StreamPlan[],
  options: FetchWindowsOptions,
): AsyncGenerator<Fetched> {
  const channel = new Channel<Fetched>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const failures = { inARow: 0 };
  const workers = plans.flatMap((plan) =>
    Array.from(
      { length: options.windowsInFlight },
      () => work(plan, channel, failures, { ...options, signal }),
    )
  );
  const finished = Promise.all(workers).then(
    () => channel.close(),
    (error) => {
      if (options.signal.aborted) channel.close();
      else channel.fail(error);
      stop.abort();
    },
  );
  try {
    yield* channel;
  } finally {
    stop.abort();
    await Promise.allSettled([...workers, finished]);
  }
}

async function work(
  plan: StreamPlan,
  channel: Channel<Fetched>,
  failures: { inARow: number },
  options: FetchWindowsOptions,
): Promise<void> {
  for (;;) {
    if (options.signal.aborted || options.windDown?.aborted) return;
    const unit = await plan.next();
    if (unit === undefined) return;
    try {
      await fetchUnit(plan, unit, channel, options);
      failures.inARow = 0;
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof Failure) || error.kind !== "window") throw error;
      if (error.tooFull && plan.tooFull(unit)) {
        await channel.send({ kind: "split", unit, reason: error.message });
        continue;
      }
      await channel.send({ kind: "failed", unit, failure: error });
      if (++failures.inARow >= options.stopAfter) throw tooMany(failures.inARow, error);
    } finally {
      plan.settle(unit);
    }
  }
}

async function fetchUnit(
  plan: StreamPlan,
  unit: Unit,
  channel: Channel<Fetched>,
  options: FetchWindowsOptions,
): Promise<void> {
  const [startedAt, requestedAt] = [options.now(), options.wallNow()];
  let [pages, records, responseMs] = [0, 0, 0];
  for await (const page of options.pages(unit, options.signal)) {
    if (page.index === 0 && pages > 0) {
      await channel.send({ kind: "restarted", unit });
      [pages, records, responseMs] = [0, 0, 0];
    }
    pages++;
    records += page.records.length;
    responseMs += page.ms;
    if (!await channel.send({ kind: "page", unit, page })) return;
  }
  plan.fetched(unit, records);
  await channel.send({
    kind: "done",
    unit,
    pages,
    records,
    requestedAt,
    responseMs,
    ms: options.now() - startedAt,
  });
}

function tooMany(count: number, last: Failure): Failure {
  return new Failure(
    "window",
    `Cannot go on: ${count} windows in a row failed, the last one with: ${last.message}`,
    {
      hint: last.hint ?? "See `deno task errors`, then run again with --resume",
      cause: last,
    },
  );
}
