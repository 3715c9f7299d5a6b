// Reads dates and times by patterns in strptime notation, such as `%d/%m/%Y %H:%M`. Each pattern
// is compiled to a regular expression once. Names of months and days are English, in any case.
import { type Moment, momentOf, type MomentParts, parseOffset } from "./moment.ts";

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const MONTH_NAMES =
  "January|February|March|April|May|June|July|August|September|October|November|December";
const DAY_NAMES = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";

/** The parts read so far, and what adjusts them at the end. */
type Reading = { -readonly [part in keyof MomentParts]: MomentParts[part] } & {
  dayOfYear?: number;
  isoWeek?: number;
  /** From 1 for Monday. */
  weekday?: number;
  afternoon?: boolean;
};

interface Directive {
  /** What it matches; a number has its full count of digits where another number follows. */
  readonly pattern: string;
  readonly read?: (reading: Reading, text: string) => void;
}

const number = (
  pattern: string,
  part:
    | "year"
    | "month"
    | "day"
    | "hour"
    | "minute"
    | "second"
    | "dayOfYear"
    | "isoWeek"
    | "weekday",
): Directive => ({ pattern, read: (reading, text) => reading[part] = Number(text) });

/** Offsets in hours of the zones in RFC 822; other abbreviations are ambiguous. */
const ZONES = new Map([
  ...["Z", "UTC", "UT", "GMT"].map((zone) => [zone, 0] as const),
  ...["EST", "CST", "MST", "PST"].map((zone, at) => [zone, -5 - at] as const),
  ...["EDT", "CDT", "MDT", "PDT"].map((zone, at) => [zone, -4 - at] as const),
]);

const DIRECTIVES: Record<string, Directive> = {
  Y: number(String.raw`\d{4}`, "year"),
  y: {
    pattern: String.raw`\d{2}`,
    read: (reading, text) => reading.year = Number(text) + (Number(text) < 69 ? 2000 : 1900),
  },
  m: number(String.raw`\d{1,2}`, "month"),
  q: { pattern: "[1-4]", read: (reading, text) => reading.month = 3 * Number(text) - 2 },
  G: number(String.raw`\d{4}`, "year"),
  V: number(String.raw`\d{1,2}`, "isoWeek"),
  d: number(String.raw`\d{1,2}`, "day"),
  e: number(String.raw` ?\d{1,2}`, "day"),
  j: number(String.raw`\d{1,3}`, "dayOfYear"),
  b: { pattern: `(?:${MONTH_NAMES}|${MONTHS.join("|")})`, read: readMonth },
  a: { pattern: `(?:${DAY_NAMES}|Mon|Tue|Wed|Thu|Fri|Sat|Sun)` },
  u: number("[1-7]", "weekday"),
  H: number(String.raw`\d{1,2}`, "hour"),
  I: { pattern: String.raw`(?:0?[1-9]|1[0-2])`, read: readHour },
  M: number(String.raw`\d{1,2}`, "minute"),
  S: number(String.raw`\d{1,2}`, "second"),
  f: { pattern: String.raw`\d{1,12}`, read: (reading, text) => reading.fraction = text },
  L: { pattern: String.raw`\d{3}`, read: (reading, text) => reading.fraction = text },
  p: {
    pattern: String.raw`[ap]\.?m\.?`,
    read: (reading, text) => reading.afternoon = /^p/i.test(text),
  },
  z: {
    pattern: String.raw`(?:Z|[+-]\d{2}(?::?\d{2})?)`,
    read: (reading, text) => reading.offset = parseOffset(text),
  },
  Z: { pattern: `(?:${[...ZONES.keys()].join("|")})`, read: readZone },
};

const COMPOSITES: Record<string, string> = {
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  R: "%H:%M",
  B: "%b",
  h: "%b",
  A: "%a",
};

/** Why a pattern cannot be used; undefined where it can. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.includes("%")) {
    return `"${pattern}" is not a format; expected epoch, epoch_ms or a pattern such as %d.%m.%Y`;
  }
  for (const [text, letter] of expand(pattern).matchAll(/%-?(.?)/gs)) {
    if (letter !== "%" && !Object.hasOwn(DIRECTIVES, letter!)) {
      return `"${text}" is not a supported directive`;
    }
  }
  return undefined;
}

/** The reader of strings in a valid pattern; it returns undefined for strings that do not match. */
export function momentReader(pattern: string): (text: string) => Moment | undefined {
  const readers: (Directive["read"] | undefined)[] = [];
  const parts = expand(pattern).split(/(%-?.)/s).filter((part) => part !== "");
  const source = parts.map((part, at) => {
    if (!part.startsWith("%")) return escape(part);
    const letter = part.at(-1)!;
    if (letter === "%") return "%";
    const { pattern, read } = DIRECTIVES[letter]!;
    readers.push(read);
    return `(${
      parts[at + 1]?.startsWith("%") ? pattern.replace(/\{1,([23])\}/, "{$1}") : pattern
    })`;
  });
  const expression = new RegExp(`^${source.join("")}$`, "i");
  return (text) => {
    const match = expression.exec(text);
    if (match === null) return undefined;
    const reading = start();
    readers.forEach((read, at) => read?.(reading, match[at + 1]!));
    return finish(reading);
  };
}

function start(): Reading {
  const [year, month, day] = [1970, 1, 1];
  return { year, month, day, hour: 0, minute: 0, second: 0, fraction: "", offset: null };
}

function finish(reading: Reading): Moment | undefined {
  const { dayOfYear, afternoon } = reading;
  if (afternoon !== undefined) {
    if (reading.hour > 12) return undefined;
    reading.hour = reading.hour % 12 + (afternoon ? 12 : 0);
  }
  if (reading.isoWeek !== undefined) return dayOfWeek(reading, reading.isoWeek);
  if (dayOfYear === undefined) return momentOf(reading);
  const date = new Date(0);
  date.setUTCFullYear(reading.year, 0, dayOfYear);
  if (dayOfYear < 1 || date.getUTCFullYear() !== reading.year) return undefined;
  return momentOf({ ...reading, month: date.getUTCMonth() + 1, day: date.getUTCDate() });
}

/** A day of an ISO 8601 week, Monday unless it is read; the week with the fourth of January is the first. */
function dayOfWeek(reading: Reading, week: number): Moment | undefined {
  const date = new Date(0);
  date.setUTCFullYear(reading.year, 0, 4);
  const weekday = (date.getUTCDay() + 6) % 7;
  date.setUTCDate(date.getUTCDate() - weekday + 7 * (week - 1));
  const thursday = new Date(date.getTime() + 3 * 86_400_000);
  if (week < 1 || thursday.getUTCFullYear() !== reading.year) return undefined;
  date.setUTCDate(date.getUTCDate() + (reading.weekday ?? 1) - 1);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  return momentOf({ ...reading, year, month, day });
}

function readMonth(reading: Reading, text: string): void {
  reading.month = MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1;
}

function readZone(reading: Reading, text: string): void {
  reading.offset = ZONES.get(text.toUpperCase())! * 60;
}

function readHour(reading: Reading, text: string): void {
  reading.hour = Number(text);
}

function expand(pattern: string): string {
  return pattern.replace(/%(.)/gs, (text, letter: string) => COMPOSITES[letter] ?? text);
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replace(/\s+/g, "\\s+");
}
