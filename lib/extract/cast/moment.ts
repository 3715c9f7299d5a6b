// Owns moments as APIs write them: a date and a time of day, with or without an offset from UTC. It
// turns ISO 8601 strings and epoch numbers into moments, and moments into PostgreSQL's text forms.
// Only real dates from the year 1 exist. It never reads the clock.
import { canonicalNumber, ExactNumber } from "./exact_number.ts";
import type { CivilMinute } from "../../plan/time/civil.ts";
import { civilAt, fromParts, MINUTES_PER_DAY, offsetMinutes } from "../../plan/time/civil.ts";

/** A date and a time of day. */
export interface Moment {
  /** Minutes since 1970-01-01T00:00 on the calendar the moment is written in. */
  readonly minute: CivilMinute;
  /** Whole seconds of the minute. */
  readonly second: number;
  /** Digits of the fraction of the second: at most six, the last not 0. Further digits are cut off. */
  readonly fraction: string;
  /** Minutes ahead of UTC; null where none is written and the job's time zone applies. */
  readonly offset: number | null;
}

const ISO =
  /^\+?(\d{4,6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?: ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?$/i;
const BASIC_DATE = /^(\d{4})(\d{2})(\d{2})(?=$|[T ])/i;
const BASIC_TIME = /([T ])(\d{2})(\d{2})(\d{2})?(?=$|[.,Z+-]| ?UTC| ?GMT)/i;

/** The moment that an ISO 8601 string writes, such as `2025-10-13` or `2025-10-13T20:10:00.5+01:00`, or undefined. */
export function parseIso(text: string): Moment | undefined {
  const match = ISO.exec(text) ?? ISO.exec(extended(text));
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  return momentOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
    offset: zone === undefined ? null : parseOffset(zone),
  });
}

/** ISO 8601's basic format, such as `20251013T201000Z`, with the marks of the extended one. */
function extended(text: string): string {
  return text.replace(BASIC_DATE, "$1-$2-$3").replace(
    BASIC_TIME,
    (_, mark, hour, minute, second = "00") => `${mark}${hour}:${minute}:${second}`,
  );
}

/** The parts of a moment. */
export interface MomentParts {
  /** From 1. */
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** From 0 to 23; 24 at the end of a day. */
  readonly hour: number;
  /** From 0 to 59. */
  readonly minute: number;
  /** From 0 to 59; 60 in a leap second, which is read as the second after it. */
  readonly second: number;
  /** Digits after the second's point; empty for none. */
  readonly fraction: string;
  /** Minutes ahead of UTC; null where none is written; undefined where the offset is invalid. */
  readonly offset: number | null | undefined;
}

/** The moment with these parts, or undefined where it does not exist. */
export function momentOf(parts: MomentParts): Moment | undefined {
  const { year, month, day, hour, minute, second, offset } = parts;
  const fraction = trimFraction(parts.fraction);
  const isEndOfDay = hour === 24 && minute === 0 && second === 0 && fraction === "";
  const at = fromParts(year, month, day, isEndOfDay ? 0 : hour, minute);
  if (at === undefined || offset === undefined) return undefined;
  if (isEndOfDay) return { minute: at + MINUTES_PER_DAY, second, fraction, offset };
  if (second < 60) return { minute: at, second, fraction, offset };
  return second === 60 && isLastMinute(at, offset)
    ? { minute: at + 1, second: 0, fraction, offset }
    : undefined;
}

/** Whether a minute may end with a leap second: the last of a day in UTC, or of an hour in an unknown zone. */
function isLastMinute(at: CivilMinute, offset: number | null): boolean {
  return offset === null ? at % 60 === 59 : (at - offset + 1) % MINUTES_PER_DAY === 0;
}

/** Minutes ahead of UTC of `Z`, `UTC`, `GMT`, `+01`, `+0100` or `+01:00`; undefined for anything else. */
export function parseOffset(text: string): number | undefined {
  if (/^(?:Z|UTC|GMT)$/i.test(text)) return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  const [hours, minutes] = [Number(match?.[2]), Number(match?.[3] ?? 0)];
  if (match === null || hours > 15 || minutes > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** Counts since 1970-01-01T00:00Z by their names: the power of ten of their number in a second. */
export const EPOCH_UNITS: ReadonlyMap<string, number> = new Map([
  ...[["epoch", 0], ["epoch_ms", 3], ["epoch_us", 6], ["epoch_ns", 9]] as const,
]);

/** The moment of a count of seconds, or of the parts of one, since 1970-01-01T00:00Z; undefined beyond the calendar. */
export function fromEpoch(
  count: number | string | ExactNumber,
  unit: string,
): Moment | undefined {
  const text = count instanceof ExactNumber ? canonicalNumber(count) : String(count);
  const match = /^(-?\d{1,20})(?:\.(\d+))?$/.exec(text);
  const power = EPOCH_UNITS.get(unit)!;
  // A count of a smaller unit has more digits.
  const most = 10 ** Math.max(15, power + 11);
  if (match === null || Math.abs(Number(match[1])) >= most) return undefined;
  // Integer microseconds: a float would round the last digits of the fraction.
  const digits = `${match[1]}${(match[2] ?? "").padEnd(6, "0").slice(0, 6)}`;
  const micros = BigInt(digits) / 10n ** BigInt(power);
  const ofSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - ofSecond) / 1_000_000n);
  const minute = Math.floor(seconds / 60);
  if (!isOnCalendar(minute)) return undefined;
  const fraction = trimFraction(String(ofSecond).padStart(6, "0"));
  return { minute, second: seconds - minute * 60, fraction, offset: 0 };
}

/** The civil minute of the moment in a time zone. */
export function localMinute({ minute, offset }: Moment, timeZone: string): CivilMinute {
  return offset === null ? minute : civilAt((minute - offset) * 60_000, timeZone);
}

/**
 * The civil minutes in UTC that the moment may mean, the earlier first: none where a clock change skips it,
 * two where one repeats it. A moment without an offset is in the given time zone.
 */
export function utcMinutes({ minute, offset }: Moment, timeZone: string): CivilMinute[] {
  if (offset !== null) return [minute - offset];
  const [early, late] = utcAround(minute, timeZone);
  if (early === late) return [early];
  return [early, late].filter((utc) => civilAt(utc * 60_000, timeZone) === minute);
}

/** The civil minute in UTC by the offset after a clock change near the moment, and by the offset before it. */
export function utcAround(minute: CivilMinute, timeZone: string): [CivilMinute, CivilMinute] {
  const offsets = [minute - MINUTES_PER_DAY, minute + MINUTES_PER_DAY]
    .map((near) => offsetMinutes(near * 60_000, timeZone));
  return [minute - Math.max(...offsets), minute - Math.min(...offsets)];
}

/**
 * The instant (epoch ms) that ISO 8601 with hyphens writes; undefined for any other text. A local time that clocks
 * repeat or skip is the earlier one.
 */
export function instantIn(text: string, timeZone: string): number | undefined {
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? parseIso(text) : undefined;
  if (moment === undefined) return undefined;
  const { minute, offset, second, fraction } = moment;
  const utc = offset === null ? utcAround(minute, timeZone)[0] : minute - offset;
  return utc * 60_000 + second * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3));
}

/** `YYYY-MM-DD HH:MM:SS`, with the fraction if there is one, or undefined where that is beyond the calendar. */
export function clockText(minute: CivilMinute, moment: Moment): string | undefined {
  if (!isOnCalendar(minute)) return undefined;
  const { second, fraction } = moment;
  const text = new Date(minute * 60_000 + second * 1000).toISOString();
  const clock = text.startsWith("+")
    ? `${text.slice(1, 13).replace(/^0+/, "")} ${text.slice(14, 22)}`
    : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
  return fraction === "" ? clock : `${clock}.${fraction}`;
}

const FIRST_MINUTE = Date.parse("0001-01-01T00:00:00Z") / 60_000;
/** A day before the end of JavaScript's calendar, which is in the year 275760; PostgreSQL's ends later. */
const LAST_MINUTE = 8.64e15 / 60_000 - 2 * MINUTES_PER_DAY;

function isOnCalendar(minute: CivilMinute): boolean {
  return minute >= FIRST_MINUTE && minute <= LAST_MINUTE;
}

function trimFraction(digits: string): string {
  return digits.slice(0, 6).replace(/0+$/, "");
}
