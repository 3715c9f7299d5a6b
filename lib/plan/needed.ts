// Determines which dates of a track a run fetches. A refresh fetches its whole range; a resumed run fetches
// what is not covered, what is done but may still change, and what failed. It reads coverage and changes
// nothing.
import type { Stream } from "../config/schema/job_schema.ts";
import { type CivilMinute, MINUTES_PER_DAY, startOfDay } from "./time/civil.ts";
import type { Coverage, RangeState } from "./coverage.ts";
import { agedUpTo } from "./settling.ts";
import { intersect, subtract, union } from "./coverage.ts";
import { minutesOf, type Window } from "./time/window.ts";

/** Dates to fetch and dates to skip, each sorted and all disjoint. */
export interface Needed {
  /** What to fetch. */
  readonly fetch: Window[];
  /** What is done and final. */
  readonly skip: Window[];
  /** What failed before, to be fetched last; "all" for a track without windows. */
  readonly retry?: Window[] | "all";
  /** Whether each range to fetch is one window, and whether one must end before the next begins. */
  readonly whole?: "in order" | "in any order";
}

/**
 * The dates of a range to fetch; `retry` are the windows that failed or had rejected rows, `fetched` the
 * dates that are not fetched again though they may still change.
 */
export function neededOf(
  range: Window,
  resume: boolean,
  coverage: Coverage,
  retry: readonly Window[],
  fetched: readonly Window[] = [],
): Needed {
  if (!resume) return { fetch: [range], skip: [] };
  const again = union(retry.flatMap((window) => intersect(window, range) ?? []));
  const unsettled = coverage.unsettled(range).flatMap((window) => subtract(window, fetched));
  const all = union([...coverage.gaps(range), ...unsettled, ...again]);
  const fetch = all.flatMap((window) => subtract(window, again));
  return { fetch, skip: subtract(range, all), retry: again };
}

/** The part of a run's range that begins no earlier than the stream; undefined if it is empty. */
export function rangeOf(stream: Stream, range: Window): Window | undefined {
  if (stream.window === undefined) return undefined;
  return intersect(range, { from: stream.start ?? -Infinity, to: Infinity });
}

/**
 * The part of a range that windows shorter than a day fetch: if the range ends with today, the windows
 * that have not started at `now` are left to a later run. A range that extends beyond today is kept unchanged.
 */
export function startedPart(stream: Stream, range: Window, now: CivilMinute): Window | undefined {
  const { window } = stream;
  if (window === undefined || range.to !== startOfDay(now) + MINUTES_PER_DAY) return range;
  const minutes = minutesOf(window.auto ? window.min : window.length);
  if (minutes >= MINUTES_PER_DAY) return range;
  const started = Math.floor((now - range.from) / minutes) + 1;
  return intersect(range, { from: range.from, to: range.from + started * minutes });
}

/**
 * A fetched window in its settled and its unsettled part. A date is settled if its day had been over, by
 * the job's clock, for at least `settleMs` at the time of the fetch. A window shorter than a day is
 * settled as a whole if it had itself been over for that long.
 */
export function settledParts(
  window: Window,
  empty: boolean,
  settleMs: number,
  fetchedAtMs: number,
  timeZone: string,
): (Window & RangeState)[] {
  const middle = agedUpTo(window, settleMs, fetchedAtMs, timeZone);
  const parts = [
    { from: window.from, to: middle, empty, settled: true },
    { from: middle, to: window.to, empty, settled: false },
  ];
  return parts.filter((part) => part.from < part.to);
}
