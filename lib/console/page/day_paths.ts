// Draws the days of a stream as paths of SVG: a year a row, a day a column, one path for each state, in which
// neighbors of a state are one stroke. Pure. Invariant: failed and missing days and marks are exact; only
// levels are averaged, over weeks, where a history is so long and varied that single days would not fit.
import { newYear } from "../state/day_states.ts";
import { type DayStates, MARK, STATE, STATES } from "../state/day_states.ts";

/** Columns of a row: every year has one for 29 February. */
export const COLUMNS = 366;

/** One path: all days of a state, or with a mark. */
export interface DayPath {
  /** Name of the state or the mark. */
  readonly name: string;
  /** The attribute `d`; the unit is a day horizontally, a year vertically. */
  readonly d: string;
}

/** Days that share a level where single days would not fit. */
const DAYS_TOGETHER = 7;

/** Column of 1 March, and its day of the year in a year without 29 February. */
const MARCH = 60;
const MARCH_COMMON = 59;

/** The paths of a map; above `mostRuns` strokes, levels are those of weeks. */
export function dayPaths(days: DayStates, mostRuns: number): DayPath[] {
  const states = countRuns(days.states) > mostRuns ? weekly(days) : days.states;
  const paths = STATES.map((name, state) => ({
    name: name as string,
    d: pathOf(days, (day) => states[day] === state),
  })).slice(1);
  for (const [name, bit] of Object.entries(MARK)) {
    paths.push({ name, d: pathOf(days, (day) => (days.marks[day]! & bit) !== 0) });
  }
  return paths.filter(({ d }) => d !== "");
}

/** The day in a row and a column, as days since 1970-01-01; undefined for 29 February of a common year. */
export function dayAt(firstYear: number, row: number, column: number): number | undefined {
  const start = newYear(firstYear + row);
  const isCommon = newYear(firstYear + row + 1) - start === COLUMNS - 1;
  if (!isCommon || column < MARCH_COMMON) return start + column;
  return column === MARCH_COMMON ? undefined : start + column - 1;
}

function countRuns(states: Uint8Array): number {
  let runs = 0;
  for (let day = 1; day < states.length; day++) if (states[day] !== states[day - 1]) runs++;
  return runs;
}

/** The states with one level for all done days of a week. */
function weekly({ states }: DayStates): Uint8Array {
  const isDone = (state: number) => state >= STATE.empty && state <= STATE.level4;
  const smooth = states.slice();
  for (let start = 0; start < states.length; start += DAYS_TOGETHER) {
    const done = states.subarray(start, start + DAYS_TOGETHER).filter(isDone);
    const mean = Math.round(done.reduce((sum, state) => sum + state, 0) / done.length);
    const end = Math.min(states.length, start + DAYS_TOGETHER);
    for (let day = start; day < end; day++) if (isDone(states[day]!)) smooth[day] = mean;
  }
  return smooth;
}

function pathOf(days: DayStates, isIn: (day: number) => boolean): string {
  let d = "";
  let start = 0;
  for (let row = 0; row < days.years; row++) {
    const end = newYear(days.firstYear + row + 1) - days.firstDay;
    d += rowPath(row, start, end, isIn);
    start = end;
  }
  return d;
}

function rowPath(row: number, start: number, end: number, isIn: (day: number) => boolean): string {
  const isCommon = end - start === COLUMNS - 1;
  const column = (day: number) =>
    day - start + (isCommon && day - start >= MARCH_COMMON ? MARCH - MARCH_COMMON : 0);
  let d = "";
  let at = 0;
  for (let day = start; day < end; day++) {
    if (!isIn(day)) continue;
    const first = column(day);
    while (day + 1 < end && isIn(day + 1) && column(day + 1) === column(day) + 1) day++;
    const length = column(day) - first + 1;
    d += d === "" ? `M${first} ${row}h${length}` : `m${first - at} 0h${length}`;
    at = first + length;
  }
  return d;
}
