// Owns the casts of dates and times. Without a format, a string must be ISO 8601; one without an offset
// is in the job's time zone. A number is rejected unless the format declares its unit: seconds read as
// milliseconds would silently be wrong by decades.
import { MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { AmbiguousTime, type Cast, type CastOptions, Invalid } from "./invalid.ts";
import { isNumber } from "./exact_number.ts";
import { kindOf } from "./kind_of.ts";
import type { Moment } from "./moment.ts";
import {
  clockText,
  EPOCH_UNITS,
  fromEpoch,
  localMinute,
  momentOf,
  parseIso,
  utcAround,
  utcMinutes,
} from "./moment.ts";
import { isPlainDate, plainInstant } from "./fast_path.ts";
import { momentReader, patternProblem } from "./moment_pattern.ts";

/** A type of date or time. */
export type MomentType = "date" | "time" | "timestamp" | "timestamptz";

/** Why a format of dates and times cannot be used; undefined where it can. */
export function momentFormatProblem(format: string): string | undefined {
  return isEpoch(format) ? undefined : patternProblem(format);
}

/**
 * The reader of values in a format.
 *
 * @throws {RangeError} where the format does not exist.
 */
export function formattedMoment(format: string): (value: unknown) => Moment | undefined {
  const problem = momentFormatProblem(format);
  if (problem !== undefined) throw new RangeError(problem);
  return readerOf("timestamp", format);
}

/**
 * The cast to a type of date or time.
 *
 * It remembers the last value: the elements of an array often share the date of their parent.
 */
export function momentCast(type: MomentType, options: CastOptions): Cast {
  const { format } = options;
  const read = readerOf(type, format);
  let last: unknown;
  let lastText: string | Invalid = notAMoment(type);
  const isPlain = type === "date" && format === undefined;
  const isTime = type === "time" && format === undefined;
  const isInstant = type === "timestamptz" && format === undefined;
  return (value) => {
    if (isTime && typeof value === "string" && END_OF_DAY.test(value)) return "24:00:00";
    if (isPlain && typeof value === "string" && isPlainDate(value)) return value;
    if (value !== last) {
      const plain = isInstant && typeof value === "string" ? plainInstant(value) : undefined;
      lastText = plain ?? textOf(type, read(value), options) ?? notAMoment(type, value, format);
      last = value;
    }
    return lastText;
  };
}

function readerOf(
  type: MomentType,
  format: CastOptions["format"],
): (value: unknown) => Moment | undefined {
  if (typeof format === "object") return firstOf(format.map((one) => readerOf(type, one)));
  if (format === undefined) {
    return (value) => {
      if (typeof value !== "string") return undefined;
      return parseIso(value) ?? (type === "time" ? parseTime(value) : undefined);
    };
  }
  if (isEpoch(format)) {
    return (value) =>
      typeof value === "string" || isNumber(value) ? fromEpoch(value, format) : undefined;
  }
  const read = momentReader(format);
  return (value) => typeof value === "string" || isNumber(value) ? read(String(value)) : undefined;
}

/** The reader of values in one of several formats. */
function firstOf(
  readers: readonly ((value: unknown) => Moment | undefined)[],
): (value: unknown) => Moment | undefined {
  return (value) => {
    for (const read of readers) {
      const moment = read(value);
      if (moment !== undefined) return moment;
    }
    return undefined;
  };
}

function textOf(
  type: MomentType,
  moment: Moment | undefined,
  options: CastOptions,
): string | Invalid | undefined {
  if (moment === undefined) return undefined;
  if (type === "timestamptz") return instantText(moment, options);
  if (type === "date" && isMidnightUtc(moment) && options.zoneCounts !== true) {
    return clockText(moment.minute, moment)?.split(" ")[0];
  }
  const text = clockText(localMinute(moment, options.timeZone), moment);
  return type === "timestamp" ? text : text?.split(" ")[type === "date" ? 0 : 1];
}

/** Whether a moment is written as midnight UTC, as many APIs write a date. */
export function isMidnightUtc({ minute, second, fraction, offset }: Moment): boolean {
  return offset === 0 && minute % MINUTES_PER_DAY === 0 && second === 0 && fraction === "";
}

function instantText(moment: Moment, options: CastOptions): string | Invalid | undefined {
  const { timeZone, ambiguous } = options;
  const utc = utcMinutes(moment, timeZone);
  const textAt = (minute: number) => {
    const text = clockText(minute, moment);
    return text === undefined ? undefined : `${text}+00`;
  };
  if (utc.length === 1) return textAt(utc[0]!);
  const [early, late] = utcAround(moment.minute, timeZone);
  if (ambiguous !== undefined) return textAt(ambiguous === "earlier" ? early : late);
  const change = `in the time zone ${timeZone}; set "ambiguous: earlier" or "later" for the column`;
  return utc.length === 0
    ? new Invalid(`does not exist: a clock change skips it ${change}`)
    : new AmbiguousTime(`is ambiguous: a clock change repeats it ${change}`, [
      textAt(early)!,
      textAt(late)!,
    ]);
}

/** The end of a day, which PostgreSQL's time distinguishes from its beginning. */
const END_OF_DAY = /^24:00(?::00(?:\.0+)?)?$/;

/** A time of day alone, such as `8:10` or `20:10:00.5`, on an arbitrary date. */
function parseTime(text: string): Moment | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second = "0", fraction = ""] = match;
  const clock = { hour: Number(hour), minute: Number(minute), second: Number(second), fraction };
  return momentOf({ year: 2000, month: 1, day: 1, ...clock, offset: null });
}

function isEpoch(format: string): boolean {
  return EPOCH_UNITS.has(format);
}

function notAMoment(
  type: MomentType,
  value?: unknown,
  format?: CastOptions["format"],
): Invalid {
  if (format === undefined && isNumber(value)) {
    return new Invalid(
      `is ${kindOf(value)}, not a ${type}; use "format: epoch" or "format: epoch_ms"`,
    );
  }
  const isOtherwise = format === undefined && typeof value === "string" &&
    !/^[\d:. TZ+-]+$/.test(value);
  return new Invalid(
    isOtherwise
      ? `is not an ISO 8601 ${type}; declare its notation with "format"`
      : `is not a valid ${type}`,
  );
}
