// Owns how coverage is laid out in values: one value a calendar month, holding the ranges cut to it. So
// a window touches the months it covers and nothing else, and the cost of a window does not grow with
// the history. A month of many short ranges is written minute by minute, so that it always fits a value.
import type { CivilMinute } from "../plan/civil.ts";
import { addMonths, civilParts, fromParts } from "../plan/civil.ts";
import type { Covered } from "../plan/coverage.ts";
import { Coverage } from "../plan/coverage.ts";
import type { Window } from "../plan/window.ts";

/** A flat list of from, to and state; or, where that is long, the state of each minute. */
export type MonthValue = readonly number[] | MonthMinutes;

/** The state of each minute of a month. */
export interface MonthMinutes {
  /** The first minute. */
  readonly from: CivilMinute;
  /** States, two to a byte, the earlier in the lower half. */
  readonly states: Uint8Array;
}

const EMPTY = 1;
const SETTLED = 2;
/** Marks a minute that is done. */
const DONE = 4;

/** Ranges of a list at most: 12 bytes each, where the minutes of a month take 22 KiB of the 64 a value has. */
const RANGES_LISTED = 1500;

/** The months (counted from year 0) that a window touches, in order. */
export function monthsOf(window: Window): number[] {
  const months: number[] = [];
  const last = monthAt(window.to - 1);
  for (let month = monthAt(window.from); month <= last; month++) months.push(month);
  return months;
}

/** The value of one month. */
export function encodeMonth(coverage: Coverage, month: number): MonthValue {
  const range = monthRange(month);
  const parts = coverage.within(range);
  if (parts.length > RANGES_LISTED) return encodeMinutes(parts, range);
  return parts.flatMap((part) => [part.from, part.to, stateOf(part)]);
}

/** The coverage that month values in order hold; ranges that meet over the border of months are merged. */
export function decodeMonths(values: Iterable<MonthValue>): Coverage {
  const ranges: Covered[] = [];
  for (const value of values) {
    for (const part of "states" in value ? minutesOf(value) : listed(value)) append(ranges, part);
  }
  return new Coverage(ranges);
}

function stateOf(range: Covered): number {
  return (range.empty ? EMPTY : 0) | (range.settled ? SETTLED : 0);
}

function covered(from: CivilMinute, to: CivilMinute, state: number): Covered {
  return { from, to, empty: (state & EMPTY) !== 0, settled: (state & SETTLED) !== 0 };
}

function* listed(flat: readonly number[]): Generator<Covered> {
  for (let i = 0; i + 2 < flat.length; i += 3) yield covered(flat[i]!, flat[i + 1]!, flat[i + 2]!);
}

function encodeMinutes(parts: readonly Covered[], { from, to }: Window): MonthMinutes {
  const states = new Uint8Array(Math.ceil((to - from) / 2));
  for (const part of parts) {
    for (let at = part.from - from; at < part.to - from; at++) {
      states[at >> 1]! |= (DONE | stateOf(part)) << (at % 2 * 4);
    }
  }
  return { from, states };
}

function* minutesOf({ from, states }: MonthMinutes): Generator<Covered> {
  for (let at = 0; at < states.length * 2; at++) {
    const state = states[at >> 1]! >> (at % 2 * 4) & 15;
    if ((state & DONE) !== 0) yield covered(from + at, from + at + 1, state);
  }
}

function append(ranges: Covered[], next: Covered): void {
  const last = ranges.at(-1);
  if (
    last !== undefined && last.to === next.from && last.empty === next.empty &&
    last.settled === next.settled
  ) ranges[ranges.length - 1] = { ...last, to: next.to };
  else ranges.push(next);
}

function monthAt(at: CivilMinute): number {
  const { year, month } = civilParts(at);
  return year * 12 + month - 1;
}

function monthRange(month: number): Window {
  const from = fromParts(Math.floor(month / 12), month % 12 + 1, 1) ?? 0;
  return { from, to: addMonths(from, 1) };
}
