// Owns how long a number of requests takes under the rates of one list, given what of their quotas is used already.
// Pure. Invariant: without quotas it is the time of the slowest pace.
import { boundTogether, isCounted, limitName, type Rate, requestsPerSecond } from "./rate.ts";

/** How many requests a quota allows, and when; times are milliseconds from now. */
export interface QuotaUse {
  /** Requests that it allows now. */
  readonly free: number;
  /** When a rolling quota allows requests again, and how many; together with `free` the whole quota. */
  readonly returning: readonly (readonly [afterMs: number, count: number])[];
  /** When the quota resets; undefined for a rolling one. */
  readonly resetsAfterMs: number | undefined;
}

/** What of the limits of an API and account is used. */
export interface LimitsUse {
  /** Quotas by the names of their limits; one that is missing is unused. */
  readonly quotas: ReadonlyMap<string, QuotaUse>;
  /** Time in which nothing is sent because the API requested a wait, in milliseconds. */
  readonly pausedMs: number;
}

/** Unused limits. */
export const NOTHING_USED: LimitsUse = { quotas: new Map(), pausedMs: 0 };

/** Which requests are sent, under which limits. */
export interface LimitedRequests {
  /** The rates of one list. */
  readonly rates: readonly Rate[];
  /** Whether none of them sets a pace. Defaults to false. */
  readonly burst?: boolean | undefined;
  /** The stream whose limits they are. Defaults to the API as a whole. */
  readonly stream?: string | undefined;
  /** Number of requests, each counted by its weight. */
  readonly requests: number;
}

/** Seconds until the last of a number of requests may be sent. */
export function secondsUnder(limited: LimitedRequests, use: LimitsUse = NOTHING_USED): number {
  if (limited.requests === 0) return 0;
  const seconds = boundsOf(limited, use).map((bound) => bound.seconds);
  return use.pausedMs / 1_000 + Math.max(0, ...seconds);
}

/** The rate by which requests take longest, of all lists; undefined without a rate. */
export function bindingRate(
  lists: readonly LimitedRequests[],
  use: LimitsUse = NOTHING_USED,
): Rate | undefined {
  const bounds = lists.flatMap((limited) => boundsOf(limited, use));
  return bounds.toSorted((a, b) => b.seconds - a.seconds)[0]?.rate;
}

/** The seconds that requests take under each rate alone. */
function boundsOf(
  { rates, burst, stream, requests }: LimitedRequests,
  use: LimitsUse,
): { rate: Rate; seconds: number }[] {
  return boundTogether(rates, burst).map((rate) => {
    const paceSeconds = rate.burst ? 0 : requests / requestsPerSecond(rate);
    if (!rate.burst && !isCounted(rate)) return { rate, seconds: paceSeconds };
    const waitMs = quotaMs(rate, requests, use.quotas.get(limitName(rate, stream)));
    return { rate, seconds: Math.max(paceSeconds, waitMs / 1_000) };
  });
}

/** Milliseconds until a quota allows the last of a number of requests. */
function quotaMs(rate: Rate, requests: number, use: QuotaUse | undefined): number {
  const { free = rate.requests, returning = [], resetsAfterMs } = use ?? {};
  const periods = (count: number) => Math.floor((count - 1) / rate.requests);
  if (resetsAfterMs !== undefined) {
    const more = requests - Math.max(0, free);
    return more <= 0 ? 0 : resetsAfterMs + periods(more) * rate.intervalMs;
  }
  // What is used comes back in the same order in each interval.
  let place = requests - periods(requests) * rate.requests - Math.max(0, free);
  const wholeMs = periods(requests) * rate.intervalMs;
  if (place <= 0) return wholeMs;
  for (const [afterMs, count] of returning) {
    place -= count;
    if (place <= 0) return wholeMs + afterMs;
  }
  return wholeMs + rate.intervalMs;
}
