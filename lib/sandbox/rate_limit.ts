/**
 * The arithmetic of a server's rate limit: whether a request may pass now, and otherwise how long the
 * client must wait. There are three kinds, because real servers differ and a pacer must satisfy all of
 * them. Pure: the time is an argument, and nothing here waits. Invariant: a refused request costs
 * nothing, so a client that waits `retryAfterMs` and sends it again is admitted.
 *
 * @module
 */

/** The decision on one request. `retryAfterMs` is above 0 and is the shortest wait that helps. */
export type Admission = { readonly ok: true } | {
  readonly ok: false;
  readonly retryAfterMs: number;
};

/** Decides request by request. Times are epoch (or any monotonic) milliseconds, never sooner than the last. */
export interface RateLimiter {
  /** Admits or refuses the request that arrives at `nowMs`; a time before the last one counts as the last one. */
  admit(nowMs: number): Admission;
}

/** The kinds of limiter of a sandbox. */
export const limitKinds = ["slidingLog", "tokenBucket", "fixedWindow"] as const;

/** One of {@linkcode limitKinds}. */
export type LimitKind = typeof limitKinds[number];

const admitted: Admission = { ok: true };

// Sums of fractions such as 10 refills of 0.1 fall short of 1 by less than this.
const tokenEpsilon = 1e-9;

/**
 * A bucket that starts full with `capacity` tokens and refills at `ratePerSecond`; a request takes one.
 *
 * @throws {RangeError} If a number is not above 0, or the capacity is below 1.
 */
export function tokenBucket(
  options: { readonly ratePerSecond: number; readonly capacity: number },
): RateLimiter {
  const { capacity, ratePerSecond } = options;
  requireAtLeast("capacity", capacity, 1);
  requireAbove0("ratePerSecond", ratePerSecond);
  let tokens = capacity;
  let lastMs: number | undefined;
  return {
    admit(nowMs) {
      const atMs = Math.max(nowMs, lastMs ?? nowMs);
      const refill = (atMs - (lastMs ?? atMs)) * ratePerSecond / 1000;
      tokens = Math.min(capacity, tokens + refill);
      lastMs = atMs;
      if (tokens < 1 - tokenEpsilon) {
        return { ok: false, retryAfterMs: (1 - tokens) * 1000 / ratePerSecond };
      }
      tokens = Math.max(0, tokens - 1);
      return admitted;
    },
  };
}

/** A number of requests in an interval. */
export interface IntervalLimit {
  /** At least 1. */
  readonly limit: number;
  /** Above 0. */
  readonly intervalMs: number;
}

/**
 * At most `limit` requests in each clock-aligned interval `[n * intervalMs, (n + 1) * intervalMs)`.
 * Twice the limit may pass around a boundary, as with real servers of this kind.
 *
 * @throws {RangeError} If `limit` is below 1 or `intervalMs` is not above 0.
 */
export function fixedWindow({ limit, intervalMs }: IntervalLimit): RateLimiter {
  requireInterval({ limit, intervalMs });
  let current = -Infinity;
  let count = 0;
  return {
    admit(nowMs) {
      const window = Math.max(current, Math.floor(nowMs / intervalMs));
      if (window > current) count = 0;
      current = window;
      if (count + 1 > limit) {
        return { ok: false, retryAfterMs: (window + 1) * intervalMs - nowMs };
      }
      count++;
      return admitted;
    },
  };
}

/**
 * At most `limit` requests in any interval `(t - intervalMs, t]`: the strictest kind, with no burst beyond the limit.
 *
 * @throws {RangeError} If `limit` is below 1 or `intervalMs` is not above 0.
 */
export function slidingLog({ limit, intervalMs }: IntervalLimit): RateLimiter {
  requireInterval({ limit, intervalMs });
  const admittedAtMs: number[] = []; // at most `limit` entries, oldest first
  let lastMs = -Infinity;
  return {
    admit(nowMs) {
      const atMs = lastMs = Math.max(nowMs, lastMs);
      while (admittedAtMs.length > 0 && admittedAtMs[0]! + intervalMs <= atMs) admittedAtMs.shift();
      if (admittedAtMs.length + 1 > limit) {
        return { ok: false, retryAfterMs: admittedAtMs[0]! + intervalMs - nowMs };
      }
      admittedAtMs.push(atMs);
      return admitted;
    },
  };
}

/**
 * A limiter of the given kind that allows `requestsPerSecond` in the long run. A rate below 1 a second stretches the interval
 * instead of rounding to nothing; a token bucket holds one second of tokens.
 *
 * @throws {RangeError} If `requestsPerSecond` is not above 0.
 */
export function rateLimiter(kind: LimitKind, requestsPerSecond: number): RateLimiter {
  requireAbove0("requestsPerSecond", requestsPerSecond);
  const limit = Math.max(1, Math.floor(requestsPerSecond));
  const intervalMs = limit * 1000 / requestsPerSecond;
  if (kind === "slidingLog") return slidingLog({ limit, intervalMs });
  if (kind === "fixedWindow") return fixedWindow({ limit, intervalMs });
  return tokenBucket({ ratePerSecond: requestsPerSecond, capacity: limit });
}

function requireInterval({ limit, intervalMs }: IntervalLimit): void {
  requireAtLeast("limit", limit, 1);
  requireAbove0("intervalMs", intervalMs);
}

function requireAtLeast(name: string, value: number, least: number): void {
  if (value >= least && Number.isFinite(value)) return;
  throw new RangeError(`Cannot limit requests: ${name} is ${value}, expected at least ${least}`);
}

function requireAbove0(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new RangeError(`Cannot limit requests: ${name} is ${value}, expected a number above 0`);
}
