/**
 * One stream's way through the limiter: its queue, its own limits, what its answers teach. Who is next is the
 * limiter's business. Invariant: first come, first served within the stream.
 */
import type { Clock } from "./clock.ts";
import { Pacer } from "./pacer.ts";
import type { RateLimitState } from "./rate_headers.ts";
import { makeUsage, RateMeter, type Usage } from "./rate_meter.ts";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";

/** The right to send one request, now. */
export interface Permit {
  /** When the request was let go, on the limiter's clock. */
  readonly sentAtMs: number;
  /** The request's number with each pacer, the source's first. */
  readonly numbers: readonly number[];
}

/** What a gate shares with the other gates of its source. */
export interface Shared {
  /** The clock that pauses and tickets are on. */
  readonly clock: Clock;
  /** The limits of the source. */
  readonly pacers: readonly Pacer[];
  /** Before this moment nothing of the source leaves. */
  pausedUntilMs: number;
  /** Looks again who may leave. */
  serve(): void;
}

/** Wait after a 429 without Retry-After, at most. */
const LONGEST_UNASKED_PAUSE_MS = 1_000;
/** `Retry-After` counts whole seconds: up to this much more than the interval still means that interval. */
const ROUNDING_MS = 1_000;
/**
 * The event loop turns in 0.3 ms; with 15 ms of parsing in between requests arrived up to 15.5 ms after they
 * were let go, and none of 300 more than 3.4 ms after that turn.
 */
const STALL_MS = 1.5;
/** Within intervals up to this the pacers keep the server's count better than its headers tell it. */
const LONGEST_UNHEEDED_MS = 60_000;

/** The gate of one stream; made by `Limiter.stream`. */
export class StreamLimiter {
  /** Name of the stream. */
  readonly name: string;
  /** When the stream was last served, counted in turns of the limiter. */
  lastTurn = 0;
  readonly #shared: Shared;
  readonly #own: readonly Pacer[];
  readonly #pacers: readonly Pacer[];
  readonly #waiting: ((permit: Permit) => void)[] = [];
  readonly #meter = new RateMeter();
  #pausedUntilMs = -Infinity;
  #refused = 0;

  /** Used by the limiter; streams ask `Limiter.stream`. */
  constructor(name: string, rates: readonly Rate[], shared: Shared) {
    this.name = name;
    this.#shared = shared;
    this.#own = rates.map((rate) => new Pacer(rate, { queued: shared.pacers.length > 0 }));
    this.#pacers = [...shared.pacers, ...this.#own];
  }

  /**
   * Waits until the next request may leave. Send at once: whatever is awaited between this promise and the
   * first byte is jitter.
   *
   * @throws the signal's reason when it aborts first; then no token is spent.
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

  /** Says that an answer other than 429 begins to arrive now: its round trip teaches the margin. */
  answered(permit: Permit): void {
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
    const blamed = this.#pacers.filter((pacer, at) =>
      // A wait far beyond the interval speaks of another limit, a daily quota say, not of this pace.
      (retryAfterMs ?? 0) <= pacer.rate.intervalMs + ROUNDING_MS &&
      pacer.refused(permit.numbers[at]!, nowMs)
    );
    const untilMs = nowMs + (retryAfterMs ?? this.#unaskedPauseMs());
    const ownAlone = blamed.length > 0 && blamed.every((pacer) => this.#own.includes(pacer));
    if (ownAlone) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
    else this.pauseUntil(untilMs);
  }

  /**
   * Takes what the `RateLimit` headers say to heart: waits for the reset when nothing remains. Not so when a
   * declared limit of up to a minute covers that reset: a server that is used to the full says after
   * every request that nothing remains, and the pacers keep its count to the millisecond.
   */
  heed(state: RateLimitState): void {
    const { remaining, resetAfterMs } = state;
    if (remaining !== 0 || resetAfterMs === undefined) return;
    const kept = this.#pacers.some(({ rate }) =>
      rate.intervalMs <= LONGEST_UNHEEDED_MS && resetAfterMs <= rate.intervalMs + ROUNDING_MS
    );
    if (!kept) this.pauseUntil(this.#shared.clock.now() + resetAfterMs);
  }

  /** Lets nothing of the source leave before this moment of the limiter's clock. */
  pauseUntil(atMs: number): void {
    this.#shared.pausedUntilMs = Math.max(this.#shared.pausedUntilMs, atMs);
  }

  /** How much of its rate this stream uses. */
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

  /** Requests waiting to leave. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Earliest moment that the stream's own limits and pauses allow. */
  due(): number {
    return latestDue(this.#own, this.#pausedUntilMs);
  }

  /** Lets the first waiting request leave; called by the limiter alone. */
  letGo(nowMs: number, turn: number): void {
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
    if (this.#pacers.length > 0) this.#shared.clock.turn?.().then(() => this.#left(permit));
    return permit;
  }

  /** Until the event loop has turned the request may not have left: another answer was parsed first, say. */
  #left(permit: Permit): void {
    const nowMs = this.#shared.clock.now();
    if (nowMs - permit.sentAtMs < STALL_MS) return;
    this.#pacers.forEach((pacer, at) => pacer.left(permit.numbers[at]!, nowMs));
  }

  #unaskedPauseMs(): number {
    if (this.#pacers.length === 0) return LONGEST_UNASKED_PAUSE_MS;
    return Math.min(LONGEST_UNASKED_PAUSE_MS, ...this.#pacers.map((pacer) => pacer.paceMs));
  }
}

/** The moment from which none of the pacers objects. */
export function latestDue(pacers: readonly Pacer[], pausedUntilMs: number): number {
  let dueMs = pausedUntilMs;
  for (const pacer of pacers) dueMs = Math.max(dueMs, pacer.due());
  return dueMs;
}
