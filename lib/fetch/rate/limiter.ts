/**
 * Lets requests leave at the moment their limits allow: those of the source, which all streams share, and
 * those of each stream. Owns the waiting and who is next; the arithmetic is the pacers'. Invariant: only a
 * request that leaves spends a token, and a stream that waits for its own limit holds up no other.
 */
import type { Clock } from "./clock.ts";
import { latestDue, type Shared, StreamLimiter } from "./stream_limiter.ts";
import { Pacer } from "./pacer.ts";
import { makeUsage, type Usage } from "./rate_meter.ts";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";

/** What a source allows, and the clock to keep it by. */
export interface LimiterOptions {
  /** Limits that all streams share, all of them kept; none means that only the streams' own count. */
  readonly source: readonly Rate[];
  /** A monotonic clock: a wall clock that is set would stall the run or break the limit. */
  readonly clock: Clock;
}

/** Sums of spacings that ought to be equal differ by rounding; who misses a slot by that waits for the next. */
const SAME_MOMENT_MS = 0.001;

/**
 * The limits of one source, shared by the gates of its streams. Of the streams that may send, the one
 * that was served longest ago goes first.
 *
 * @example
 * ```ts
 * import { monotonicClock } from "./clock.ts";
 * import { parseRate } from "../../plan/time/rate.ts";
 *
 * const limiter = new Limiter({ source: [parseRate("2/s")], clock: monotonicClock() });
 * const gate = limiter.stream("results", [parseRate("5/s")]);
 * const ticket = await gate.take();
 * gate.answered(ticket);
 * ```
 */
export class Limiter {
  readonly #shared: Shared;
  readonly #gates = new Map<string, StreamLimiter>();
  #turns = 0;
  #sleep: { readonly untilMs: number; readonly stop: AbortController } | undefined;

  /** Starts with nothing sent and no stream. */
  constructor(options: LimiterOptions) {
    this.#shared = {
      clock: options.clock,
      pacers: options.source.map((rate) => new Pacer(rate)),
      pausedUntilMs: -Infinity,
      serve: () => this.#serve(),
    };
  }

  /** The gate of a stream, with its own limits on top of the source's; asked again, the same gate. */
  stream(name: string, rates: readonly Rate[] = []): StreamLimiter {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    const streamLimiter = new StreamLimiter(name, rates, this.#shared);
    this.#gates.set(name, streamLimiter);
    return streamLimiter;
  }

  /** How much of the allowed rate the streams use together; allowed is what the tightest limits leave. */
  usage(): Usage {
    const streams = [...this.#gates.values()].map((streamLimiter) => ({
      streamLimiter,
      usage: streamLimiter.usage(),
    }))
      .filter(({ streamLimiter, usage }) =>
        streamLimiter.waiting > 0 || usage.requestsPerSecond > 0
      )
      .map(({ usage }) => usage);
    const { pacers } = this.#shared;
    return makeUsage({
      requestsPerSecond: sum(streams.map((usage) => usage.requestsPerSecond)),
      allowedPerSecond: Math.min(
        ...pacers.map((pacer) => requestsPerSecond(pacer.rate)),
        sum(streams.map((usage) => usage.allowedPerSecond)) || Infinity,
      ),
      pacedPerSecond: Math.min(
        ...pacers.map((pacer) => 1_000 / pacer.paceMs),
        sum(streams.map((usage) => usage.pacedPerSecond)) || Infinity,
      ),
      refused: sum([...this.#gates.values()].map((streamLimiter) => streamLimiter.usage().refused)),
    });
  }

  /** Lets go whoever may leave now and sleeps until the next one may. */
  #serve(): void {
    for (;;) {
      const nowMs = this.#shared.clock.now();
      const sourceDueMs = latestDue(this.#shared.pacers, this.#shared.pausedUntilMs);
      let next: StreamLimiter | undefined;
      let nextDueMs = Infinity;
      for (const streamLimiter of this.#gates.values()) {
        if (streamLimiter.waiting === 0) continue;
        const dueMs = Math.max(sourceDueMs, streamLimiter.due());
        nextDueMs = Math.min(nextDueMs, dueMs);
        if (dueMs > nowMs + SAME_MOMENT_MS) continue;
        if (next === undefined || streamLimiter.lastTurn < next.lastTurn) next = streamLimiter;
      }
      if (next === undefined) return this.#sleepUntil(nextDueMs, nowMs);
      next.letGo(nowMs, ++this.#turns);
    }
  }

  #sleepUntil(atMs: number, nowMs: number): void {
    // A sleep that ends too soon only looks again; one that ends too late would cost rate.
    if (this.#sleep !== undefined && this.#sleep.untilMs <= atMs && atMs < Infinity) return;
    this.#sleep?.stop.abort();
    this.#sleep = undefined;
    if (atMs === Infinity) return;
    const sleep = { untilMs: atMs, stop: new AbortController() };
    this.#sleep = sleep;
    this.#shared.clock.sleep(atMs - nowMs, sleep.stop.signal).then(() => {
      if (this.#sleep !== sleep) return;
      this.#sleep = undefined;
      this.#serve();
    }, () => {/* stopped for an earlier one, or because nobody waits any more */});
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
