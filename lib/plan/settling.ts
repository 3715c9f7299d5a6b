// Owns when dates are final and when they are fetched again, from `settle`: an age until which every resumed
// run fetches them, or ages at which they are fetched once each. It reads no clock; ages count from the end of
// a day, or of a window shorter than a day, by the job's clock. Pure.
import { subtract, union } from "./coverage.ts";
import { civilAt, type CivilMinute, instantOf, MINUTES_PER_DAY, startOfDay } from "./time/civil.ts";
import type { Window } from "./time/window.ts";

/** An age in milliseconds, or the ages at which dates are fetched again, ascending; undefined settles at once. */
export type Settle = number | readonly number[] | undefined;

/** A window as it was fetched last, while its dates could still change. */
export interface Visit extends Window {
  /** When its fetch started, epoch milliseconds. */
  readonly fetchedAtMs: number;
  /** A hash of its rows; null if it is not known. */
  readonly digest: string | null;
  /** How many fetches in a row, each at a new age, found the same rows. */
  readonly unchanged: number;
}

/** Fetches in a row that found no change, after which a window is final. */
const QUIET_FETCHES = 2;

/** The age from which dates are final. */
export function lastAgeMs(settle: Settle): number {
  return typeof settle === "number" ? settle : settle?.at(-1) ?? 0;
}

/** The ages at which dates are fetched once each; undefined where every resumed run fetches them. */
export function agesOf(settle: Settle): readonly number[] | undefined {
  return typeof settle === "number" ? undefined : settle;
}

/**
 * The end of the part of a window whose dates had this age at an instant. A window shorter than a day has
 * the age as a whole.
 */
export function agedUpTo(
  window: Window,
  ageMs: number,
  atMs: number,
  timeZone: string,
): CivilMinute {
  const aged = civilAt(atMs - ageMs, timeZone);
  if (window.to - window.from < MINUTES_PER_DAY) return window.to <= aged ? window.to : window.from;
  return Math.min(Math.max(startOfDay(aged), window.from), window.to);
}

/** The dates of a visit that reached one of the ages between its fetch and `nowMs`, or were not over then. */
function dueDates(
  visit: Visit,
  ages: readonly number[],
  nowMs: number,
  timeZone: string,
): Window[] {
  const { fetchedAtMs, to } = visit;
  const unfinished = { from: agedUpTo(visit, 0, fetchedAtMs, timeZone), to };
  return union([unfinished, ...agedDates(visit, ages, nowMs, timeZone)]);
}

/** The dates of a visit that are not fetched again yet. */
export function restingDates(
  visit: Visit,
  ages: readonly number[],
  nowMs: number,
  timeZone: string,
): Window[] {
  return subtract(visit, dueDates(visit, ages, nowMs, timeZone));
}

/** When dates are fetched again. */
export interface NextVisit {
  /** The instant from which they are due, epoch milliseconds. */
  readonly atMs: number;
  /** The age that they have then, in milliseconds. */
  readonly ageMs: number;
}

/** When the first dates of a visit are due again: at `nowMs` at the earliest; undefined if they never are. */
export function nextVisit(
  visit: Visit,
  ages: readonly number[],
  nowMs: number,
  timeZone: string,
): NextVisit | undefined {
  const next = ages.flatMap((ageMs) => {
    const from = agedUpTo(visit, ageMs, visit.fetchedAtMs, timeZone);
    if (from >= visit.to) return [];
    const day = startOfDay(from) + MINUTES_PER_DAY;
    const isShort = visit.to - visit.from < MINUTES_PER_DAY;
    const end = isShort ? visit.to : Math.min(day, visit.to);
    return [{ atMs: Math.max(nowMs, instantOf(end, timeZone) + ageMs), ageMs }];
  });
  return next.toSorted((a, b) => a.atMs - b.atMs)[0];
}

function agedDates(
  visit: Visit,
  ages: readonly number[],
  atMs: number,
  timeZone: string,
): Window[] {
  return ages.map((ageMs) => ({
    from: agedUpTo(visit, ageMs, visit.fetchedAtMs, timeZone),
    to: agedUpTo(visit, ageMs, atMs, timeZone),
  }));
}

/** How many fetches in a row found the rows of a visit; fetches of one age count once. */
export function unchangedFetches(
  before: Visit | undefined,
  digest: string | null,
  ages: readonly number[],
  atMs: number,
  timeZone: string,
): number {
  if (before === undefined || digest === null || before.digest !== digest) return 0;
  const aged = union(agedDates(before, ages, atMs, timeZone));
  return before.unchanged + (subtract(before, aged).length === 0 ? 1 : 0);
}

/** The age from which the dates of a window are final, given how many fetches in a row found no change. */
export function settleAgeMs(settle: Settle, unchanged: number): number {
  const ages = agesOf(settle);
  if (ages !== undefined && unchanged >= QUIET_FETCHES) return ages[0] ?? 0;
  return lastAgeMs(settle);
}
