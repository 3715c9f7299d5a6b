// Owns calendar time: a position on the calendar of the job's time zone is a count of civil minutes
// since 1970-01-01T00:00, as if every day had 24 hours. Windows and coverage are ranges of such
// positions, so they are plain integers and know nothing of daylight saving; only `instantOf` does.
// It never reads the clock. Temporal is not used: Deno Deploy may run a version that lacks it.

/** Minutes since 1970-01-01T00:00 on the calendar of the job's time zone. */
export type CivilMinute = number;

/** Minutes of a civil day. */
export const MINUTES_PER_DAY = 1440;

/** Milliseconds of a civil minute. */
const MS_PER_MINUTE = 60_000;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})$/;

/** The position of a `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM` text, or undefined where it names no real date. */
export function parseCivil(text: string): CivilMinute | undefined {
  const match = DATE.exec(text) ?? DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return fromParts(year, month, day, hour ?? 0, minute ?? 0);
}

/** The position of calendar parts (month and day count from 1), or undefined where they name no real date. */
export function fromParts(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
): CivilMinute | undefined {
  if (hour > 23 || minute > 59 || year < 1) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / MS_PER_MINUTE + hour * 60 + minute;
}

/** The calendar parts of a position; month and day count from 1. */
export function civilParts(at: CivilMinute): {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
} {
  const date = new Date(at * MS_PER_MINUTE);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

/** `YYYY-MM-DD`, with `THH:MM` where the position is not a midnight. */
export function formatCivil(at: CivilMinute): string {
  const text = new Date(at * MS_PER_MINUTE).toISOString();
  return at % MINUTES_PER_DAY === 0 ? text.slice(0, 10) : text.slice(0, 16);
}

/** `YYYY-MM-DD` of the day that holds the position. */
export function formatDay(at: CivilMinute): string {
  const days = Math.floor(at / MINUTES_PER_DAY) + DAYS_BEFORE_1970;
  if (days < DAYS_PER_YEAR || days >= 25 * DAYS_PER_400_YEARS) {
    return new Date(at * MS_PER_MINUTE).toISOString().slice(0, 10);
  }
  // Ten times as fast as a Date, which matters where a history of a hundred years is shown or copied. Years
  // are taken to begin on 1 March, so that a leap day is the last of its year.
  const inEra = days % DAYS_PER_400_YEARS;
  const centuries = Math.min(3, Math.floor(inEra / DAYS_PER_CENTURY));
  const inCentury = inEra - centuries * DAYS_PER_CENTURY;
  const leaps = Math.floor(inCentury / DAYS_PER_4_YEARS);
  const inLeap = inCentury - leaps * DAYS_PER_4_YEARS;
  const years = Math.min(3, Math.floor(inLeap / DAYS_PER_YEAR));
  const dayOfYear = inLeap - years * DAYS_PER_YEAR;
  // From March on months last 153 days in each five.
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = 400 * Math.floor(days / DAYS_PER_400_YEARS) + 100 * centuries + 4 * leaps + years +
    (month > 9 ? 1 : 0);
  const yearText = year > 999 ? String(year) : String(year).padStart(4, "0");
  return `${yearText}-${TWO_DIGITS[month > 9 ? month - 9 : month + 3]}-${TWO_DIGITS[day]}`;
}

/** Days from 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_468;
const DAYS_PER_YEAR = 365;
const DAYS_PER_4_YEARS = 1461;
const DAYS_PER_CENTURY = 36_524;
const DAYS_PER_400_YEARS = 146_097;
const TWO_DIGITS = Array.from({ length: 32 }, (_, number) => String(number).padStart(2, "0"));

/** The midnight at or before the position. */
export function startOfDay(at: CivilMinute): CivilMinute {
  return Math.floor(at / MINUTES_PER_DAY) * MINUTES_PER_DAY;
}

/** The position `months` calendar months later; a day past the month's end becomes its last day. */
export function addMonths(at: CivilMinute, months: number): CivilMinute {
  const { year, month, day, hour, minute } = civilParts(at);
  const total = year * 12 + month - 1 + months;
  const [toYear, toMonth] = [Math.floor(total / 12), total % 12 + 1];
  const last = new Date(Date.UTC(toYear, toMonth, 0)).getUTCDate();
  const sum = fromParts(toYear, toMonth, Math.min(day, last), hour, minute);
  if (sum === undefined) throw new RangeError(`Cannot add ${months} months to ${formatCivil(at)}`);
  return sum;
}

/** The civil position at an instant (epoch milliseconds) in a time zone. */
export function civilAt(epochMs: number, timeZone: string): CivilMinute {
  return Math.floor(epochMs / MS_PER_MINUTE) + offsetMinutes(epochMs, timeZone);
}

/**
 * The instant (epoch milliseconds) at which a civil position begins in a time zone.
 *
 * A position that a clock change skips begins when the change happens; one that occurs twice begins
 * the first time. So consecutive windows meet without gap and without overlap on every day.
 */
export function instantOf(at: CivilMinute, timeZone: string): number {
  const guess = at * MS_PER_MINUTE;
  const before = offsetMinutes(guess - 86_400_000, timeZone);
  const after = offsetMinutes(guess + 86_400_000, timeZone);
  if (before === after) return guess - before * MS_PER_MINUTE;
  const early = guess - Math.max(before, after) * MS_PER_MINUTE;
  const late = guess - Math.min(before, after) * MS_PER_MINUTE;
  for (const instant of [early, late]) {
    if (civilAt(instant, timeZone) === at) return instant;
  }
  return changeBetween(early, late, timeZone);
}

/** The instant of the one offset change in `(from, to]`, by bisection to the millisecond. */
function changeBetween(from: number, to: number, timeZone: string): number {
  const start = offsetMinutes(from, timeZone);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMinutes(middle, timeZone) === start) low = middle;
    else high = middle;
  }
  return high;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * How many whole minutes the zone's clock is ahead of UTC at an instant. Old local mean times have
 * seconds; they are truncated to the minute of the instant, so that an offset is constant.
 */
export function offsetMinutes(epochMs: number, timeZone: string): number {
  if (timeZone === "UTC") return 0;
  const utc = Math.floor(epochMs / MS_PER_MINUTE) * MS_PER_MINUTE;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      era: "short",
    });
    formats.set(timeZone, format);
  }
  const parts: Record<string, string> = {};
  for (const part of format.formatToParts(utc)) parts[part.type] = part.value;
  const local = Date.UTC(
    Number(parts.year),
    Number(parts.month) - 1,
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
  );
  return Math.round((local - utc) / MS_PER_MINUTE);
}

/** Whether the name is a time zone that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
