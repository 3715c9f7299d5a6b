/**
 * Reads the headers of a response that describe limits: `Retry-After` (RFC 9110, 10.2.3), `RateLimit` (the
 * IETF drafts, in both spellings) and the older `RateLimit-*` and `X-RateLimit-*`. Pure; a header that cannot
 * be read is treated as absent. Invariant: every time returned is relative, not negative and bounded,
 * because the server's clock may differ from ours.
 */

/** What a server reports about its limit; each is absent where the server does not report it. */
export interface RateLimitState {
  /** Requests allowed in the server's interval. */
  readonly limit?: number;
  /** Requests left until the limit resets. */
  readonly remaining?: number;
  /** Milliseconds until more are allowed. */
  readonly resetAfterMs?: number;
}

/** Longest wait that a header may request: seven days. */
const LONGEST_WAIT_MS = 7 * 86_400_000;
/** A reset above this many seconds (thirty years) is a time since 1970, not a duration. */
const EPOCH_SECONDS = 946_080_000;

/**
 * Milliseconds to wait as `Retry-After` requests, in seconds or as an HTTP date; undefined when it is absent or
 * unreadable.
 *
 * @param nowMs epoch milliseconds, for dates
 * @param longestMs the result is never more than this
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const nowMs = Date.UTC(2026, 0, 1);
 * const wait = (value: string) => readRetryAfter(new Headers({ "retry-after": value }), nowMs);
 * assertEquals(wait("120"), 120_000);
 * assertEquals(wait("Thu, 01 Jan 2026 00:00:05 GMT"), 5_000);
 * assertEquals(wait("5 minutes"), undefined);
 * ```
 */
export function readRetryAfter(
  headers: Headers,
  nowMs: number,
  longestMs = LONGEST_WAIT_MS,
): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1_000, longestMs);
  // Only dates: Date.parse would also read "5 minutes" or "-1" as years.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : bounded(atMs - nowMs, longestMs);
}

/**
 * The limit as the server reports it, or undefined when no header does. Of several limits in one `RateLimit`
 * field, the one with the fewest requests remaining is returned.
 *
 * @param nowMs epoch milliseconds, for resets given as a time
 * @param longestMs no reset is later than this
 */
export function readRateLimit(
  headers: Headers,
  nowMs: number,
  longestMs = LONGEST_WAIT_MS,
): RateLimitState | undefined {
  const field = headers.get("ratelimit");
  if (field !== null) {
    const state = tightest(splitList(field).map((item) => readItem(item, nowMs, longestMs)));
    if (state !== undefined) return state;
  }
  const pairs = readPairs(headers);
  if (pairs !== undefined) return pairs;
  for (const prefix of PREFIXES) {
    const state = makeState(
      leadingNumber(headers.get(`${prefix}limit`)),
      leadingNumber(headers.get(`${prefix}remaining`)),
      leadingNumber(headers.get(`${prefix}reset`)),
      nowMs,
      longestMs,
    );
    if (state !== undefined) return state;
  }
  return undefined;
}

const PREFIXES = [
  "ratelimit-",
  "x-ratelimit-",
  "x-rate-limit-",
  "x-ratelimit-requests-",
  "x-app-ratelimit-",
];

/**
 * Headers that give limits and use side by side: `X-RateLimit-Limit: 100,1000` with `X-RateLimit-Usage: 30,340`
 * (Strava), `X-Shopify-Shop-Api-Call-Limit: 32/40`. Of several limits the one with the fewest requests left.
 */
function readPairs(headers: Headers): RateLimitState | undefined {
  const [limits, used] = [headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-usage")]
    .map((text) => (text ?? "").split(",").map(leadingNumber));
  const both = limits!.map((limit, at) => leftOf(limit, used![at]));
  const call = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(
    headers.get("x-shopify-shop-api-call-limit") ?? "",
  );
  return tightest([...both, call === null ? undefined : leftOf(Number(call[2]), Number(call[1]))]);
}

function leftOf(limit: number | undefined, used: number | undefined): RateLimitState | undefined {
  if (limit === undefined || used === undefined) return undefined;
  return { limit, remaining: Math.max(0, limit - used) };
}

/**
 * The weight used in an interval, as `X-MBX-USED-WEIGHT-1m: 1180` reports it (Binance); undefined where no
 * header does. The interval is in milliseconds.
 */
export function readUsedWeight(
  headers: Headers,
): { used: number; intervalMs: number } | undefined {
  for (const [name, text] of headers) {
    const found = /^x-mbx-used-weight-(\d+)([smhd])$/.exec(name);
    const used = leadingNumber(text);
    if (found === null || used === undefined) continue;
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found[2] as "s"]!;
    return { used, intervalMs: Number(found[1]) * unitMs };
  }
  return undefined;
}

/** `"default";r=50;t=30` of the newer drafts, or `limit=100, remaining=50, reset=30` of the older. */
function readItem(item: string, nowMs: number, longestMs: number): RateLimitState | undefined {
  const values = new Map<string, number>();
  for (const part of item.split(/[;,]/)) {
    const found = /^\s*([a-z-]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/i.exec(part);
    if (found !== null) values.set(found[1]!.toLowerCase(), Number(found[2]));
  }
  return makeState(
    values.get("limit") ?? values.get("q"),
    values.get("remaining") ?? values.get("r"),
    values.get("reset") ?? values.get("t"),
    nowMs,
    longestMs,
  );
}

/** The newer spelling is a list of named limits; the older one is a single limit written with commas. */
function splitList(field: string): string[] {
  return /^\s*[a-z]+\s*=/i.test(field) ? [field] : field.split(",");
}

function tightest(states: readonly (RateLimitState | undefined)[]): RateLimitState | undefined {
  let least: RateLimitState | undefined;
  for (const state of states) {
    if (state === undefined) continue;
    if (least === undefined || left(state) < left(least)) least = state;
  }
  return least;
}

function left(state: RateLimitState): number {
  return state.remaining ?? Infinity;
}

function makeState(
  limit: number | undefined,
  remaining: number | undefined,
  reset: number | undefined,
  nowMs: number,
  longestMs: number,
): RateLimitState | undefined {
  if (limit === undefined && remaining === undefined && reset === undefined) return undefined;
  const resetMs = reset === undefined
    ? undefined
    : bounded(reset >= EPOCH_SECONDS ? epochMs(reset) - nowMs : reset * 1_000, longestMs);
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetMs !== undefined && { resetAfterMs: resetMs }),
  };
}

/** Some servers give the time in milliseconds; in seconds it would be after the year 30000. */
function epochMs(reset: number): number {
  return reset > 1_000 * EPOCH_SECONDS ? reset : reset * 1_000;
}

/** `100` of `100, 100;w=60`, where the policy follows the number. */
function leadingNumber(text: string | null): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(?:$|[,;])/.exec(text ?? "");
  return found === null ? undefined : Number(found[1]);
}

function bounded(ms: number, longestMs: number): number {
  return Math.min(Math.max(0, ms), longestMs);
}
