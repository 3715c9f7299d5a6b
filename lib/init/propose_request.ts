// Owns the guess how a source is asked: which parameters are dates, which page, which must be given. It
// reads names, types and the words that describe them. Pure; a guess is for a person to look at.
import { type OpenApiDocument, type ParameterNode, textOf } from "./openapi_document.ts";
import { merged, typeOf } from "./openapi_shape.ts";
import type { RecordsProposal } from "./propose_records.ts";

/** Dates in a request. */
export interface DatesDraft {
  /** Parameters of whatever place, and their templates. */
  readonly values: Readonly<Record<string, string>>;
  /** What to write as "window". */
  readonly window: string | Readonly<Record<string, string>>;
}

/** What to write as "paging". */
export type PagingDraft = Readonly<Record<string, string | number>>;

/** A parameter with the one type of its schema. */
interface Known extends ParameterNode {
  readonly type: string | undefined;
  readonly format: string;
  readonly most: number | undefined;
  readonly least: number | undefined;
  readonly fallback: unknown;
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

const SIZE =
  /^(\$?(limit|top|take|size|count|rows|per_?page|page_?size|page\[size\]|max_?results|results_?per_?page|num_?results|records_?per_?page|max_?records))$/i;
const OFFSET = /^(\$?(skip|offset|start_?(index|at|record|row)|start|from|page\[offset\]))$/i;
const PAGE = /^(page|p|page_?(number|num|no|index)|page\[number\])$/i;
const CURSOR =
  /^(cursor|(next_?)?(page_?)?token|after|starting_?after|start_?after|continuation(_?token)?|marker|scroll_?id|page\[(after|cursor)\]|next_?(cursor|key)|cursor_?mark)$/i;

/** Records of a page where the document does not say how many it may hold. */
const PAGE_SIZE = 100;

/** How the pages of an answer are asked for, or undefined where nothing tells. */
export function proposePaging(
  document: OpenApiDocument,
  parameters: readonly ParameterNode[],
  answer: RecordsProposal,
  headers: readonly string[],
): PagingDraft | undefined {
  const known = knownOf(document, parameters).filter(({ in: where }) =>
    where === "query" || where === "body"
  );
  const numbers = known.filter(({ type }) => type !== "string" && type !== "array");
  const size = numbers.find(({ name }) => SIZE.test(name));
  const sized = size === undefined ? {} : { size_param: size.name, size: sizeOf(size) };
  const inBody = ({ in: where }: Known) => where === "body" ? { in: "body" } : {};
  const cursor = known.find(({ name }) => CURSOR.test(name));
  if (cursor !== undefined && answer.cursor !== undefined) {
    return {
      by: "cursor",
      cursor: answer.cursor,
      cursor_param: cursor.name,
      ...sized,
      ...inBody(cursor),
    };
  }
  const offset = numbers.find(({ name }) => OFFSET.test(name));
  if (offset !== undefined) {
    const first = offset.least === 1 ? { first: 1 } : {};
    const most = offset.most === undefined ? {} : { max_offset: offset.most };
    return {
      by: "offset",
      offset_param: offset.name,
      ...first,
      size: PAGE_SIZE,
      ...sized,
      ...most,
      ...inBody(offset),
    };
  }
  const page = numbers.find(({ name }) => PAGE.test(name));
  if (page !== undefined) {
    const isFromZero = page.least === 0 || page.fallback === 0;
    const first = isFromZero ? { first: 0 } : {};
    const pages = answer.pages === undefined ? {} : { pages: answer.pages };
    const ends = answer.pages === undefined && size === undefined ? { size: PAGE_SIZE } : sized;
    return { by: "page", page_param: page.name, ...first, ...ends, ...pages, ...inBody(page) };
  }
  if (answer.link !== undefined) return { by: "next_link", link: answer.link, ...sized };
  if (headers.includes("link")) return { by: "link_header", ...sized };
  return lastRecordCursor(cursor, answer, sized);
}

/** Goes on after the last record, where a flag says whether there is more. */
function lastRecordCursor(
  cursor: Known | undefined,
  { more, path, records }: RecordsProposal,
  sized: PagingDraft,
): PagingDraft | undefined {
  if (cursor === undefined || more === undefined || typeof records !== "string") return undefined;
  return { by: "cursor", cursor: `${path}[-1].id`, cursor_param: cursor.name, more, ...sized };
}

function sizeOf({ most, fallback, description }: Known): number {
  const [, said] =
    /(?:max\w*|up to|between 1 and|at most)\D{0,30}?(\d{1,5})\b/i.exec(description) ?? [];
  return most ?? (said === undefined ? undefined : Number(said)) ??
    (typeof fallback === "number" && fallback > 0 ? fallback : PAGE_SIZE);
}

function knownOf(document: OpenApiDocument, parameters: readonly ParameterNode[]): Known[] {
  return parameters.map((parameter) => {
    const schema = merged(document, parameter.schema);
    const number = (value: unknown) => typeof value === "number" ? value : undefined;
    return {
      ...parameter,
      type: typeOf(schema),
      format: textOf(schema.format),
      most: number(schema.maximum),
      least: number(schema.minimum),
      fallback: schema.default ?? parameter.schema.default,
    };
  });
}
