// Finds signs of paging in a response, for display; what they mean for a run is decided in
// fetch/paging/. Pure; it reads names near the top of the response and headers, never the records.
import { isObject, stepTo } from "../extract/value/path.ts";

/** A value in a response that looks like part of its paging. */
export interface PagingSign {
  /** Its path, `$header.NAME` for a header. */
  readonly path: string;
  /** Its value as JSON, truncated. */
  readonly value: string;
}

const NAMES =
  /^@?(next|prev(ious)?|cursor|offset|skip|limit|page|pages|per_?page|count|total|has_?more|more|last_?page|(next|end|start)_?(page|url|uri|link|cursor|token|offset|marker)(_?(url|token|number))?|continuation(_?token)?|total_?(count|records|results|items|elements|pages|size|hits)|(page|result|record|element)_?(count|size|number|index)|has_?(next|next_?page|previous_?page)|(odata\.)?nextlink|(odata\.)?count|number_?of_?pages|matched|hits)$/i;
const HEADERS = [
  "link",
  "x-total-count",
  "x-total",
  "x-total-pages",
  "x-page",
  "x-per-page",
  "x-next-page",
  "x-next",
  "x-next-cursor",
  "x-cursor",
  "x-pagination",
  "content-range",
];
const DEEPEST = 3;
const MOST_SIGNS = 10;
const LONGEST_VALUE = 100;

/** The signs of paging in a body and its headers. */
export function pagingSigns(
  body: unknown,
  header: (name: string) => string | null,
): PagingSign[] {
  const found: PagingSign[] = HEADERS.flatMap((name) => {
    const value = header(name);
    return value === null ? [] : [{ path: `$header.${name}`, value: shown(value) }];
  });
  const queue: [path: string, value: unknown, depth: number][] = [["", body, 0]];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value, depth] = next;
    if (!isObject(value) || depth === DEEPEST) continue;
    for (const [name, member] of Object.entries(value).slice(0, 50)) {
      const at = stepTo(path, name);
      if (isObject(member)) queue.push([at, member, depth + 1]);
      else if (NAMES.test(name) && !Array.isArray(member)) {
        found.push({ path: at, value: shown(member) });
      }
    }
  }
  return found.slice(0, MOST_SIGNS);
}

/** The sign that states the number of records of the whole window, for a response of so many. */
export function guessTotal(signs: readonly PagingSign[], records: number): PagingSign | undefined {
  return signs.find(({ path, value }) => TOTAL.test(path) && numberOf(value) >= records);
}

const TOTAL =
  /(total|total_?(count|records|results|items|elements|hits)|x-total(-count)?|matched)$/i;

/** The number in a JSON text, which may be a string. */
function numberOf(json = ""): number {
  return Number(json.replaceAll('"', "") || "none");
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
