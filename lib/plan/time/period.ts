// Owns the periods of quotas that reset at a clock time: hours, days and months of a time zone. Pure.
// Invariant: a period contains the instant it was computed for, and the next one starts where it ends.
import { addMonths, civilAt, civilParts, instantOf, MINUTES_PER_DAY, startOfDay } from "./civil.ts";

/** When a quota resets. */
export interface Resets {
  /** Minutes after midnight; of an hour's quota only the minutes of the hour count. */
  readonly minute: number;
  /** IANA time zone of the clock time. */
  readonly timeZone: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The period of `intervalMs` (an hour, a day, or longer: a month) around an instant, in epoch milliseconds. */
export function startOfPeriod(
  atMs: number,
  intervalMs: number,
  { minute, timeZone }: Resets,
): { startMs: number; endMs: number } {
  if (intervalMs === HOUR_MS) {
    const offsetMs = (minute % 60) * 60_000;
    const startMs = Math.floor((atMs - offsetMs) / HOUR_MS) * HOUR_MS + offsetMs;
    return { startMs, endMs: startMs + HOUR_MS };
  }
  const days = intervalMs === DAY_MS ? "day" : "month";
  const civil = civilAt(atMs, timeZone);
  const start = boundary(civil, 0, minute, days);
  const starts = [boundary(civil, -1, minute, days), start, boundary(civil, 1, minute, days)]
    .map((each) => instantOf(each, timeZone));
  const isBefore = atMs < starts[1]!;
  return isBefore
    ? { startMs: starts[0]!, endMs: starts[1]! }
    : { startMs: starts[1]!, endMs: starts[2]! };
}

/** The reset of the day or month `offset` after that of a civil minute. */
function boundary(civil: number, offset: number, minute: number, unit: "day" | "month"): number {
  if (unit === "day") return startOfDay(civil) + offset * MINUTES_PER_DAY + minute;
  const day = startOfDay(civil);
  return addMonths(day - (civilParts(day).day - 1) * MINUTES_PER_DAY, offset) + minute;
}
