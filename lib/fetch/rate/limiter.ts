/**
 * Releases requests as soon as their limits allow: the limits of the API, which all streams share, and those
 * of each stream. Owns the waiting and the order; the pacers do the arithmetic. Invariant: only a request
 * that is sent counts, and a stream that waits for its own limit delays no other stream.
 */
import { type Clock, SAME_MOMENT_MS } from "./clock.ts";
import { changeLimit } from "./limit_store.ts";
import { MemoryLimitStore } from "./memory_limit_store.ts";
import { SharedPacer, type Sharing } from "./shared_pacer.ts";
import { latestDue, REQUESTED_WAIT, type Shared, StreamLimiter } from "./stream_limiter.ts";
import { LongWaits } from "./long_waits.ts";
import { Pacer } from "./pacer.ts";
import type { WaitListener } from "../../report/text/wait.ts";
import { makeUsage, type Usage } from "./rate_meter.ts";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";

/** The limits of an API, and the clock. */
interface LimiterOptions {
  /** Limits that all streams share; all of them are kept. Empty where only streams have limits. */
  readonly source: readonly Rate[];
  /** A monotonic clock: setting a wall clock would stall the run or break the limit. */
  readonly clock: Clock;
  /** Returns epoch milliseconds, for the instants of long waits. Defaults to always 1970, for tests. */
  readonly wallNow?: () => number;
  /** Receives long waits. Defaults to nobody. */
  readonly onWait?: WaitListener | undefined;
  /** Whether a request fails instead of waiting long. Defaults to false. */
  readonly noWait?: boolean | undefined;
  /** Where and as whom limits are shared with other processes; undefined where they are not. */
  readonly sharing?: Sharing | undefined;
}

/** The limit under which pauses of all requests are kept. */
export const ALL_REQUESTS = "*";
/** Shorter pauses are not shared with other processes, in milliseconds. */
const SHORTEST_SHARED_PAUSE_MS = 5_000;

/**
 * The limits of one API, shared by its streams. Of the streams that may send, the least recently served one
 * goes first.
 *
 * @example
 * ```ts
 * import { monotonicClock } from "./clock.ts";
 * import { parseRate } from "../../plan/time/rate.ts";
 *
 * const limiter = new Limiter({ source: [parseRate("2/s")], clock: monotonicClock() });
 * const results = limiter.stream("results", [parseRate("5/s")]);
 * const permit = await results.take();
 * results.accepted(permit);
 * ```
 */
export class Limiter implements AsyncDisposable {
  readonly #shared: Shared;
  readonly #streams = new Map<string, StreamLimiter>();
  readonly #sharing: Sharing | undefined;
  readonly #pacers = new AsyncDisposableStack();
  #turns = 0;
  #sleep: { readonly untilMs: number; readonly stop: AbortController } | undefined;

  /** Creates a limiter without streams; nothing has been sent. */
  constructor(options: LimiterOptions) {
    const openPacer = (rate: Rate, stream: string, queued = false) => {
      const { clock } = options;
      const sharing = options.sharing ??
        (rate.resets === undefined ? undefined : this.#alone(options));
      if (sharing === undefined) return new Pacer(rate, { queued });
      const onChange = () => this.#serve();
      const pacer = new SharedPacer(rate, { queued, sharing, stream, clock, onChange });
      this.#pacers.use(pacer);
      return pacer;
    };
    this.#sharing = options.sharing;
    this.#shared = {
      clock: options.clock,
      openPacer,
      pacers: options.source.map((rate) => openPacer(rate, "")),
      pausedUntilMs: -Infinity,
      pauseReason: "",
      onPause: (pauseMs) =>
        void this.#savePause(pauseMs).catch(() => {/* others find out themselves */}),
      longWaits: new LongWaits(options),
      serve: () => this.#serve(),
    };
  }

  /** Waits until a pause that another process has recorded is known. */
  async restore(): Promise<void> {
    const { store, apiKey } = this.#sharing ?? {};
    if (store === undefined || apiKey === undefined) return;
    const { state, nowMs } = await store.read({ apiKey, limit: ALL_REQUESTS });
    const pauseMs = state.pausedUntilMs - nowMs;
    if (pauseMs <= 0) return;
    this.#shared.pausedUntilMs = this.#shared.clock.now() + pauseMs;
    this.#shared.pauseReason = REQUESTED_WAIT;
  }

  /** Returns reserved requests. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pacers[Symbol.asyncDispose]();
  }

  async #savePause(pauseMs: number): Promise<void> {
    if (this.#sharing === undefined || pauseMs < SHORTEST_SHARED_PAUSE_MS) return;
    const { store, apiKey } = this.#sharing;
    await changeLimit(store, { apiKey, limit: ALL_REQUESTS }, ({ state, nowMs }) => {
      const pausedUntilMs = Math.max(state.pausedUntilMs, nowMs + pauseMs);
      return [{ ...state, pausedUntilMs }, null];
    });
  }

  #alone({ wallNow = () => Date.UTC(1970, 0) }: LimiterOptions): Sharing {
    return { store: new MemoryLimitStore(wallNow), apiKey: "", holder: "" };
  }

  /** The limiter of a stream, with its own limits in addition to the API's; the same one on each call. */
  stream(name: string, rates: readonly Rate[] = []): StreamLimiter {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const streamLimiter = new StreamLimiter(name, rates, this.#shared);
    this.#streams.set(name, streamLimiter);
    return streamLimiter;
  }

  /** Use of the allowed rate by all streams together; the allowed rate follows from the tightest limits. */
  usage(): Usage {
    const streams = [...this.#streams.values()].map((streamLimiter) => ({
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
      refused: sum(
        [...this.#streams.values()].map((streamLimiter) => streamLimiter.usage().refused),
      ),
    });
  }

  /** Releases every request that is due and sleeps until the next one is. */
  #serve(): void {
    for (;;) {
      const nowMs = this.#shared.clock.now();
      const sourceDueMs = latestDue(this.#shared.pacers, this.#shared.pausedUntilMs);
      let next: StreamLimiter | undefined;
      let nextDueMs = Infinity;
      for (const streamLimiter of this.#streams.values()) {
        if (streamLimiter.waiting === 0) continue;
        const dueMs = Math.max(sourceDueMs, streamLimiter.due());
        nextDueMs = Math.min(nextDueMs, dueMs);
        if (dueMs > nowMs + SAME_MOMENT_MS) continue;
        if (next === undefined || streamLimiter.lastTurn < next.lastTurn) next = streamLimiter;
      }
      if (next === undefined) return this.#waitUntil(nextDueMs, nowMs);
      next.release(nowMs, ++this.#turns);
    }
  }

  /** Sleeps until the next request is due, or fails the waiting ones where that is too long. */
  #waitUntil(atMs: number, nowMs: number): void {
    const { longWaits, pacers, pausedUntilMs, pauseReason } = this.#shared;
    const waiting = [...this.#streams.values()].filter((stream) => stream.waiting > 0);
    const isPaused = pausedUntilMs >= atMs;
    const failure = waiting.length === 0 || atMs === Infinity
      ? undefined
      : longWaits.begin(atMs - nowMs, { pacers, pauseReason: isPaused ? pauseReason : "" });
    if (failure !== undefined) return waiting.forEach((stream) => stream.fail(failure));
    this.#sleepUntil(atMs, nowMs);
  }

  #sleepUntil(atMs: number, nowMs: number): void {
    // A sleep that ends early only checks again; one that ends late would cost rate.
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
    }, () => {/* replaced by an earlier one, or nothing waits any longer */});
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
