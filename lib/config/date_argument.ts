// Reads dates of the command line: ISO dates, words such as `yesterday` and offsets such as
// `-7d`. They are resolved in the job's time zone at a given instant, so "today" differs between Sydney and
// London. It never reads the clock.
import { Failure } from "../failure.ts";
import {
  addMonths,
  civilAt,
  type CivilMinute,
  MINUTES_PER_DAY,
  parseCivil,
  startOfDay,
} from "../plan/time/civil.ts";
import { suggest } from "../did_you_mean.ts";

const WORDS: Readonly<Record<string, number>> = { today: 0, yesterday: -1, tomorrow: 1 };

const RELATIVE = /^([+-])(\d{1,5})(d|w|mo|y)$/;

/**
 * The first minute of a day given as `2015-01-31`, `today`, `yesterday`, `tomorrow`, or relative to
 * today as `-7d`, `-2w`, `-3mo`, `-1y`, `+1d`.
 *
 * @throws {Failure} of kind `configuration` if the text is not a date.
 */
export function parseDateArgument(text: string, nowMs: number, timeZone: string): CivilMinute {
  const today = startOfDay(civilAt(nowMs, timeZone));
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseCivil(text) : undefined;
  const day = date ?? wordDay(text, today) ?? relativeDay(text, today);
  if (day !== undefined) return day;
  throw new Failure("configuration", `Cannot read date "${text}": it is not a date`, {
    hint: hintFor(text),
  });
}

function wordDay(text: string, today: CivilMinute): CivilMinute | undefined {
  const days = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  return days === undefined ? undefined : today + days * MINUTES_PER_DAY;
}

function relativeDay(text: string, today: CivilMinute): CivilMinute | undefined {
  const [, sign, digits, unit] = RELATIVE.exec(text) ?? [];
  if (unit === undefined) return undefined;
  const count = Number(digits) * (sign === "-" ? -1 : 1);
  if (unit === "d" || unit === "w") return today + count * (unit === "w" ? 7 : 1) * MINUTES_PER_DAY;
  try {
    return addMonths(today, unit === "y" ? count * 12 : count);
  } catch {
    return undefined; // beyond the calendar
  }
}

function hintFor(text: string): string {
  const word = suggest(text, Object.keys(WORDS));
  if (word !== undefined) return `Did you mean "${word}"?`;
  const [, first, second, year] = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text) ?? [];
  if (year !== undefined) {
    return `Write the year first: ${year}-${second?.padStart(2, "0")}-${first?.padStart(2, "0")}`;
  }
  if (/^\d+(d|w|mo|y)$/.test(text)) return `Did you mean "-${text}"?`;
  return "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo";
}
