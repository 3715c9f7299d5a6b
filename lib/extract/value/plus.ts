// Owns times that a response writes as a start and a number of steps, such as the position of a price in
// a day of quarter hours. Days and longer steps are counted on the calendar of the time zone, so that a
// day of 25 hours stays one day; shorter steps are counted as elapsed time.
import { addMonths, civilAt, instantOf } from "../../plan/time/civil.ts";
import { parseDurationMs, parseWindowLength } from "../../plan/time/duration.ts";
import type { ValueSpec } from "../../config/schema/job_schema.ts";
import { canonicalNumber, ExactNumber, isNumber } from "../cast/exact_number.ts";
import { Invalid } from "../cast/invalid.ts";
import { clockText, parseIso } from "../cast/moment.ts";
import { elementText } from "./null_markers.ts";

/** The steps from a start, as a job declares them. */
export type PlusSpec = NonNullable<ValueSpec["plus"]>;

/** The length of one step, the sum of its parts. */
export interface StepLength {
  /** Calendar months. */
  readonly months: number;
  /** Calendar days. */
  readonly days: number;
  /** Elapsed milliseconds. */
  readonly ms: number;
}

const ISO_DURATION =
  /^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,3})?)S)?)?$/;

/**
 * The length that a text or a number of seconds declares: `15min`, `1h`, `day`, `month`, `PT15M`, `P1D`;
 * undefined for anything else.
 */
export function stepLength(value: unknown): StepLength | undefined {
  const seconds = secondsOf(value);
  if (seconds !== undefined) return { months: 0, days: 0, ms: seconds * 1000 };
  if (typeof value !== "string") return undefined;
  const iso = ISO_DURATION.exec(value.trim());
  if (iso !== null && iso[0].length > 2 && !iso[0].endsWith("T")) {
    const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, rest = 0] = iso
      .slice(1).map((part) => Number(part ?? 0));
    return {
      months: 12 * years + months,
      days: 7 * weeks + days,
      ms: hours * 3_600_000 + minutes * 60_000 + rest * 1000,
    };
  }
  const length = parseWindowLength(value);
  if (length === undefined) {
    const ms = parseDurationMs(value);
    return ms === undefined ? undefined : { months: 0, days: 0, ms };
  }
  const { unit, count } = length;
  if (unit === "minute") return { months: 0, days: 0, ms: count * 60_000 };
  if (unit === "month" || unit === "year") {
    return { months: unit === "year" ? 12 * count : count, days: 0, ms: 0 };
  }
  return { months: 0, days: unit === "week" ? 7 * count : count, ms: 0 };
}

function secondsOf(value: unknown): number | undefined {
  if (isNumber(value)) return Number(value);
  return typeof value === "string" && /^\d{1,9}(\.\d{1,3})?$/.test(value)
    ? Number(value)
    : undefined;
}

/**
 * The text form of a time plus some steps.
 *
 * `start` is the text form that the cast of a date, timestamp or timestamptz returns; `found` holds the
 * value of `count`, and that of `of` where it is a path.
 */
export function addSteps(
  start: string,
  [counted, length]: readonly unknown[],
  spec: PlusSpec,
  timeZone: string,
): string | Invalid {
  const count = integerOf(elementText(counted));
  if (count === undefined) return new Invalid(`has no integer at "${spec.count}" to add`);
  const step = stepLength(spec.of) ?? stepLength(elementText(length));
  if (step === undefined) {
    return new Invalid(`has no length such as "PT15M" or "15min" at "${spec.of}" to add`);
  }
  const moment = parseIso(start);
  if (moment === undefined) return new Invalid("cannot be added to");
  const isInstant = moment.offset !== null;
  const zone = isInstant ? timeZone : "UTC";
  const times = count - spec.first;
  const startMs = moment.minute * 60_000 + moment.second * 1000;
  const ms = shifted(startMs, { months: step.months * times, days: step.days * times }, zone) +
    step.ms * times;
  const minute = Math.floor(ms / 60_000);
  const rest = ms - minute * 60_000;
  const [second, millis] = [Math.floor(rest / 1000), rest % 1000];
  const fraction = millis === 0
    ? moment.fraction
    : moment.fraction === ""
    ? String(millis).padStart(3, "0").replace(/0+$/, "")
    : undefined;
  if (fraction === undefined) {
    return new Invalid("has a fraction of a second, and so have the steps");
  }
  const text = clockText(minute, { ...moment, second, fraction });
  if (text === undefined) return new Invalid("plus the steps is beyond the calendar");
  if (isInstant) return `${text}+00`;
  const isDate = !start.includes(" ");
  if (isDate && !text.endsWith(" 00:00:00")) {
    return new Invalid("is a date, but the steps are not whole days");
  }
  return isDate ? text.slice(0, -" 00:00:00".length) : text;
}

/** The instant some calendar months and days later in a time zone. */
function shifted(
  ms: number,
  { months, days }: { months: number; days: number },
  timeZone: string,
): number {
  if (months === 0 && days === 0) return ms;
  const local = civilAt(ms, timeZone);
  const rest = ms - instantOf(local, timeZone);
  return instantOf(addMonths(local, months) + days * 1440, timeZone) + rest;
}

function integerOf(value: unknown): number | undefined {
  const text = value instanceof ExactNumber
    ? canonicalNumber(value)
    : typeof value === "string" || isNumber(value)
    ? String(value).trim()
    : "";
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}
