/**
 * The limiter of one stream: its queue, its own limits, and what its responses say about them. `Limiter`
 * decides which stream is next. Invariant: first come, first served within the stream.
 */
import type { Clock } from "./clock.ts";
import { Pacer } from "./pacer.ts";
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
  /** The limits of the API. */
  readonly pacers: readonly Pacer[];
  /** No request to the API is sent before this time. */
  pausedUntilMs: number;
  /** Checks again which requests may be sent. */
  serve(): void;
}

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
  readonly #waiting: ((permit: Permit) => void)[] = [];
  readonly #meter = new RateMeter();
  #pausedUntilMs = -Infinity;
  #refused = 0;

  /** Used by `Limiter.stream`. */
  constructor(name: string, rates: readonly Rate[], shared: Shared) {
    this.name = name;
    this.#shared = shared;
    this.#own = rates.map((rate) => new Pacer(rate, { queued: shared.pacers.length > 0 }));
    this.#pacers = [...shared.pacers, ...this.#own];
  }

  /**
   * Waits until the next request may be sent. Send it immediately: any await between this promise and the
   * first byte adds jitter.
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

  /**
   * Says that a 429 arrives now. Raises the margin of the limits that were kept too closely and lets nothing
   * leave before `retryAfterMs` is over; without it for one spacing, at most a second. Only this stream
   * pauses when nothing but its own limit can be meant, else the whole source.
   */
  refused(permit: Permit, retryAfterMs?: number): void {
    const nowMs = this.#shared.clock.now();
    this.#refused++;
    const exceeded = this.#pacers.filter((pacer, at) =>
      // A wait far longer than the interval means another limit, such as a daily quota.
      (retryAfterMs ?? 0) <= pacer.rate.intervalMs + ROUNDING_MS &&
      pacer.refused(permit.numbers[at]!, nowMs)
    );
    const untilMs = nowMs + (retryAfterMs ?? this.#defaultPauseMs());
    const ownAlone = exceeded.length > 0 && exceeded.every((pacer) => this.#own.includes(pacer));
    if (ownAlone) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
    else this.pauseUntil(untilMs);
  }

  /**
   * Takes what the `RateLimit` headers say to heart: waits for the reset when nothing remains. Not so when a
   * declared limit of up to a minute covers that reset: a server that is used to the full says after
   * every request that nothing remains, and the pacers keep its count to the millisecond.
   */
  applyHeaders(state: RateLimitState): void {
    const { remaining, resetAfterMs } = state;
    if (remaining !== 0 || resetAfterMs === undefined) return;
    const kept = this.#pacers.some(({ rate }) =>
      rate.intervalMs <= LONGEST_PACED_MS && resetAfterMs <= rate.intervalMs + ROUNDING_MS
    );
    if (!kept) this.pauseUntil(this.#shared.clock.now() + resetAfterMs);
  }

  /** Sends no request to the API before this time of the limiter's clock. */
  pauseUntil(atMs: number): void {
    this.#shared.pausedUntilMs = Math.max(this.#shared.pausedUntilMs, atMs);
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

  /** Releases the first waiting request; called only by `Limiter`. */
  release(nowMs: number, turn: number): void {
    this.lastTurn = turn;
    this.#waiting.shift()?.(this.#permit(nowMs));
  }

  #queue(signal: AbortSignal | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const go = (permit: Permit) => {
        signal?.removeEventListener("abort", leave);
        resolve(permit);
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal!.reason);
        this.#shared.serve();
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(go);
      this.#shared.serve();
    });
  }

  #permit(nowMs: number): Permit {
    this.#meter.mark(nowMs);
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

/** The earliest time that all pacers allow. */
export function latestDue(pacers: readonly Pacer[], pausedUntilMs: number): number {
  let dueMs = pausedUntilMs;
  for (const pacer of pacers) dueMs = Math.max(dueMs, pacer.due());
  return dueMs;
}
