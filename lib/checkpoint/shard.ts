// Owns how coverage is laid out in values: one value a calendar month, holding the ranges cut to it. So
// a window touches the months it covers and nothing else, and the cost of a window does not grow with
// the history. A month of windows of a quarter of an hour, alternately empty, fills 40 of the 64 KiB.
import { addMonths, civilParts, fromParts } from "../plan/civil.ts";
import type { Covered } from "../plan/coverage.ts";
import { Coverage } from "../plan/coverage.ts";
import type { Window } from "../plan/window.ts";

const EMPTY = 1;
const SETTLED = 2;

/** The months (counted from year 0) that a window touches, in order. */
export function monthsOf(window: Window): number[] {
  const months: number[] = [];
  const last = monthAt(window.to - 1);
  for (let month = monthAt(window.from); month <= last; month++) months.push(month);
  return months;
}

/** The value of one month: a flat list of from, to and state. */
export function encodeMonth(coverage: Coverage, month: number): number[] {
  const flat: number[] = [];
  for (const range of coverage.within(monthRange(month))) {
    flat.push(range.from, range.to, (range.empty ? EMPTY : 0) | (range.settled ? SETTLED : 0));
  }
  return flat;
}

/** The coverage that month values in order hold; ranges that meet over the border of months are merged. */
export function decodeMonths(values: Iterable<readonly number[]>): Coverage {
  const ranges: Covered[] = [];
  for (const flat of values) {
    for (let i = 0; i + 2 < flat.length; i += 3) {
      const [from, to, state] = [flat[i]!, flat[i + 1]!, flat[i + 2]!];
      append(ranges, { from, to, empty: (state & EMPTY) !== 0, settled: (state & SETTLED) !== 0 });
    }
  }
  return new Coverage(ranges);
}

function append(ranges: Covered[], next: Covered): void {
  const last = ranges.at(-1);
  if (
    last !== undefined && last.to === next.from && last.empty === next.empty &&
    last.settled === next.settled
  ) ranges[ranges.length - 1] = { ...last, to: next.to };
  else ranges.push(next);
}

function monthAt(at: number): number {
  const { year, month } = civilParts(at);
  return year * 12 + month - 1;
}

function monthRange(month: number): Window {
  const from = fromParts(Math.floor(month / 12), month % 12 + 1, 1) ?? 0;
  return { from, to: addMonths(from, 1) };
}
