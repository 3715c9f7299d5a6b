/**
 * A declared limit: a number of requests per interval. Owns its notation ("2/s", "5000/h"). Invariant: a Rate
 * has an integer number of requests, at least one, and a positive interval, so that "the distance over
 * `requests` requests" is always defined.
 */

import type { Resets } from "./period.ts";

/** At most `requests` requests in any `intervalMs` milliseconds. */
export interface Rate {
  /** Requests allowed in one interval; an integer, at least 1. */
  readonly requests: number;
  /** Length of the interval in milliseconds, more than 0. */
  readonly intervalMs: number;
  /** Whether the server accepts all requests of an interval at once. Never assumed. */
  readonly burst: boolean;
  /** When the limit resets; a limit without it is rolling: it holds in any interval. */
  readonly resets?: Resets;
  /** Requests that the API allows, where some of them are reserved for others. */
  readonly declared?: number;
}

/** Spellings of each unit; the first one is used for output. */
const UNITS: readonly (readonly [unitMs: number, ...spellings: string[]])[] = [
  [2_678_400_000, "mo", "month", "months"],
  [86_400_000, "d", "day", "days"],
  [3_600_000, "h", "hour", "hours"],
  [60_000, "min", "m", "minute", "minutes"],
  [1_000, "s", "sec", "second", "seconds"],
  [1, "ms"],
];

const LONGEST_INTERVAL_MS = 366 * 86_400_000;
const MOST_REQUESTS = 1_000_000_000;
const MOST_REQUESTS_PER_MS = 100;

/**
 * Reads a limit such as `2/s`, `100/min`, `10/10s`, `1/2s`, `86400/d` or `0.5/s`.
 *
 * A fraction is converted to the smallest equivalent integer: `0.5/s` is one request in two seconds,
 * `2.5/s` is five in two seconds.
 *
 * @throws {Error} when the string is not a limit; the message quotes it and says what was expected.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRate("5000/h"), { requests: 5000, intervalMs: 3_600_000, burst: false });
 * ```
 */
export function parseRate(text: string): Rate {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)?\s*([a-z]+)\s*$/i.exec(text);
  if (parts === null) {
    refuse(text, 'expected requests per interval, such as "2/s", "100/min" or "1/2s"');
  }
  const [, requests = "", count = "1", unit = ""] = parts;
  const unitMs = UNITS.find((spellings) => spellings.includes(unit.toLowerCase()))?.[0];
  if (unitMs === undefined) {
    refuse(
      text,
      `"${unit}" is not a unit of time, expected one of "ms", "s", "min", "h", "d", "mo"`,
    );
  }
  return wholeRate(text, Number(requests), Number(count) * unitMs);
}

/** Formats a limit: `2/s`, `1/2s`, `5000/h`. */
export function formatRate(rate: Rate): string {
  const [unitMs, unit] = UNITS.find(([unitMs]) => rate.intervalMs % unitMs === 0) ?? [1, "ms"];
  const count = rate.intervalMs / unitMs;
  return `${rate.requests}/${count === 1 ? "" : count}${unit}`;
}

/** The name under which all jobs count a limit, regardless of what each reserves for others. */
export function limitName(rate: Rate, stream = ""): string {
  const { declared = rate.requests } = rate;
  return `${stream === "" ? "" : `${stream} `}${formatRate({ ...rate, requests: declared })}`;
}

/** Milliseconds between two evenly spaced requests. */
export function spacingMs(rate: Rate): number {
  return rate.intervalMs / rate.requests;
}

/** Requests allowed per second on average. */
export function requestsPerSecond(rate: Rate): number {
  return rate.requests * 1_000 / rate.intervalMs;
}

/**
 * The rates of one list in combination: the one with the shortest interval sets the pace, and those with
 * longer intervals are quotas that may be used up early, as APIs with `5/s` and `10000/d` mean them. One that
 * resets at a clock time is always a quota. With `burst` none sets a pace.
 */
export function boundTogether(rates: readonly Rate[], burst = false): Rate[] {
  const rolling = rates.filter((rate) => rate.resets === undefined);
  const shortestMs = Math.min(...rolling.map((rate) => rate.intervalMs));
  const isQuota = ({ resets, intervalMs }: Rate) => resets !== undefined || intervalMs > shortestMs;
  return rates.map((rate) => ({ ...rate, burst: burst || rate.burst || isQuota(rate) }));
}

/** Quotas of shorter intervals are over before another process begins, in milliseconds. */
const SHORTEST_QUOTA_MS = 60_000;
/** A pace over at least this time is counted too, in milliseconds: its use outlives a process. */
const SHORTEST_COUNTED_PACE_MS = 3_600_000;

/** Whether all processes count the requests of a limit; of any other they take turns. */
export function isCounted({ burst, intervalMs }: Rate): boolean {
  return intervalMs >= (burst ? SHORTEST_QUOTA_MS : SHORTEST_COUNTED_PACE_MS);
}

/** The rates without the requests that are left to others: those of a limit with the same interval. */
export function withoutReserve(rates: readonly Rate[], reserve: Rate | undefined): Rate[] {
  return rates.map((rate) =>
    reserve?.intervalMs === rate.intervalMs
      ? {
        ...rate,
        requests: Math.max(1, rate.requests - reserve.requests),
        declared: rate.requests,
      }
      : rate
  );
}

function wholeRate(text: string, requests: number, intervalMs: number): Rate {
  if (requests === 0) refuse(text, "it allows no requests");
  if (intervalMs === 0) refuse(text, "the interval is empty");
  const factor = wholeFactor(requests);
  if (factor === undefined) refuse(text, "more than three decimals");
  const rate = {
    requests: Math.round(requests * factor),
    intervalMs: intervalMs * factor,
    burst: false,
  };
  if (rate.intervalMs > LONGEST_INTERVAL_MS) refuse(text, "the interval is longer than 366 days");
  if (rate.requests > MOST_REQUESTS || rate.requests / rate.intervalMs > MOST_REQUESTS_PER_MS) {
    refuse(text, `more than ${MOST_REQUESTS_PER_MS} requests in a millisecond cannot be paced`);
  }
  return rate;
}

/** The smallest factor, at most 1000, that makes `value` an integer. */
function wholeFactor(value: number): number | undefined {
  for (const factor of [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1_000]) {
    const scaled = value * factor;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 * Math.max(1, scaled)) return factor;
  }
  return undefined;
}

function refuse(text: string, reason: string): never {
  throw new Error(`Cannot read the rate "${text}": ${reason}`);
}
