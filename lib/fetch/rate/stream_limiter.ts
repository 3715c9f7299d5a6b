/**
 * The limiter of one stream: its queue, its own limits, and what its responses say about them. `Limiter`
 * decides which stream is next. Invariant: first come, first served within the stream.
 */
import type { Failure } from "../../failure.ts";
import type { Clock } from "./clock.ts";
import type { Pacer } from "./pacer.ts";
import type { LongWaits } from "./long_waits.ts";
import type { RateLimitState } from "./rate_headers.ts";
import { makeUsage, RateMeter, type Usage } from "./rate_meter.ts";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";

/** The right to send one request, now. */
export interface Permit {
  /** When the request was released, on the limiter's clock. */
  readonly sentAtMs: number;
  /** The request's number with each pacer, the API's pacers first. */
  readonly numbers: readonly number[];
}

/** State shared by the streams of one API. */
export interface Shared {
  /** The clock of pauses and permits. */
  readonly clock: Clock;
  /** Creates the pacer of a rate; `stream` is empty for a limit of the API. */
  openPacer(rate: Rate, stream: string, queued: boolean): Pacer;
  /** The limits of the API. */
  readonly pacers: readonly Pacer[];
  /** No request to the API is sent before this time. */
  pausedUntilMs: number;
  /** The reason, as a clause such as "the API requested a wait". */
  pauseReason: string;
  /** Called with the length of each new pause, in milliseconds. */
  onPause(pauseMs: number): void;
  /** Reports waits that a user should know about. */
  readonly longWaits: LongWaits;
  /** Checks again which requests may be sent. */
  serve(): void;
}

/** Wait where nothing remains and the API does not say until when, in milliseconds. */
const UNKNOWN_RESET_MS = 60_000;
/** Wait before a pending reservation is checked again, in milliseconds. */
const RESERVING_MS = 20;
/** The reason of a pause after Retry-After. */
export const REQUESTED_WAIT = "the API requested a wait";
/** Longest pause after a 429 without Retry-After. */
const LONGEST_DEFAULT_PAUSE_MS = 1_000;
/** `Retry-After` is in whole seconds: up to this much more than the interval still means that interval. */
const ROUNDING_MS = 1_000;
/**
 * A turn of the event loop takes 0.3 ms; with 15 ms of parsing in between, requests arrived up to 15.5 ms
 * after their release, and none of 300 more than 3.4 ms after that turn.
 */
const STALL_MS = 1.5;
/** For intervals up to this, the pacers are more precise than the server's headers. */
const LONGEST_PACED_MS = 60_000;

/** The limiter of one stream; created by `Limiter.stream`. */
export class StreamLimiter {
  /** Name of the stream. */
  readonly name: string;
  /** The turn of the limiter at which the stream was last served. */
  lastTurn = 0;
  readonly #shared: Shared;
  readonly #own: readonly Pacer[];
  readonly #pacers: readonly Pacer[];
  readonly #waiting: { go(permit: Permit): void; fail(failure: Failure): void }[] = [];
  readonly #meter = new RateMeter();
  #pausedUntilMs = -Infinity;
  #refused = 0;

  /** Used by `Limiter.stream`. */
  constructor(name: string, rates: readonly Rate[], shared: Shared) {
    this.name = name;
    this.#shared = shared;
    this.#own = rates.map((rate) => shared.openPacer(rate, name, shared.pacers.length > 0));
    this.#pacers = [...shared.pacers, ...this.#own];
  }

  /**
   * Waits until the next request may be sent. The caller must send it immediately: any await between this promise and
   * the first byte adds jitter.
   *
   * @throws the signal's reason when it aborts first; then nothing is counted.
   */
  take(signal?: AbortSignal): Promise<Permit> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#pacers.length === 0 && this.#waiting.length === 0) {
      const nowMs = this.#shared.clock.now();
      if (nowMs >= Math.max(this.#pausedUntilMs, this.#shared.pausedUntilMs)) {
        return Promise.resolve(this.#permit(nowMs));
      }
    }
    return this.#queue(signal);
  }

  /** Records that a response other than 429 begins to arrive now. */
  accepted(permit: Permit): void {
    const nowMs = this.#shared.clock.now();
    this.#pacers.forEach((pacer, at) => pacer.passed(permit.numbers[at]!, nowMs));
  }

  /** Records that a request never reached the API: the quotas do not count it, though the pace does. */
  unsent(permit: Permit): void {
    this.#pacers.forEach((pacer, at) => pacer.unsent(permit.numbers[at]!));
  }

  /**
   * Records that a 429 arrives now. Raises the margin of the limit that was exceeded and sends nothing until
   * `retryAfterMs` is over; without it for one spacing, at most a second. Only this stream pauses when
   * its own limit was exceeded, otherwise all requests to the API.
   */
  refused(permit: Permit, retryAfterMs?: number): void {
    const nowMs = this.#shared.clock.now();
    this.#refused++;
    const exceeded = candidates(this.#pacers, retryAfterMs ?? 0).filter((pacer) =>
      pacer.refused(permit.numbers[this.#pacers.indexOf(pacer)]!, nowMs)
    );
    const untilMs = nowMs + (retryAfterMs ?? this.#defaultPauseMs());
    const ownAlone = exceeded.length > 0 && exceeded.every((pacer) => this.#own.includes(pacer));
    if (ownAlone) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
    else this.pauseUntil(untilMs, REQUESTED_WAIT);
  }

  /**
   * Applies the `RateLimit` headers: waits for the reset when nothing remains, unless a declared limit of up
   * to a minute covers that reset: a server whose limit is fully used reports after every request that nothing
   * remains, and the pacers are precise to the millisecond.
   */
  applyHeaders(state: RateLimitState): void {
    const { remaining, resetAfterMs = UNKNOWN_RESET_MS } = state;
    if (remaining !== 0) return;
    const kept = this.#pacers.some(({ rate }) =>
      rate.intervalMs <= LONGEST_PACED_MS && resetAfterMs <= rate.intervalMs + ROUNDING_MS
    );
    if (!kept) {
      this.pauseUntil(this.#shared.clock.now() + resetAfterMs, "the API reports a used-up quota");
    }
  }

  /** Waits for the next interval where the API reports that the weight of a declared limit is used up. */
  applyUsedWeight(weight: { used: number; intervalMs: number }, wallNowMs: number): void {
    const { used, intervalMs } = weight;
    const isUsedUp = this.#pacers.some(({ rate }) =>
      rate.intervalMs === intervalMs && used >= rate.requests
    );
    if (!isUsedUp) return;
    const resetAfterMs = intervalMs - wallNowMs % intervalMs;
    this.pauseUntil(this.#shared.clock.now() + resetAfterMs, "the API reports a used-up quota");
  }

  /** Sends no request to the API before this time of the limiter's clock. */
  pauseUntil(atMs: number, reason = REQUESTED_WAIT): void {
    if (atMs <= this.#shared.pausedUntilMs) return;
    this.#shared.pausedUntilMs = atMs;
    this.#shared.pauseReason = reason;
    this.#shared.onPause(atMs - this.#shared.clock.now());
  }

  /** Use of the allowed rate by this stream. */
  usage(): Usage {
    const nowMs = this.#shared.clock.now();
    const paceMs = Math.max(0, ...this.#pacers.map((pacer) => pacer.paceMs));
    return makeUsage({
      requestsPerSecond: this.#meter.perSecond(nowMs, paceMs),
      allowedPerSecond: Math.min(...this.#pacers.map((pacer) => requestsPerSecond(pacer.rate))),
      pacedPerSecond: 1_000 / paceMs,
      refused: this.#refused,
    });
  }

  /** Requests waiting to be sent. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Earliest time that the stream's own limits and pauses allow. */
  due(): number {
    return latestDue(this.#own, this.#pausedUntilMs);
  }

  /**
   * Waits until the stream's own limits and pauses allow a request; nothing is counted.
   *
   * @throws Failure("unavailable") where the wait is long and long waits are not allowed.
   * @throws the signal's reason if it aborts.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { clock, longWaits } = this.#shared;
    for (;;) {
      const waitMs = this.due() - clock.now();
      if (!(waitMs > 0)) return;
      const pauseReason = this.#pausedUntilMs - clock.now() >= waitMs ? REQUESTED_WAIT : "";
      const failure = longWaits.begin(waitMs, { pacers: this.#own, pauseReason });
      if (failure !== undefined) throw failure;
      await clock.sleep(waitMs === Infinity ? RESERVING_MS : waitMs, signal);
    }
  }

  /** Fails all waiting requests; called only by `Limiter`. */
  fail(failure: Failure): void {
    for (const waiting of this.#waiting.splice(0)) waiting.fail(failure);
  }

  /** Releases the first waiting request; called only by `Limiter`. */
  release(nowMs: number, turn: number): void {
    this.lastTurn = turn;
    this.#waiting.shift()?.go(this.#permit(nowMs));
  }

  #queue(signal: AbortSignal | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason);
        this.#shared.serve();
      };
      const settle = <V>(by: (value: V) => void) => (value: V) => {
        signal?.removeEventListener("abort", leave);
        by(value);
      };
      const waiting = { go: settle(resolve), fail: settle(reject) };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#shared.serve();
    });
  }

  #permit(nowMs: number): Permit {
    this.#meter.mark(nowMs);
    this.#shared.longWaits.end();
    const permit = { sentAtMs: nowMs, numbers: this.#pacers.map((pacer) => pacer.sent(nowMs)) };
    if (this.#pacers.length > 0) {
      this.#shared.clock.turn?.().then(() => this.#correctSendTime(permit));
    }
    return permit;
  }

  /** Corrects the send time where the event loop was blocked, for example by parsing another response. */
  #correctSendTime(permit: Permit): void {
    const nowMs = this.#shared.clock.now();
    if (nowMs - permit.sentAtMs < STALL_MS) return;
    this.#pacers.forEach((pacer, at) => pacer.left(permit.numbers[at]!, nowMs));
  }

  #defaultPauseMs(): number {
    if (this.#pacers.length === 0) return LONGEST_DEFAULT_PAUSE_MS;
    return Math.min(LONGEST_DEFAULT_PAUSE_MS, ...this.#pacers.map((pacer) => pacer.paceMs));
  }
}

/**
 * The limits that a refusal can mean: those that set a pace, or the shortest of those that allow bursts. A wait
 * far longer than an interval means another limit, and a quota that is used up early sets no pace.
 */
function candidates(pacers: readonly Pacer[], retryAfterMs: number): readonly Pacer[] {
  const fitting = pacers.filter(({ rate }) => retryAfterMs <= rate.intervalMs + ROUNDING_MS);
  const pacing = fitting.filter(({ rate }) => !rate.burst);
  if (pacing.length > 0) return pacing;
  const short = fitting.filter(({ rate }) => rate.intervalMs <= LONGEST_PACED_MS);
  const shortestMs = Math.min(...short.map(({ rate }) => rate.intervalMs));
  return short.filter(({ rate }) => rate.intervalMs === shortestMs);
}

/** The earliest time that all pacers allow. */
export function latestDue(pacers: readonly Pacer[], pausedUntilMs: number): number {
  let dueMs = pausedUntilMs;
  for (const pacer of pacers) dueMs = Math.max(dueMs, pacer.due());
  return dueMs;
}
