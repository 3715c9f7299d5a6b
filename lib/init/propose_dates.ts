// Guesses which parameters are dates, how they are written, and how long a range the API accepts. It reads names,
// types and descriptions. Pure. Invariant: where an end may be inclusive or exclusive, the draft fetches a moment twice
// rather than none.
import { datePair, openStart } from "./date_pair.ts";
import { knownOf, type KnownParameter } from "./known_parameter.ts";
import type { OpenApiDocument, Operation } from "./openapi/document.ts";

/** Dates in a request. */
export interface DatesDraft {
  /** Templates by the name of a parameter, wherever it is sent. */
  readonly values: Readonly<Record<string, string>>;
  /** What to write as "window". */
  readonly window: string | Readonly<Record<string, string>>;
}

/** The dates of a request, or undefined where no parameter takes any. */
export function proposeDates(
  document: OpenApiDocument,
  { parameters, description }: Pick<Operation, "parameters" | "description">,
  isPaged: boolean,
): DatesDraft | undefined {
  const known = knownOf(document, parameters).filter(({ in: where }) => PLACES.includes(where));
  const dates = known.filter(isDate);
  const pair = datePair(dates);
  if (pair !== undefined) {
    const { from, to } = pair;
    const max = longestRange(`${from.description} . ${to.description} . ${description}`);
    // What only one end declares applies to both, and what `at` declares applies to `at[gte]` and `at[lt]`.
    const whole = known.find(({ name }) => name !== from.name && from.name.startsWith(name));
    const format = statedFormat(from) ?? statedFormat(to) ?? (whole && statedFormat(whole)) ??
      usualFormat(from);
    const isMonthly = format === MONTH;
    return {
      values: {
        [from.name]: startOf(from, statedFormat(from) ?? format),
        [to.name]: endOf(to, statedFormat(to) ?? format),
      },
      window: isPaged ? { max: max ?? (isMonthly ? "12mo" : "365d") } : max ?? "month",
    };
  }
  const day = dates.find(isDay);
  if (day !== undefined) {
    const format = formatOf(day);
    return {
      values: { [day.name]: `{from${format}}` },
      window: format === MONTH ? "month" : "day",
    };
  }
  return partsOfDate(known);
}

/** A start without an end in a request. */
export interface StartDraft {
  /** Name of the parameter. */
  readonly name: string;
  /** How it is written: `instant`, `epoch`, `epoch_ms`; a date otherwise. */
  readonly format: string;
}

/** The parameter of a start where the API takes no end. */
export function proposeStart(
  document: OpenApiDocument,
  { parameters }: Pick<Operation, "parameters">,
): StartDraft | undefined {
  const dates = knownOf(document, parameters)
    .filter((one) => one.in === "query" && isDate(one));
  const start = openStart(dates);
  return start && { name: start.name, format: formatOf(start).slice(1) };
}

const PLACES: readonly string[] = ["query", "path", "body"];
const DATE_WORDS =
  /^(dates?|datetime|time|times|day|timestamp|ts|at|created|updated|modified|published|started|ended|occurred|observed|recorded|received|issued|period|since|until)$/;
const DATE_DESCRIPTION =
  /\b(dates?|date-?time|datetime|timestamps?|days?|moment|instant|epoch|unix|iso.?8601|rfc.?3339|year|month)\b|yyyy|%Y/i;
const NUMBERS =
  /\b(price|amount|size|count|number of|temperature|latitude|longitude|score|votes?)\b/i;

/** Year, month and perhaps day as separate parameters. */
function partsOfDate(known: readonly KnownParameter[]): DatesDraft | undefined {
  const named = (name: RegExp) => known.find((one) => name.test(one.name))?.name;
  const [year, month, day] = [
    named(/^(year|yyyy)$/i),
    named(/^(month|mm)$/i),
    named(/^(day|dd)$/i),
  ];
  if (year === undefined || month === undefined) return undefined;
  const date = { [year]: "{from|%Y}", [month]: "{from|%m}" };
  return day === undefined
    ? { values: date, window: "month" }
    : { values: { ...date, [day]: "{from|%d}" }, window: "day" };
}

/** Whether a parameter takes dates, and not a number or a word such as "today". */
function isDate({ type, format, description, words, values }: KnownParameter): boolean {
  // Nothing else is called so without a word about it.
  if (type === "string" && description === "" && /^(start|end|begin)$/.test(String(words))) {
    return values.length === 0;
  }
  if (format === "date" || format === "date-time") return true;
  if (type !== undefined && !["string", "integer", "number"].includes(type)) return false;
  if (values.length > 0) return false;
  if (/\btoday\b/i.test(description) && !/yyyy|%Y/i.test(description)) return false;
  if (/\b(cursor|token|offset|page|pagination)\b/i.test(description)) return false;
  if (words.some((word) => DATE_WORDS.test(word))) return !NUMBERS.test(words.join(" "));
  return DATE_DESCRIPTION.test(description) || /\btime\b/i.test(description);
}

/** Whether a parameter is the one day of a request. */
function isDay({ name, words }: KnownParameter): boolean {
  return /^(date|day|on|as_?of|asof)$/i.test(name) ||
    /^(for|event|business|game|report|trade|trading|target|the|query|search) (date|day)$/.test(
      words.join(" "),
    );
}

/** The format of a month, such as `2025-01`. */
const MONTH = "|%Y-%m";

function formatOf(parameter: KnownParameter): string {
  return statedFormat(parameter) ?? usualFormat(parameter);
}

/** The format of a parameter without a declared one: a time is an instant, anything else a date. */
function usualFormat({ words, description }: KnownParameter): string {
  const isTime = words.some((word) => /^(date)?time$|^timestamp$/.test(word)) ||
    /\btimestamps?\b/i.test(description);
  return isTime ? "|instant" : "";
}

/** The format that the schema, the description or the example of a parameter shows; empty for a date. */
function statedFormat(
  { type, format, description, example, words }: KnownParameter,
): string | undefined {
  const sample = ["string", "number"].includes(typeof example) ? String(example) : "";
  const about = `${description} ${sample}`;
  const digits = /yyyymmddhhmm(ss)?/i.exec(about) ?? /^(?:19|20)\d{10}(\d\d)?$/.exec(sample);
  if (digits !== null) return `|%Y%m%d%H%M${digits[1] === undefined ? "" : "%S"}`;
  if (/yyyymmdd|^\d{8}$/i.test(description) || COMPACT.test(sample)) return "|%Y%m%d";
  if (/dd[./-]mm[./-]yyyy/i.test(about)) return `|${patternOf(about, "dd", "mm")}`;
  if (/mm[./-]dd[./-]yyyy/i.test(about)) return `|${patternOf(about, "mm", "dd")}`;
  if (/yyyy-?mm-?ddT|T\d\d:\d\d|yyyy-mm-dd.?hh/i.test(about)) return "|instant";
  if (format === "date" || /yyyy-?mm-?dd|^\d{4}-\d\d-\d\d$|\b\d{4}-\d\d-\d\d\b/i.test(about)) {
    return "";
  }
  if (/yyyy-mm\b/i.test(description) || /^\d{4}-\d\d$/.test(sample)) return MONTH;
  if (isEpoch(type, about)) return isMilliseconds(about, words) ? "|epoch_ms" : "|epoch";
  if (COMPACT.test(description)) return "|%Y%m%d";
  if (format === "date-time" || INSTANT.test(description)) return "|instant";
  return undefined;
}

/** A date of eight digits. */
const COMPACT = /\b(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\b/;
const INSTANT = /iso.?8601|rfc.?3339|date-?time|date and time|moment|instant/i;

function isEpoch(type: string | undefined, about: string): boolean {
  return type === "integer" || type === "number" || /\b(epoch|unix)\b/i.test(about) ||
    /\bmilliseconds?\b/i.test(about) && /\btimestamps?\b/i.test(about);
}

function isMilliseconds(about: string, words: readonly string[]): boolean {
  return /milli|\bm(s|sec)\b|\b1[3-9]\d{11}\b/i.test(about) || words.includes("ms") ||
    words.includes("millis");
}

/** `%d.%m.%Y` of `dd.mm.yyyy`. */
function patternOf(about: string, first: string, second: string): string {
  const mark = new RegExp(`${first}([./-])${second}`, "i").exec(about)?.[1] ?? "/";
  const sign = (part: string) => part === "dd" ? "%d" : "%m";
  return [sign(first), sign(second), "%Y"].join(mark);
}

/** The start: an exclusive one begins a moment earlier, as does "after", which may be either. */
function startOf(from: KnownParameter, format: string): string {
  const isAfter = from.words.includes("after") && !isWholeDay(format) &&
    !/\b(on|at) or after|after \(?or (at|on|equal)|inclusive|\bgreater than or equal/i.test(
      from.description,
    );
  const isExcluded = from.words.includes("gt") ||
    /exclusive|\bexcluded\b|strictly/i.test(from.description);
  return `{${isExcluded || isAfter ? "before" : "from"}${format}}`;
}

/**
 * The end: a last day counts as inclusive unless the document says otherwise. An instant or an epoch is `{to}`
 * even where it is inclusive: the last second would lose its fractions.
 */
function endOf(to: KnownParameter, format: string): string {
  const isIncluded =
    /\binclusive|\bincluded\b|\b(on|at) or before|before \(?or (at|on)|up to and|less than or equal/i
      .test(
        to.description,
      ) || to.words.includes("lte");
  const isExcluded = !isIncluded &&
    (/exclusive|not included|excluded|strictly|less than|\bbefore this (day|date)/i.test(
      to.description,
    ) || to.words.includes("lt"));
  if (/not included|non-?inclusive/i.test(to.description)) return `{to${format}}`;
  // An end "before" a day may be inclusive or exclusive: the day after the window is fetched too, so that the last one
  // is not lost.
  const isBefore = !isIncluded && to.words.at(-1) === "before";
  if (isWholeDay(format)) return isExcluded || isBefore ? `{to${format}}` : `{last${format}}`;
  return format === "|epoch_ms" && isIncluded ? `{last${format}}` : `{to${format}}`;
}

/** Whether a format of an edge shows a day and no time. */
export function isWholeDay(format: string): boolean {
  return format === "" || /^\|%/.test(format) && !/%-?[HIpMSRTLfsz]/.test(format);
}

const COUNTS: Readonly<Record<string, number>> = {
  ...{ a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, ten: 10 },
  ...{ twelve: 12, thirty: 30 },
};
const UNITS: Readonly<Record<string, string>> = {
  ...{ hour: "h", day: "d", week: "w", month: "mo", year: "y" },
};
const LENGTH = String.raw`(\d{1,4}|${
  Object.keys(COUNTS).join("|")
})[\s-]*(?:calendar[\s-]*)?(hour|day|week|month|year)s?\b`;
const BOUNDED = [
  new RegExp(
    String
      .raw`(?:max(?:imum)?|limit(?:ed)?|up to|at most|exceed(?:s|ing)?|(?:more|longer|greater|larger) than|span|within|range)\b[^.]{0,60}?\b${LENGTH}`,
    "i",
  ),
  new RegExp(String.raw`\b${LENGTH}\s*(?:max(?:imum)?|at most|range|window|apart|limit)\b`, "i"),
];

/** A sentence about a rate of requests. */
const RATE = /\d\s*(\w+\s+)?(requests?|calls|queries|hits)\b/i;

/** The longest range that a description permits, as a window: `Maximum range is 6 months` is `6mo`. */
function longestRange(description: string): string | undefined {
  const sentences = description.split(/[.;](?:\s|$)/)
    .map((sentence) => sentence.replace(/\bdefaults?\b.*$/i, ""))
    .filter((sentence) =>
      !/\b(last|past|previous|retention|available for|history of)\b/i.test(sentence)
    );
  for (const sentence of sentences.filter((one) => !RATE.test(one))) {
    for (const bounded of BOUNDED) {
      const [, count, unit] = bounded.exec(sentence) ?? [];
      if (count === undefined || unit === undefined) continue;
      const number = COUNTS[count.toLowerCase()] ?? Number(count);
      if (number > 0) return lengthOf(number, unit.toLowerCase());
    }
  }
  return undefined;
}

function lengthOf(count: number, unit: string): string {
  return unit === "year" ? `${count * 12}mo` : `${count}${UNITS[unit]}`;
}
