// Finds the parameter of a request that limits how many records its response holds. Pure. Invariant: a number that is
// a time, a location or a page is never taken for a limit.
import type { WireRequest } from "../http/request.ts";

/** A parameter and its number. */
export interface LimitParam {
  /** Name of the parameter, as it is sent. */
  readonly name: string;
  /** Its number. */
  readonly value: number;
}

/** Names that limit records, without the brackets of `page[size]`. */
const LIMIT_NAME =
  /^[$_@]?(limit|size|per_?page|page_?(size|len(gth)?|limit|items)|pagelen|count|rows?|rpp|max|max_?(results?|records?|rows|items|count|hits|features|entries)|top|n|num|take|first|last|results?|hits|length|batch_?size|result_?record_?count|quantity|items?(_?per_?page)?|results?_?per_?page|records?_?per_?page|num_?(results|rows|records|items)|n?rows|entries|limit_?\w*|\w*_?limit)$/i;
/** Names whose numbers mean something else. */
const OTHER_NAME =
  /(day|hour|minute|second|month|week|year|interval|step|period|date|time|from|since|until|start|end|lat|lon|lng|id|zip|page|offset|skip|version|zone|bbox|width|height|radius|alt|code|level|scale|precision|depth)|^(to|v|x|y|z)$/i;
/** A limit within a query language, as in GraphQL, SQL or SoQL. */
const WITHIN_TEXT = /\b(limit|first|last|top|take|size|rows)\b\s*[:=(]?\s*(\d{1,9})\b/gi;
const MIN_LIMIT = 2;
/** A number under an unknown name that equals a smaller count is likely a coincidence. */
const MIN_UNKNOWN = 10;
const MAX_DEPTH = 5;

/** Returns the parameter whose number equals the record count, if there is one. */
export function limitEqualTo(request: WireRequest, records: number): LimitParam | undefined {
  if (records < MIN_LIMIT) return undefined;
  return limitParams(request).find(({ name, value }) =>
    value === records && (records >= MIN_UNKNOWN || LIMIT_NAME.test(innermost(name)))
  );
}

/** Returns the parameters whose numbers may limit the records of the response. */
function limitParams({ url, body, headers }: WireRequest): LimitParam[] {
  const found: LimitParam[] = [];
  for (const [name, value] of new URL(url).searchParams) collect(found, name, value, 0);
  if (body === undefined) return found;
  if (/json/i.test(headers["content-type"] ?? "")) collect(found, "", parsed(body), 0);
  else for (const [name, value] of new URLSearchParams(body)) collect(found, name, value, 0);
  return found;
}

function collect(found: LimitParam[], name: string, value: unknown, depth: number): void {
  if (typeof value === "object" && value !== null) {
    if (depth === MAX_DEPTH) return;
    for (const [key, member] of Object.entries(value).slice(0, 100)) {
      collect(found, Array.isArray(value) ? name : key, member, depth + 1);
    }
    return;
  }
  if (typeof value === "string" && !/^\d{1,9}$/.test(value)) {
    for (const [, key = "", digits] of value.matchAll(WITHIN_TEXT)) {
      found.push({ name: key, value: Number(digits) });
    }
    return;
  }
  const number = Number(value);
  if (typeof value === "boolean" || !Number.isSafeInteger(number) || number < MIN_LIMIT) return;
  const key = innermost(name);
  if (LIMIT_NAME.test(key) || !OTHER_NAME.test(key)) found.push({ name, value: number });
}

/** `size` for `page[size]` and `page.size`. */
function innermost(name: string): string {
  return /([^[\].]+)\]?$/.exec(name)?.[1] ?? name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
