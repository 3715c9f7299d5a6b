// Computes what the heat map of a stream shows of each day: its state, its share of the records, and marks.
// Pure. Invariant: a day with a gap or a failed window is never shown as done, however small the gap.
import { civilParts, fromParts, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";
import type { DayRecords } from "./ledger_days.ts";

/** States of a day; `level1` to `level4` are done, with more and more records. */
export const STATES = [
  "outside",
  "missing",
  "empty",
  "level1",
  "level2",
  "level3",
  "level4",
  "failed",
] as const;

/** Index of a state in {@linkcode STATES}. */
export const STATE: Readonly<Record<(typeof STATES)[number], number>> = {
  outside: 0,
  missing: 1,
  empty: 2,
  level1: 3,
  level2: 4,
  level3: 5,
  level4: 6,
  failed: 7,
};

/** Bits that a day may have in addition to its state. */
export const MARK = { unsettled: 1, rejected: 2 } as const;

/** What is known of a stream, as ranges of civil minutes. */
export interface StreamRanges {
  /** Ranges that are done. */
  readonly coverage: readonly Window[];
  /** Its ranges without a record. */
  readonly empty: readonly Window[];
  /** Its ranges that may still change. */
  readonly unsettled: readonly Window[];
  /** Ranges that are expected and not done. */
  readonly gaps: readonly Window[];
  /** Windows that failed. */
  readonly failed: readonly Window[];
  /** Windows with rejected rows. */
  readonly rejected: readonly Window[];
}

/** The days of whole years, from 1 January of the first one. */
export interface DayStates {
  /** The first year. */
  readonly firstYear: number;
  /** Number of years. */
  readonly years: number;
  /** Days since 1970-01-01 of the first one. */
  readonly firstDay: number;
  /** An index of {@linkcode STATES} for each day. */
  readonly states: Uint8Array;
  /** Bits of {@linkcode MARK} for each day. */
  readonly marks: Uint8Array;
}

/** The states of the days of a stream; undefined if nothing is known of any day. */
export function dayStates(
  ranges: StreamRanges,
  records: DayRecords | undefined,
): DayStates | undefined {
  const all = [...ranges.coverage, ...ranges.gaps, ...ranges.failed];
  if (all.length === 0) return undefined;
  let [from, to] = [Infinity, -Infinity];
  for (const window of all) {
    from = Math.min(from, window.from);
    to = Math.max(to, window.to);
  }
  const firstYear = civilParts(from).year;
  const years = civilParts(to - 1).year - firstYear + 1;
  const firstDay = newYear(firstYear);
  const length = newYear(firstYear + years) - firstDay;
  const days = { firstYear, years, firstDay };
  const states = new Uint8Array(length);
  const marks = new Uint8Array(length);
  const each = (windows: readonly Window[], act: (day: number) => void) => {
    for (const window of windows) eachDay(window, firstDay, length, act);
  };
  const level = levels(records);
  each(ranges.coverage, (day) => states[day] = level(firstDay + day));
  for (const { from, to } of ranges.empty) {
    const whole = { from: Math.ceil(from / MINUTES_PER_DAY) * MINUTES_PER_DAY, to };
    eachWholeDay(whole, firstDay, (day) => {
      if (recordsOf(records, firstDay + day) === 0) states[day] = STATE.empty;
    });
  }
  each(ranges.gaps, (day) => states[day] = STATE.missing);
  each(ranges.failed, (day) => states[day] = STATE.failed);
  each(ranges.unsettled, (day) => marks[day]! |= MARK.unsettled);
  each(ranges.rejected, (day) => marks[day]! |= MARK.rejected);
  return { ...days, states, marks };
}

/** Records that windows of a day had; 0 if none is known. */
export function recordsOf(records: DayRecords | undefined, day: number): number {
  return records?.records[day - records.firstDay] ?? 0;
}

/** Days since 1970-01-01 of 1 January of a year. */
export function newYear(year: number): number {
  return fromParts(year, 1, 1)! / MINUTES_PER_DAY;
}

function eachDay(
  { from, to }: Window,
  firstDay: number,
  length: number,
  act: (day: number) => void,
): void {
  const first = Math.max(0, Math.floor(from / MINUTES_PER_DAY) - firstDay);
  const end = Math.min(length, Math.ceil(to / MINUTES_PER_DAY) - firstDay);
  for (let day = first; day < end; day++) act(day);
}

function eachWholeDay({ from, to }: Window, firstDay: number, act: (day: number) => void): void {
  const end = Math.floor(to / MINUTES_PER_DAY) - firstDay;
  for (let day = from / MINUTES_PER_DAY - firstDay; day < end; day++) act(day);
}

/** A function from a day to its level: quarters of the days that have records. */
function levels(records: DayRecords | undefined): (day: number) => number {
  const counts = (records?.records ?? new Float64Array()).filter((count) => count > 0).sort();
  const bounds = [1, 2, 3].map((quarter) => counts[Math.floor(quarter * counts.length / 4)] ?? 0);
  return (day) => {
    const count = recordsOf(records, day);
    const above = bounds.filter((bound) => count >= bound && count > 0).length;
    // Where all days have as many records, all of them have the level in the middle.
    return bounds[0] === bounds[2] && count === bounds[0] && count > 0
      ? STATE.level3
      : STATE.level1 + above;
  };
}
