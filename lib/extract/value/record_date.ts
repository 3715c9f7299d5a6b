// Checks that a record is in the requested window. An API that returns other dates than requested would
// otherwise mark dates as done that were never read.
import type { Stream } from "../../config/schema/job_schema.ts";
import { momentUnit } from "../../config/template/moment_format.ts";
import type { CivilMinute } from "../../plan/time/civil.ts";
import { formatCivil, MINUTES_PER_DAY, startOfDay } from "../../plan/time/civil.ts";
import { formatWindow } from "../../report/text/format.ts";
import { fromEpoch, localMinute, type Moment, parseIso } from "../cast/moment.ts";
import { isNumber } from "../cast/exact_number.ts";
import type { Frame } from "./each.ts";
import { formattedMoment, isMidnightUtc } from "../cast/moment_cast.ts";
import { elementText } from "./null_markers.ts";
import { parsePath, walk } from "./path.ts";
import { preview } from "./preview.ts";

/** Epochs from this number on are milliseconds: as seconds they would be in the year 5138. */
const LEAST_EPOCH_MS = 1e11;

/** A half-open range of civil minutes. */
export interface Range {
  /** First minute. */
  readonly from: CivilMinute;
  /** Minute after the last. */
  readonly to: CivilMinute;
}

/** Where a record's date is found, how it is written, and what happens to a record outside its window. */
export type RecordDate = NonNullable<Stream["record_date"]>;

/** Marks a record outside its window that is neither kept nor rejected. */
export const DROPPED: unique symbol = Symbol("dropped");

/**
 * Compiles the check of a record's own date: undefined where it is in the window, otherwise the reason.
 * Without a format the date is ISO 8601 or an epoch.
 *
 * @throws {SyntaxError | RangeError} where the path or format is invalid.
 */
export function recordDateTest(
  { path, format, outside }: RecordDate,
  timeZone: string,
): (record: Frame, window: Range) => string | typeof DROPPED | undefined {
  const paths = path.map(dateReader);
  const read = readerOf(format);
  return (record, window) => {
    const found = firstFound(paths, record);
    const dated = read(found);
    if (dated === undefined) return noDate(path.join('" or "'), found, format);
    const date = rangeOf(found, dated, timeZone);
    const { moment } = dated;
    if (overlap(date, window)) return undefined;
    if (isMidnightUtc(moment) && overlap(dayOf(moment), window)) return undefined;
    if (outside === "drop") return DROPPED;
    return `has the date ${formatCivil(date.from)}, which is outside its window ${
      formatWindow(window)
    }`;
  };
}

type DateReader = (record: Frame) => unknown;

/** Reads the date at a path of the record itself. */
function dateReader(path: string): DateReader {
  const { root, up, steps } = parsePath(path);
  if (up > 0 || !["element", "record", "key"].includes(root)) {
    throw new SyntaxError(`Cannot read path "${path}": the date must be the record's own`);
  }
  if (root === "key") return ({ key }) => key;
  return ({ element }) => elementText(walk(element, steps));
}

function firstFound(paths: readonly DateReader[], record: Frame): unknown {
  let found: unknown;
  for (const read of paths) {
    found = read(record);
    if (found !== undefined && found !== null && found !== "") return found;
  }
  return found;
}

/**
 * Compiles the reader of the days of a record, within its window: the whole window where it has no date. The
 * record has passed the test of its date.
 *
 * @throws {SyntaxError | RangeError} where the path or format is invalid.
 */
export function recordDays(
  { path, format }: RecordDate,
  timeZone: string,
): (record: Frame, window: Range) => Range {
  const paths = path.map(dateReader);
  const read = readerOf(format);
  return (record, window) => {
    const found = firstFound(paths, record);
    const dated = read(found);
    if (dated === undefined) return window;
    const date = rangeOf(found, dated, timeZone);
    const days = overlap(date, window) ? date : dayOf(dated.moment);
    return {
      from: Math.max(startOfDay(days.from), window.from),
      to: Math.min(startOfDay(days.to - 1) + MINUTES_PER_DAY, window.to),
    };
  };
}

/** A moment, and the format that it is written in; undefined without one. */
interface Dated {
  readonly moment: Moment;
  readonly format: string | undefined;
}

/** Reads a value in the first format that fits. */
function readerOf(formats: RecordDate["format"]): (value: unknown) => Dated | undefined {
  const readers = formats?.map((format) => ({ format, read: formattedMoment(format) })) ??
    [{ format: undefined, read: momentOf }];
  return (value) => {
    for (const { format, read } of readers) {
      const moment = read(value);
      if (moment !== undefined) return { moment, format };
    }
    return undefined;
  };
}

function noDate(path: string, found: unknown, formats: RecordDate["format"]): string {
  if (found === undefined || found === null || found === "") return `has no date at "${path}"`;
  const otherwise = formats === undefined
    ? 'which is not ISO 8601; declare its notation with "format" of record_date'
    : `which does not match the format "${formats.join('" or "')}"`;
  return `has ${preview(found, 60)} at "${path}", ${otherwise}`;
}

/** The minutes that a date or time covers in the job's time zone: a whole day where no time is written. */
function rangeOf(value: unknown, { moment, format }: Dated, timeZone: string): Range {
  const from = localMinute(moment, timeZone);
  if (format !== undefined) return { from, to: from + minutesShown(format) };
  const isDay = typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
  return { from, to: from + (isDay ? MINUTES_PER_DAY : 1) };
}

function overlap(date: Range, window: Range): boolean {
  return date.from < window.to && date.to > window.from;
}

/** The date with which midnight UTC is written, as `date` columns read it. */
function dayOf({ minute }: Moment): Range {
  return { from: minute, to: minute + MINUTES_PER_DAY };
}

/** The minutes that a value in a format covers: a minute, a day, or, without a day, at most a month or a year. */
function minutesShown(format: string): number {
  if (momentUnit(format) !== "day") return 1;
  if (/%-?[dejF]/.test(format)) return MINUTES_PER_DAY;
  return MINUTES_PER_DAY * (/%-?[mbBh]/.test(format) ? 31 : 366);
}

function momentOf(value: unknown): Moment | undefined {
  if (isNumber(value)) {
    return fromEpoch(value, Math.abs(Number(value)) >= LEAST_EPOCH_MS ? "epoch_ms" : "epoch");
  }
  return typeof value === "string" ? parseIso(value) : undefined;
}
