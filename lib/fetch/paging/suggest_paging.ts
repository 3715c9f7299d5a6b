// Suggests what to write in a job for a response that declares records beyond it. Pure. Invariant: a suggestion is YAML
// that fits into a stream; a name that cannot be known is written as "...".
import type { Continuation } from "./continuation.ts";

/** What a suggestion depends on, apart from what the response declares. */
export interface SuggestionFacts {
  /** Records of the response. */
  readonly records: number;
  /** Name and value of a request parameter that limits the records, if there is one. */
  readonly limit?: { readonly name: string; readonly value: number } | undefined;
}

/** The YAML lines that declare how the rest is read; the first is `paging`. */
export function suggestPaging(
  continuations: readonly Continuation[],
  { records, limit }: SuggestionFacts,
): string[] {
  const [first] = continuations;
  const total = continuations.find(({ kind }) => kind === "total");
  const size = limit === undefined
    ? `size: ${records === 0 ? "..." : records}`
    : `size_param: ${quoted(limit.name)}, size: ${limit.value}`;
  const paging = first === undefined
    ? `{ by: offset, offset_param: offset, ${size} }`
    : pagingBy(first, size);
  const by = `paging: ${paging}`;
  return total === undefined ? [by] : [by, `total: ${total.path}`];
}

function pagingBy({ kind, path, value }: Continuation, size: string): string {
  switch (kind) {
    case "link_header":
      return "{ by: link_header }";
    case "link":
      return `{ by: next_link, link: ${quoted(path)} }`;
    case "cursor":
      return `{ by: cursor, cursor: ${quoted(path)}, cursor_param: ${cursorParam(path)} }`;
    case "pages":
      return `{ by: page, page_param: page, pages: ${quoted(path)} }`;
    case "total":
      return `{ by: offset, offset_param: offset, ${size} }`;
    case "flag":
      return `{ by: page, page_param: page, more: ${moreOf(path, value)} }`;
  }
}

/** A flag that is false while pages follow, such as `isLast`, is a condition. */
function moreOf(path: string, value: unknown): string {
  const isNegative = value === false || typeof value === "string" && /^(false|no|n)$/i.test(value);
  return isNegative ? `{ path: ${quoted(path)}, is: [${JSON.stringify(value)}] }` : quoted(path);
}

/** APIs name the parameter like the cursor without "next": `next_page_token` is sent as `page_token`. */
function cursorParam(path: string): string {
  const name = /([\w-]+)[^\w-]*$/.exec(path)?.[1] ?? "";
  const bare = name.replace(/^(x-)?next[_-]?/i, "");
  if (bare === "" || bare === name) return "...";
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

/** Quoted where YAML requires it inside braces. */
function quoted(text: string): string {
  return /[[\]{},"#:]|^[$@&*!|>%`'-]/.test(text) && !/^\$header\.[\w-]+$/.test(text)
    ? `'${text}'`
    : text;
}
