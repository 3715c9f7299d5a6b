// Owns the scalar values of the job schema: names, durations, dates, rates, paths, templates and
// secrets. Each has a `kind`, its type on the reference page. Error messages begin with "expected", so
// that all messages of `check` read alike.
import { z } from "zod";
import { isTimeZone, parseCivil } from "../../plan/time/civil.ts";
import { parseRate, type Rate } from "../../plan/time/rate.ts";
import { parseDurationMs, parseWindowLength } from "../../plan/time/duration.ts";

/** What the schemas record about a key in addition to its type and description. */
export interface KeyMeta {
  /** Name of the type on the reference page. */
  kind?: string;
  /** Unit of a number. */
  unit?: string;
  /** An example value, as a job file writes it. */
  example?: unknown;
  /** Whether the value is a secret: it is masked everywhere and must be given as a variable. */
  secret?: boolean;
  /** Whether a secret may be written in the file, because it often is not one (a user name). */
  literal?: boolean;
  /** The name of the key in earlier versions; job files may still use it. */
  formerly?: string;
  /** For a mapping that may be written as a string: the key whose value the string is. */
  shorthand?: string;
}

const former = new Set<string>();

/** The metadata of a key that had another name in earlier versions. */
export function formerly(name: string): Pick<KeyMeta, "formerly"> {
  former.add(name);
  return { formerly: name };
}

/** Whether a key of any part of a job had this name in earlier versions. */
export function isFormerName(name: string): boolean {
  return former.has(name);
}

/** A string that a parser converts; the parser returns undefined if it cannot read the string. */
function converted<T>(parse: (text: string) => T | undefined, expected: string) {
  return z.string({ error: `expected ${expected}` }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `expected ${expected}` });
    return z.NEVER;
  });
}

/** A name of a job, stream, table, column, parameter or check: it becomes an identifier of PostgreSQL. */
export const name = z.string().regex(/^(?!__proto__$)[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, {
  error: "expected a name of letters, digits and _, at most 63 long, not starting with a digit",
}).meta({ kind: "name" });

/** An elapsed time, in milliseconds. */
export const duration = converted(parseDurationMs, 'a duration such as "30s", "15m" or "7d"').meta({
  kind: "duration",
  pattern: "^\\d+(\\.\\d+)?\\s*(ms|s|min|m|h|d|w)$|\\$\\{",
});

/** The length of a window on the calendar. */
export const length = converted(
  parseWindowLength,
  'a length such as "day", "7d", "6h", "week" or "month"',
).meta({
  kind: "length",
  pattern: "^(\\d{1,6}\\s*(min|h|d|w|mo|y)|minute|hour|day|week|month|year)$|\\$\\{",
});

/** A date, as a civil minute. */
export const calendarDate = converted(
  (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseCivil(text) : undefined,
  'a date such as "2015-01-31"',
).meta({ kind: "date", pattern: "^\\d{4}-\\d{2}-\\d{2}$|\\$\\{" });

/** Requests per interval. */
export const rate = converted((text) => {
  try {
    return parseRate(text);
  } catch {
    return undefined;
  }
}, 'a rate such as "2/s", "100/min" or "5000/h"').meta({
  kind: "rate",
  pattern: "^\\s*\\d+(\\.\\d+)?\\s*/\\s*(\\d+(\\.\\d+)?)?\\s*[a-zA-Z]+\\s*$|\\$\\{",
});

/** A string, number, boolean or null. */
export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: "expected a string, a number, true, false or null",
}).meta({ kind: "string, number, boolean or null" });

/** A quota that resets at a clock time. */
const quota = z.strictObject({
  limit: rate.describe("Requests per hour, day or month.").meta({ example: "500/d" }),
  resets: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, {
    error: 'expected a clock time such as "00:00"',
  }).describe(
    "Clock time at which the quota resets; a monthly quota resets on the first day of the month.",
  ).meta({
    kind: "clock time",
    example: "00:00",
  }),
  time_zone: z.string().refine(isTimeZone, {
    error: "expected a time zone such as Europe/London",
  }).default("UTC").describe("Time zone of that clock time.").meta({
    kind: "time zone",
    example: "America/New_York",
  }),
}).transform(({ limit, resets, time_zone }): Rate => {
  const minute = 60 * Number(resets.slice(0, 2)) + Number(resets.slice(3));
  return { ...limit, burst: true, resets: { minute, timeZone: time_zone } };
});

const rateOrQuota = z.union([rate, quota], {
  error: 'expected a rate such as "2/s", or a mapping with limit and resets',
});

/** A rate, a quota that resets, or a list of them, which may be empty. */
export const rates = z.union([rateOrQuota.transform((one) => [one]), z.array(rateOrQuota)]).meta({
  kind: "rate, mapping with limit and resets, or list of them",
});

/** The location of a value in a response or a record. */
export const path = z.string({ error: "expected a path" }).meta({ kind: "path" });

/** A condition on the value at a path. */
export const condition = z.strictObject({
  path: path.describe("Path of the value to test.").meta({ example: "status" }),
  is: z.array(scalar).optional().describe("The value must be one of these.").meta({
    kind: "list of strings, numbers, booleans",
    example: ["final", "corrected"],
  }),
  not: z.array(scalar).optional().describe("The value must not be any of these.").meta({
    kind: "list of strings, numbers, booleans",
    example: ["deleted"],
  }),
}).meta({ shorthand: "path" });

/** A string with placeholders, used in requests. */
export const template = z.union([z.string(), z.number(), z.boolean()], {
  error: "expected a string (with or without placeholders), a number, true or false",
}).meta({ kind: "template" });

/** A regular expression. */
export const pattern = z.string().max(1000, { error: "expected at most 1000 characters" }).meta({
  kind: "regular expression",
});

/** A SQL query. */
export const sql = z.string().min(1, { error: "expected a query" }).meta({ kind: "SQL" });

/** A secret: a string that names an environment variable, such as `${API_TOKEN}`. */
export const secret = z.string({ error: "expected a variable such as ${API_TOKEN}" }).meta({
  kind: "secret",
  secret: true,
});

/** One item, or a list of at least one. */
export const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([
    item.transform((value) => [value]),
    z.array(item).min(1, { error: "expected at least one" }),
  ]);
