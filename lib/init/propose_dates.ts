// Owns the guess which parameters are dates, how they are written, and what their ends mean. It reads names,
// types and the words that describe them. Pure; a guess is for a person to look at.
import { type Known, knownOf } from "./known_parameter.ts";
import type { OpenApiDocument, ParameterNode } from "./openapi_document.ts";

/** Dates in a request. */
export interface DatesDraft {
  /** Parameters of whatever place, and their templates. */
  readonly values: Readonly<Record<string, string>>;
  /** What to write as "window". */
  readonly window: string | Readonly<Record<string, string>>;
}

const FROM =
  /^(start|from|since|after|begin|min)$|((^|[_\[.-])(start|from|since|after|begin|gte?|min|newer)([_\].-]|$))|(start|from|since|after|begin|min)(_?(date|time|at|day|ts|timestamp|period|datetime))+\]?$|^(date|time|created|updated|modified)_?(from|start|after|since|min)/i;
const TO =
  /^(end|to|until|before|till|max)$|((^|[_\[.-])(end|to|until|before|till|lte?|max|older)([_\].-]|$))|(end|to|until|before|till|max)(_?(date|time|at|day|ts|timestamp|period|datetime))+\]?$|^(date|time|created|updated|modified)_?(to|end|before|until|max)/i;
const DAY = /^(date|day|on|for_?date|as_?of|event_?date|business_?date)$/i;
const DATE_WORDS = /date|time|day|yyyy|iso.?8601|epoch|unix|timestamp|month|year/i;

/** The dates that parameters ask for, or undefined where none does. */
export function proposeDates(
  document: OpenApiDocument,
  parameters: readonly ParameterNode[],
  isPaged: boolean,
): DatesDraft | undefined {
  const known = knownOf(document, parameters).filter(({ in: where }) => PLACES.includes(where));
  const dates = known.filter(isDate);
  const from = nearest(dates.filter(({ name }) => FROM.test(name) && !TO.test(name)), /gt\b/i);
  const to = nearest(dates.filter(({ name }) => TO.test(name) && !FROM.test(name)), /lte\b/i);
  if (from !== undefined && to !== undefined) {
    const most = mostDays(from) ?? mostDays(to);
    const max = most === undefined ? undefined : `${most}d`;
    return {
      values: { [from.name]: startOf(from), [to.name]: endOf(to) },
      window: isPaged ? { max: max ?? "365d" } : max ?? "month",
    };
  }
  const day = dates.find(({ name }) => DAY.test(name));
  if (day !== undefined) {
    return { values: { [day.name]: `{from${formatOf(day)}}` }, window: "day" };
  }
  return partsOfDate(known);
}

const PLACES: readonly string[] = ["query", "path", "body"];

/** Of `created[gt]` and `created[gte]` and the like the one that leaves no moment out and asks for none twice. */
function nearest(known: readonly Known[], worse: RegExp): Known | undefined {
  return known.find(({ name }) => !worse.test(name)) ?? known[0];
}

/** Year, month and perhaps day as parameters of their own. */
function partsOfDate(known: readonly Known[]): DatesDraft | undefined {
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

/** Whether a parameter takes dates and not, say, the word "today". */
function isDate({ name, type, format, description }: Known): boolean {
  if (format === "date" || format === "date-time") return true;
  if (type !== undefined && !["string", "integer", "number"].includes(type)) return false;
  if (/\btoday\b/i.test(description) && !/yyyy|%Y/i.test(description)) return false;
  return DATE_WORDS.test(`${name} ${description}`);
}

function formatOf({ type, format, description }: Known): string {
  if (format === "date" || /yyyy-?mm-?dd(?!T| ?hh)/i.test(description)) {
    return /yyyymmdd/i.test(description) ? "|%Y%m%d" : "";
  }
  if (type === "integer" || type === "number" || /\b(epoch|unix)\b/i.test(description)) {
    return /milli|\bms\b/i.test(description) ? "|epoch_ms" : "|epoch";
  }
  return format === "date-time" || /iso.?8601|rfc.?3339|T\d\d:\d\d/i.test(description)
    ? "|instant"
    : "";
}

/** The start as the source means it: "after" a moment begins behind it. */
function startOf(from: Known): string {
  const isExcluded = /[\[_.]gt\]?$/i.test(from.name) ||
    /exclusive|strictly/i.test(from.description);
  return `{${isExcluded ? "before" : "from"}${formatOf(from)}}`;
}

/**
 * The end as the source means it, as far as its words tell. A last day is taken for included and an instant
 * for not included: where that is wrong a moment is asked for twice, and none is left out.
 */
function endOf(to: Known): string {
  const format = formatOf(to);
  const words = `${to.name} ${to.description}`;
  const isExcluded = /exclusive|not included|strictly|less than(?! or)|[[_.]lt\]? /i.test(words);
  const isIncluded = /inclusive|included|on or before|up to and|\blte\b|\[lte\]/i.test(words);
  const isDay = format === "" || format === "|%Y%m%d";
  return isExcluded || !isDay && !isIncluded ? `{to${format}}` : `{last${format}}`;
}

/** `Limited to 365 days`. */
function mostDays({ description }: Known): number | undefined {
  if (!/max|limit|up to|range|at most|more than/i.test(description)) return undefined;
  const [, days] = /(?:max\w*|limit\w*|up to|at most|more than|range)\D{0,60}?(\d{1,4})\s*days?/i
    .exec(description) ?? [];
  return days === undefined ? undefined : Number(days);
}
