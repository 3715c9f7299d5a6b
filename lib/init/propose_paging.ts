// Guesses how the pages of a response follow each other. It reads names, bounds and descriptions of parameters, and
// what the response contains next to its records. Pure. Invariant: what is guessed and not declared is marked, and signs
// of paging that lead to no proposal are reported.
import { knownOf, type KnownParameter } from "./known_parameter.ts";
import type { OpenApiDocument, ParameterNode } from "./openapi/document.ts";
import type { RecordsProposal } from "./propose_records.ts";
import { LARGEST_PAGE, largestPage, pageSizeIn, usualPage } from "./stated_limit.ts";

/** What to write as "paging". */
export type PagingDraft = Readonly<Record<string, string | number>>;

/** Paging as far as a document or a sample shows it. */
export interface PagingProposal {
  /** What to write, or undefined where nothing shows how pages follow. */
  readonly paging: PagingDraft | undefined;
  /** The guessed part, as a clause; empty if everything is declared. */
  readonly guesses: readonly string[];
  /** Signs of paging that are not part of the proposal: paths and parameters. */
  readonly signs: readonly string[];
  /** A parameter of the page size where no parameter requests further pages, and its value. */
  readonly only?: { readonly param: string; readonly size: number } | undefined;
}

const SIZE =
  /^(\$?(limit|top|take|first|size|count|rows|per_?page|page_?(size|limit|count)|page\[(size|limit)\]|max_?(results|records|items|page_?size|count)(_?per_?page)?|results_?per_?page|(num|number_?of)_?(results|records|items|rows)|(records|items|rows)_?(per_?page|count|limit)|(page_?)?length|_count|n|nb|max))$/i;
const OFFSET =
  /^(\$?(skip|offset|start_?(index|at|record|row|from|position)?|from|page\[offset\]|(record|row|result|page)_?offset|_offset|index))$/i;
const PAGE = /^(page|p|pg|page_?(number|num|no|index|nr|id)|page\[number\]|current_?page|_page)$/i;
const CURSOR =
  /^(cursor|(next_?)?(page_?)?token|after|starting_?after|start_?after|continuation(_?token)?|marker|scroll_?id|page\[(after|cursor)\]|(next|page|start|search|after|end)_?(cursor|key|id|marker)|cursor_?mark|bookmark|resumption_?token|next|search_?after)$/i;

/** Response headers with the cursor of the next page. */
const HEADER_CURSOR =
  /^(x-)?([a-z0-9]+-)*((next|continuation|pagination|page|scroll)-?)+(cursor|token|key|marker|id)$|^(x-)?(cursor|continuation|[a-z0-9]+-continuation)$/;

/** Page size where nothing shows the largest one. */
const PAGE_SIZE = 100;

/** The paging of an operation with these parameters and this response. */
export function proposePaging(
  document: OpenApiDocument,
  parameters: readonly ParameterNode[],
  response: RecordsProposal,
  headers: readonly string[],
): PagingProposal {
  const known = knownOf(document, parameters)
    .filter(({ in: where }) => where === "query" || where === "body");
  const size = known.find((one) => isNamed(one, SIZE) && isCount(one));
  const page = new Pages(known, size, response, headers);
  const paging = page.byCursor() ?? page.byServersLink() ?? page.byOffset() ?? page.byNumber() ??
    page.byLink() ?? page.afterLast();
  const params = known.filter((one) =>
    !one.format.startsWith("date") && [OFFSET, PAGE, CURSOR].some((sign) => isNamed(one, sign)) &&
    !/^(from|start|after|next|index|p|n)$/i.test(one.name)
  );
  const signs = [
    ...response.all.filter((path) => path !== response.total),
    ...params.map(({ name }) => name),
    ...headers.filter((name) => /^(link|x-(next|total-pages|page|cursor))/.test(name)),
  ];
  const only = paging === undefined && size !== undefined
    ? { param: size.name, size: sizeOf(size).size }
    : undefined;
  return {
    paging,
    guesses: paging === undefined ? [] : page.guesses,
    signs: paging === undefined ? signs : [],
    only,
  };
}

/** Whether the name of a parameter matches: with hyphens or underscores, and in an object for paging. */
function isNamed({ name, in: where }: KnownParameter, sign: RegExp): boolean {
  const plain = where === "body" ? name.replace(PAGING_OBJECT, "") : name;
  return sign.test(plain.replaceAll("-", "_"));
}

const PAGING_OBJECT = /^(.*\.)?(page|paging|pager|pagination|options|params|parameters|cursor)\./i;

/** Whether a parameter is named like a cursor and is no credential. */
function isCursor(one: KnownParameter): boolean {
  return isNamed(one, CURSOR) && !/\bauth|\bscope/i.test(one.description);
}

/** Whether a parameter takes a number, also one that is declared as a string. */
function isCount({ name, type, fallback, example, description, values }: KnownParameter): boolean {
  if (type === "array" || type === "boolean" || type === "object") return false;
  if (type !== "string") return true;
  const isNumber = (value: unknown) => /^\d+$/.test(String(value ?? ""));
  if (values.length > 0) return values.every(isNumber);
  if (fallback !== undefined || example !== undefined) return isNumber(fallback ?? example);
  return /^\$?(page|page_?number|per_?page|page_?size|limit|offset|skip|size)$/i.test(name) &&
    !/token|cursor|opaque|returned by|from the previous/i.test(description);
}

/** The size to request, and whether it is a guess. */
function sizeOf(
  { most, fallback, description, values }: KnownParameter,
): { readonly size: number; readonly isGuess: boolean } {
  const numbers = values.map(Number).filter((value) => value > 0 && value <= LARGEST_PAGE);
  if (numbers.length > 0) return { size: Math.max(...numbers), isGuess: false };
  if (most !== undefined && most > 0 && most <= LARGEST_PAGE) return { size: most, isGuess: false };
  const stated = largestPage(description);
  if (stated !== undefined) return { size: stated, isGuess: false };
  const usual = Number(fallback ?? 0) || usualPage(description);
  return usual !== undefined && usual > 0 && usual <= LARGEST_PAGE
    ? { size: usual, isGuess: false }
    : { size: PAGE_SIZE, isGuess: true };
}

/** The kinds of paging that the parameters and the response of one operation permit. */
class Pages {
  /** What is a guess in the kind that was chosen. */
  readonly guesses: string[] = [];
  readonly #known: readonly KnownParameter[];
  readonly #size: KnownParameter | undefined;
  readonly #response: RecordsProposal;
  readonly #headers: readonly string[];

  constructor(
    known: readonly KnownParameter[],
    size: KnownParameter | undefined,
    response: RecordsProposal,
    headers: readonly string[],
  ) {
    this.#known = known;
    this.#size = size;
    this.#response = response;
    this.#headers = headers;
  }

  /** Paging by a cursor of the response, in a parameter with the name of a cursor or of the member of the response. */
  byCursor(): PagingDraft | undefined {
    const { more } = this.#response;
    const cursor = this.#response.cursor ?? this.#headerCursor();
    if (cursor === undefined) return undefined;
    const last = cursor.split(".").at(-1)!.toLowerCase();
    const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");
    const cursors = this.#known.filter(isCursor);
    const param = this.#known.find(({ name }) => plain(name) === plain(last)) ??
      cursors.find(({ name }) => plain(last).includes(plain(name))) ?? cursors[0] ??
      this.#known.find((one) => isNamed(one, OFFSET) && !isCount(one)) ??
      this.#known.find((one) => isNamed(one, PAGE) && !isCount(one));
    if (param === undefined) return undefined;
    const isStarred = [param.fallback, param.example].includes("*") ||
      /["'`=]\*/.test(param.description);
    const flag = more === undefined ? {} : { more };
    return {
      by: "cursor",
      cursor,
      cursor_param: param.name,
      ...isStarred ? { first: "*" } : {},
      ...flag,
      ...this.#sized(),
      ...inBody(param),
    };
  }

  /** A response header with the name of a cursor, where a parameter takes one. */
  #headerCursor(): string | undefined {
    if (!this.#known.some(isCursor)) return undefined;
    const name = this.#headers.find((header) => HEADER_CURSOR.test(header));
    return name === undefined ? undefined : `$header.${name}`;
  }

  /** Paging by a link that is required to request the pages: it contains a token, or OData bounds the response. */
  byServersLink(): PagingDraft | undefined {
    return this.#known.some(isCursor) || this.#isTop() && this.#response.link !== undefined
      ? this.#byBodyLink()
      : undefined;
  }

  /** Whether the size is that of all pages together, as in OData. */
  #isTop(): boolean {
    return this.#size?.name === "$top" && /next_?link\W*$/i.test(this.#response.link ?? "");
  }

  /** By the number of records to skip. */
  byOffset(): PagingDraft | undefined {
    const offset = this.#known.find((one) => isNamed(one, OFFSET) && isCount(one));
    if (offset === undefined) return undefined;
    const isFromOne = offset.least === 1 || Number(offset.fallback) === 1;
    const { most } = offset;
    const bound = most === undefined || most >= 2 ** 31 - 1 ? {} : { max_offset: most };
    const sized = this.#sized();
    if (!("size" in sized)) this.guesses.push(`the page size ${PAGE_SIZE} is a guess`);
    const more = this.#response.more === undefined ? {} : { more: this.#response.more };
    return {
      ...{ by: "offset", offset_param: offset.name, ...isFromOne ? { first: 1 } : {} },
      ...{ size: PAGE_SIZE, ...sized, ...bound, ...more, ...inBody(offset) },
    };
  }

  /** By the number of the page. */
  byNumber(): PagingDraft | undefined {
    const page = this.#known.find((one) => isNamed(one, PAGE) && isCount(one));
    if (page === undefined) return undefined;
    const isFromZero = page.least === 0 || String(page.fallback ?? "") === "0" ||
      page.fallback === undefined &&
        /zero.?based|starts? (at|with|from) (0|zero)|0-based|0-index/i.test(page.description);
    const first = isFromZero && String(page.fallback ?? "0") === "0" ? { first: 0 } : {};
    const { pages, more, total } = this.#response;
    const end = { ...pages === undefined ? {} : { pages }, ...more === undefined ? {} : { more } };
    const sized = this.#sized(Object.keys(end).length > 0 || total !== undefined);
    const isEnded = Object.keys(end).length > 0 || "size" in sized;
    const stated = pageSizeIn(page.description);
    if (!isEnded && stated === undefined) {
      this.guesses.push(`the page size ${PAGE_SIZE} is a guess`);
    }
    const size = isEnded ? sized : { size: stated ?? PAGE_SIZE };
    return { by: "page", page_param: page.name, ...first, ...size, ...end, ...inBody(page) };
  }

  /** By a link in the body or the header `Link`. */
  byLink(): PagingDraft | undefined {
    return this.#byBodyLink() ??
      (this.#headers.includes("link") ? { by: "link_header", ...this.#sized(true) } : undefined);
  }

  #byBodyLink(): PagingDraft | undefined {
    const { link } = this.#response;
    if (link === undefined) return undefined;
    return { by: "next_link", link, ...this.#isTop() ? {} : this.#sized(true) };
  }

  /** Paging after the ID of the last record, if a flag declares whether there are more. */
  afterLast(): PagingDraft | undefined {
    const { more, path, records, record } = this.#response;
    const cursor = this.#known.find(isCursor);
    if (cursor === undefined || more === undefined || typeof records !== "string") return undefined;
    const names = record.kind === "object" ? [...record.members.keys()] : [];
    const id = ["id", "uuid", "gid", "sid"].find((name) => names.includes(name)) ?? "id";
    return {
      by: "cursor",
      cursor: `${path}[-1].${id}`,
      cursor_param: cursor.name,
      more,
      ...this.#sized(true),
    };
  }

  /** The page size; a guess does no harm where something else ends the window. */
  #sized(isEnded = false): PagingDraft {
    if (this.#size === undefined) return {};
    const { size, isGuess } = sizeOf(this.#size);
    if (isGuess) {
      this.guesses.push(
        `the page size ${size} is a guess${
          isEnded ? "" : ": the first page shows how many records the API returns"
        }`,
      );
    }
    return { size_param: this.#size.name, size };
  }
}

function inBody({ in: where }: KnownParameter) {
  return where === "body" ? { in: "body" } : {};
}
