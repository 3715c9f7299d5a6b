// Finds what a response declares about records beyond it: a total, a page count, a flag, a link or a cursor
// under a well-known name. Pure. It reads headers and a bounded number of names at the top of the body, never the
// records. Invariant: a flag that says "no more" outweighs links and cursors, which some APIs always return.
import { isObject, own, parsePath, stepTo } from "../../extract/value/path.ts";
import type { RecordsSpec } from "../../config/schema/stream_schema.ts";
import { nextLink } from "../http/link_header.ts";
import {
  CONTAINERS,
  type ContinuationKind,
  HEADERS,
  KINDS,
  normalized,
} from "./continuation_names.ts";
import { nextInLinks } from "./link_list.ts";
import { parseCount } from "./parse_count.ts";

/** A value of a response that declares records beyond it. */
export interface Continuation {
  /** What it is: a count of the whole window, a flag, or what leads to the next page. */
  readonly kind: "total" | "pages" | "flag" | "link_header" | "link" | "cursor";
  /** Its path, `$header.NAME` for a header. */
  readonly path: string;
  /** The declared value. */
  readonly value: unknown;
}

/** The part of a response that is read. */
export interface ContinuationSource {
  /** The decoded body. */
  readonly body: unknown;
  /** Returns a header, or null. */
  header(name: string): string | null;
}

/** What was read so far, and what not to look at. */
export interface ContinuationQuery {
  /** Where the records are. */
  readonly records: RecordsSpec;
  /** Records read. */
  readonly count: number;
  /** Pages read. */
  readonly pages: number;
  /** Paths that the job declares, whose values are read elsewhere. */
  readonly declared: ReadonlySet<string>;
  /** Whether the job declares a total, so that others are not compared. */
  readonly declaresTotal: boolean;
  /** Whether totals and page counts mean something else. */
  readonly ignoresCounts: boolean;
  /** Whether the job declares a flag, so that others are not read. */
  readonly ignoresFlags: boolean;
}

const MAX_DEPTH = 5;
const MAX_MEMBERS = 50;
const ORDER: readonly Continuation["kind"][] = [
  "link_header",
  "link",
  "cursor",
  "pages",
  "total",
  "flag",
];

/** Returns the evidence that the response is not the last, the most useful for paging first. */
export function findContinuations(
  response: ContinuationSource,
  query: ContinuationQuery,
): Continuation[] {
  const found: Continuation[] = [];
  readHeaders(response, query, found);
  const isEnded = readBody(response.body, query, found);
  return found
    .filter(({ kind, path }) =>
      !query.declared.has(path) && !(isEnded && (kind === "link" || kind === "cursor")) &&
      !(query.ignoresFlags && kind === "flag") &&
      !(query.ignoresCounts && (kind === "total" || kind === "pages"))
    )
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

function readHeaders(
  { header }: ContinuationSource,
  query: ContinuationQuery,
  found: Continuation[],
): void {
  const link = header("link");
  if (link !== null && nextLink(link) !== undefined) {
    found.push({ kind: "link_header", path: "$header.link", value: link });
  }
  const range = header("content-range");
  if (range !== null && !/^\s*bytes\b/i.test(range)) {
    add(found, query, "total", "$header.content-range", range);
  }
  for (const [name, kind] of Object.entries(HEADERS)) {
    const value = header(name);
    if (value !== null) add(found, query, kind, `$header.${name}`, value);
  }
}

/** Collects what the body declares; returns whether a flag says that nothing follows. */
function readBody(body: unknown, query: ContinuationQuery, found: Continuation[]): boolean {
  const { steps } = parsePath(query.records.path);
  const start: [string, unknown, number][] = Array.isArray(body)
    ? typeof steps[0] === "number" ? body.slice(0, 3).map((item, at) => [`[${at}]`, item, 0]) : []
    : isRecord(query.records, body)
    ? []
    : [["", body, 0]];
  let isEnded = false;
  for (let next = start.shift(); next !== undefined; next = start.shift()) {
    const [path, value, depth] = next;
    if (!isObject(value)) continue;
    for (const [name, member] of Object.entries(value).slice(0, MAX_MEMBERS)) {
      const at = stepTo(path, name);
      if (at === query.records.path) continue;
      if (Array.isArray(member)) addLinkOf(found, at, name, member);
      const key = normalized(name);
      const kinds = KINDS.get(key) ?? [];
      for (const kind of kinds) isEnded ||= add(found, query, kind, at, member);
      const isOnPath = steps[depth] === name;
      if (isObject(member) && depth < MAX_DEPTH && (isOnPath || CONTAINERS.has(key))) {
        start.push([at, member, depth + 1]);
      }
    }
  }
  return isEnded;
}

/** Whether the body is a record itself, or an object of records, so that its fields are not metadata. */
function isRecord({ path, as }: RecordsSpec, body: unknown): boolean {
  if (path !== "" || (as !== "entries" && as !== "single")) return false;
  return as === "entries" || !isObject(body) || !Object.values(body).some(Array.isArray);
}

/** FHIR, STAC and Atom list their links: `[{ relation: next, url: ... }]`. */
function addLinkOf(found: Continuation[], path: string, name: string, members: unknown[]): void {
  if (!/^_?links?$/i.test(name)) return;
  const next = nextInLinks(members.slice(0, MAX_MEMBERS));
  if (typeof next === "string") found.push({ kind: "link", path, value: next });
}

/** Adds what a name declares; returns true for a flag that says that nothing follows. */
function add(
  found: Continuation[],
  query: ContinuationQuery,
  kind: ContinuationKind,
  path: string,
  value: unknown,
): boolean {
  if (value === null || value === undefined || value === "") return false;
  switch (kind) {
    case "total":
      return addCount(found, query, { kind, path, value });
    case "pages":
      return addCount(found, query, { kind, path, value });
    case "more":
      if (isTrue(value)) found.push({ kind: "flag", path, value });
      return isFalse(value);
    case "last":
      if (isFalse(value)) found.push({ kind: "flag", path, value });
      return value === true || isWord(value, TRUE);
    case "next":
    case "cursor":
      addNext(found, kind, path, value);
      return false;
  }
}

function addCount(
  found: Continuation[],
  { count, pages, declaresTotal, records }: ContinuationQuery,
  sign: Continuation & { kind: "total" | "pages" },
): false {
  const stated = parseCount(isObject(sign.value) ? own(sign.value, "value") : sign.value);
  if (stated === null) return false;
  const isTotal = sign.kind === "total";
  const isMore = isTotal
    ? !declaresTotal && records.as !== "single" && stated > count
    : stated > pages;
  const path = isObject(sign.value) ? stepTo(sign.path, "value") : sign.path;
  if (isMore) found.push({ ...sign, path, value: stated });
  return false;
}

/** A URL, an object with one, a token, or the number of the next page. */
function addNext(
  found: Continuation[],
  kind: "next" | "cursor",
  path: string,
  value: unknown,
): void {
  if (isObject(value)) {
    const members = Object.entries(value).slice(0, MAX_MEMBERS);
    const target = members.find(([name, member]) =>
      (typeof member === "string" || typeof member === "number") && member !== "" &&
      /^(href|url|uri|link|after|cursor|token|page)$/i.test(name)
    );
    if (target !== undefined) addNext(found, "next", stepTo(path, target[0]), target[1]);
    else if (kind === "cursor" && members.length > 0) found.push({ kind: "cursor", path, value });
    return;
  }
  if (value === true) found.push({ kind: "flag", path, value });
  if (typeof value === "number" ? value <= 0 : typeof value !== "string" || value === "0") return;
  const isUrl = typeof value === "string" && /^(https?:\/\/|\/|\?|\.\/)/i.test(value);
  found.push({ kind: isUrl && kind === "next" ? "link" : "cursor", path, value });
}

const TRUE = /^(true|yes|y)$/i;
const FALSE = /^(false|no|n)$/i;

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || isWord(value, TRUE);
}

function isFalse(value: unknown): boolean {
  return value === false || isWord(value, FALSE);
}

function isWord(value: unknown, words: RegExp): boolean {
  return typeof value === "string" && words.test(value);
}
