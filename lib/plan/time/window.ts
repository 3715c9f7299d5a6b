// Cuts a range of dates into windows of a declared length. Windows are half-open, meet
// without gap or overlap, and cover exactly the range. It never uses coverage or responses; windows that
// adapt to the data are cut by auto_window.ts with the same `windowEnd`.
import type { WindowLength } from "./duration.ts";
import type { CivilMinute } from "./civil.ts";
import { addMonths, civilParts, fromParts, MINUTES_PER_DAY, startOfDay } from "./civil.ts";

/** A half-open range `[from, to)` of civil minutes; its last day is the day before `to`. */
export interface Window {
  /** First minute. */
  readonly from: CivilMinute;
  /** Minute after the last. */
  readonly to: CivilMinute;
}

/** Where a window of the given length that begins at `from` ends; always after `from`. */
export function windowEnd(from: CivilMinute, length: WindowLength): CivilMinute {
  switch (length.unit) {
    case "minute":
      return from + length.count;
    case "day":
      return from + length.count * MINUTES_PER_DAY;
    case "week":
      return startOfWeek(from) + length.count * 7 * MINUTES_PER_DAY;
    case "month":
      return addMonths(startOfMonth(from), length.count);
    case "year":
      return addMonths(startOfMonth(from), 12 * length.count - (civilParts(from).month - 1));
  }
}

/** The windows of the given length that cover a range, in order; the last one may be shorter. */
export function* cutWindows(range: Window, length: WindowLength): Generator<Window> {
  for (let from = range.from; from < range.to;) {
    const to = Math.min(windowEnd(from, length), range.to);
    yield { from, to };
    from = to;
  }
}

/** The last of the windows of the given length that cover a range. */
export function lastWindow(range: Window, length: WindowLength): Window {
  const { from, to } = range;
  if (length.unit === "minute" || length.unit === "day") {
    const minutes = minutesOf(length);
    return { from: from + (Math.ceil((to - from) / minutes) - 1) * minutes, to };
  }
  let last: Window = range;
  for (const window of cutWindows(range, length)) last = window;
  return last;
}

/** Smallest number of minutes that a length can have; a window is never split below it. */
export function minutesOf(length: WindowLength): number {
  switch (length.unit) {
    case "minute":
      return length.count;
    case "day":
      return length.count * MINUTES_PER_DAY;
    case "week":
      return length.count * 7 * MINUTES_PER_DAY;
    case "month":
      return length.count * 28 * MINUTES_PER_DAY;
    case "year":
      return length.count * 365 * MINUTES_PER_DAY;
  }
}

/** Monday 00:00 at or before a position; 1970-01-01 was a Thursday. */
function startOfWeek(at: CivilMinute): CivilMinute {
  const day = Math.floor(at / MINUTES_PER_DAY);
  return (day - (((day + 3) % 7) + 7) % 7) * MINUTES_PER_DAY;
}

function startOfMonth(at: CivilMinute): CivilMinute {
  const { year, month } = civilParts(at);
  return fromParts(year, month, 1) ?? startOfDay(at);
}
