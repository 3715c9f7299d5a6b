/**
 * The sandbox's own calendar: days as counts since 1970-01-01, weekdays, Good Friday, London's offset. It shares
 * nothing with the planner's arithmetic, so that the same mistake cannot hide in both.
 *
 * @module
 */

const dayMs = 86_400_000;

/** Days before each month, in common years and in leap years. */
const daysBefore: readonly (readonly number[])[] = [
  [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334],
  [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335],
];

/** Days since 1970-01-01 of an ISO date (`YYYY-MM-DD`); `undefined` if there is no such date. */
export function dayOf(date: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const epochMs = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(epochMs)) return undefined;
  const day = epochMs / dayMs;
  return dateOf(day) === date ? day : undefined;
}

/** The ISO date of a day. */
export function dateOf(day: number): string {
  const year = yearOf(day);
  const ordinal = day - newYear(year);
  const before = daysBefore[newYear(year + 1) - newYear(year) === 366 ? 1 : 0]!;
  const month = monthIn(before, ordinal);
  return `${year}-${twoDigits(month)}-${twoDigits(ordinal - before[month - 1]! + 1)}`;
}

/** The day of January 1st of a year. */
export function newYear(year: number): number {
  const leapDays = Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) +
    Math.floor((year - 1) / 400);
  return (year - 1970) * 365 + leapDays - 477; // 477 leap days before 1970
}

/** The year of a day. */
export function yearOf(day: number): number {
  const guess = 1970 + Math.floor(day / 365.2425);
  if (day < newYear(guess)) return guess - 1;
  return day < newYear(guess + 1) ? guess : guess + 1;
}

/** The month of a day, 1 to 12. */
export function monthOf(day: number): number {
  return Number(dateOf(day).slice(5, 7));
}

/** The day of the week: 0 is Sunday, 6 is Saturday. */
export function weekdayOf(day: number): number {
  return ((day + 4) % 7 + 7) % 7; // 1970-01-01 was a Thursday
}

/** True on the Friday before Easter Sunday of the Gregorian calendar. */
export function isGoodFriday(day: number): boolean {
  return weekdayOf(day) === 5 && day === easterSunday(yearOf(day)) - 2;
}

function monthIn(before: readonly number[], ordinal: number): number {
  let month = 12;
  while (before[month - 1]! > ordinal) month--;
  return month;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** Easter by the epact: the Sunday after the full moon that falls on or after March 21st. */
function easterSunday(year: number): number {
  const century = Math.floor(year / 100);
  const golden = year % 19;
  const epactShift = century - Math.floor(century / 4) - Math.floor((8 * century + 13) / 25);
  const epact = (epactShift + 19 * golden + 15) % 30;
  const late = epact === 29 || (epact === 28 && golden > 10) ? 1 : 0;
  const fullMoon = Date.UTC(year, 2, 21) / dayMs + epact - late;
  return fullMoon + 7 - weekdayOf(fullMoon);
}

const londonHour = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London",
  hour: "2-digit",
  hourCycle: "h23",
});

/** London's offset from UTC in minutes at noon of a day: 0 or 60. Clocks change at night, so it holds for every race. */
export function londonOffsetMinutes(day: number): number {
  return (Number(londonHour.format(day * dayMs + dayMs / 2)) - 12) * 60;
}

/** The day it is in London at an instant given in epoch milliseconds. */
export function londonDay(epochMs: number): number {
  const utcDay = Math.floor(epochMs / dayMs);
  return Math.floor((epochMs + londonOffsetMinutes(utcDay) * 60_000) / dayMs);
}
