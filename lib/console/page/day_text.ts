// Describes one day of a stream in one line: the tooltip of the heat map. Pure.
import { formatDay, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { formatCount } from "../../report/text/format.ts";
import type { StreamState } from "../state/console_state.ts";
import { type DayStates, MARK, recordsOf, STATE } from "../state/day_states.ts";

/** `2014-03-02: done, 43 records, 3,744 rows`; `day` counts from 1970-01-01. */
export function dayText(stream: StreamState, days: DayStates, day: number): string {
  const at = day - days.firstDay;
  const state = days.states[at] ?? STATE.outside;
  const marks = days.marks[at] ?? 0;
  const parts = [stateText(state)];
  if (state >= STATE.empty && state < STATE.failed) {
    parts.push(formatCount(Math.round(recordsOf(stream.days, day)), "record"));
    const rows = stream.days?.rows[day - stream.days.firstDay] ?? 0;
    if (rows > 0) parts.push(formatCount(Math.round(rows), "row"));
  }
  if ((marks & MARK.unsettled) !== 0) parts.push("may still change");
  const entry = stream.entries.find(({ window }) =>
    window !== null && window.from < (day + 1) * MINUTES_PER_DAY &&
    window.to > day * MINUTES_PER_DAY
  );
  if (entry !== undefined) parts.push(entry.reason.slice(0, 200));
  return `${formatDay(day * MINUTES_PER_DAY)}: ${parts.join(", ")}`;
}

function stateText(state: number): string {
  switch (state) {
    case STATE.outside:
      return "not requested";
    case STATE.missing:
      return "missing";
    case STATE.failed:
      return "failed";
    case STATE.empty:
      return "done, empty";
    default:
      return "done";
  }
}
