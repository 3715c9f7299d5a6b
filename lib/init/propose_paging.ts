// Owns the guess how the pages of an answer are asked for. It reads the names and bounds of parameters, and
// what the answer holds beside its records. Pure; a guess is for a person to look at.
import { type Known, knownOf } from "./known_parameter.ts";
import type { OpenApiDocument, ParameterNode } from "./openapi_document.ts";
import type { RecordsProposal } from "./propose_records.ts";

/** What to write as "paging". */
export type PagingDraft = Readonly<Record<string, string | number>>;

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
