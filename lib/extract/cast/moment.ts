// Owns moments as APIs write them: a date and a time of day, with or without an offset from UTC. It
// turns ISO 8601 strings and epoch numbers into moments, and moments into PostgreSQL's text forms.
// Only real dates between the years 1 and 9999 exist. It never reads the clock.
import type { ExactNumber } from "./exact_number.ts";
import type { CivilMinute } from "../../plan/time/civil.ts";
import { civilAt, fromParts, instantOf } from "../../plan/time/civil.ts";

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
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?: ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?$/i;

/** The moment that an ISO 8601 string writes, such as `2025-10-13` or `2025-10-13T20:10:00.5+01:00`, or undefined. */
export function parseIso(text: string): Moment | undefined {
  const match = ISO.exec(text);
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

/** The parts of a moment. */
export interface MomentParts {
  /** From 1 to 9999. */
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** From 0 to 23. */
  readonly hour: number;
  /** From 0 to 59. */
  readonly minute: number;
  /** From 0 to 59. */
  readonly second: number;
  /** Digits after the second's point; empty for none. */
  readonly fraction: string;
  /** Minutes ahead of UTC; null where none is written; undefined where the offset is invalid. */
  readonly offset: number | null | undefined;
}

/** The moment with these parts, or undefined where it does not exist. */
export function momentOf(parts: MomentParts): Moment | undefined {
  const { year, month, day, hour, minute, second, offset } = parts;
  const at = fromParts(year, month, day, hour, minute);
  if (at === undefined || second > 59 || offset === undefined) return undefined;
  return { minute: at, second, fraction: trimFraction(parts.fraction), offset };
}

/** Minutes ahead of UTC of `Z`, `UTC`, `GMT`, `+01`, `+0100` or `+01:00`; undefined for anything else. */
export function parseOffset(text: string): number | undefined {
  if (/^(?:Z|UTC|GMT)$/i.test(text)) return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  const [hours, minutes] = [Number(match?.[2]), Number(match?.[3] ?? 0)];
  if (match === null || hours > 15 || minutes > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** The moment of a count of seconds (or milliseconds) since 1970-01-01T00:00Z, or undefined beyond the calendar. */
export function fromEpoch(
  count: number | string | ExactNumber,
  unit: "epoch" | "epoch_ms",
): Moment | undefined {
  const match = /^(-?\d{1,15})(?:\.(\d{1,12}))?$/.exec(String(count));
  if (match === null) return undefined;
  // Integer microseconds: a float would round the last digits of the fraction.
  const digits = `${match[1]}${(match[2] ?? "").padEnd(6, "0").slice(0, 6)}`;
  const micros = unit === "epoch" ? BigInt(digits) : BigInt(digits) / 1000n;
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

/** The civil minute of the moment in UTC; a moment without an offset is in the given time zone. */
export function utcMinute({ minute, offset }: Moment, timeZone: string): CivilMinute {
  return offset === null ? Math.floor(instantOf(minute, timeZone) / 60_000) : minute - offset;
}

/** `YYYY-MM-DD HH:MM:SS`, with the fraction if there is one, or undefined where that is beyond the calendar. */
export function clockText(minute: CivilMinute, moment: Moment): string | undefined {
  if (!isOnCalendar(minute)) return undefined;
  const { second, fraction } = moment;
  const text = new Date(minute * 60_000 + second * 1000).toISOString();
  const clock = `${text.slice(0, 10)} ${text.slice(11, 19)}`;
  return fraction === "" ? clock : `${clock}.${fraction}`;
}

const FIRST_MINUTE = Date.parse("0001-01-01T00:00:00Z") / 60_000;
const LAST_MINUTE = Date.parse("9999-12-31T23:59:00Z") / 60_000;

function isOnCalendar(minute: CivilMinute): boolean {
  return minute >= FIRST_MINUTE && minute <= LAST_MINUTE;
}

function trimFraction(digits: string): string {
  return digits.slice(0, 6).replace(/0+$/, "");
}
