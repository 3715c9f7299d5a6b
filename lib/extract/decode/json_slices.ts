// Owns parsing a JSON text whose records are one long list slice by slice, so that the event loop never
// waits for a whole page. Pure. Where records begin is guessed from the first one, and parsing proves the
// guess: each slice is parsed as a list of its own, and what stands around the list with a mark in its
// place. Where that does not fit, the text is parsed whole. So the value, or the error, is always that of
// parsing it whole.
import { EACH, type Step, walk } from "../value/path.ts";

/** Parses a text, or throws a SyntaxError. */
export type Parse = (text: string) => unknown;

/** Characters that are parsed in one go: some 5 ms. Shorter ones cost a quarter more time in all, mostly for garbage. */
const SLICE_CHARS = 1 << 20;

/** Ends that are tried for a slice: records within records may begin as records do. */
const MOST_TRIES = 3;

/** Stands for the list; no source can know it. */
const MARK = `the list ${crypto.randomUUID()}`;

/**
 * The value of a JSON text, with a yield after each slice of the list that the path leads to.
 *
 * @throws {SyntaxError} where it is not JSON.
 */
export function* parseBySlices(
  text: string,
  path: readonly Step[],
  parse: Parse = JSON.parse,
  sliceChars: number = SLICE_CHARS,
): Generator<void, unknown> {
  const start = text.length < 2 * sliceChars ? -1 : startOfList(text, path);
  const value = start < 0
    ? undefined
    : yield* parseAround(text, start, { path, parse, sliceChars });
  return value === undefined ? parse(text) : value;
}

/** Where the bracket of the list seems to be, or -1. */
function startOfList(text: string, path: readonly Step[]): number {
  const name = path.at(-1);
  if (path.includes(EACH) || path.includes("__proto__")) return -1;
  if (name === undefined) return (/^\s*\[/.exec(text)?.[0].length ?? 0) - 1;
  if (typeof name !== "string") return -1;
  const quoted = JSON.stringify(name);
  const colon = /\s*:\s*(?=\[)/y;
  for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + 1)) {
    colon.lastIndex = at + quoted.length;
    if (colon.test(text)) return colon.lastIndex;
  }
  return -1;
}

interface Way {
  readonly path: readonly Step[];
  readonly parse: Parse;
  readonly sliceChars: number;
}

/** The value of the text whose list begins at this bracket, or undefined where that does not fit. */
function* parseAround(text: string, start: number, way: Way): Generator<void, unknown> {
  const begins = /\s*(\{\s*"(?:[^"\\]|\\.){0,200}"\s*:|\[)/y;
  begins.lastIndex = start + 1;
  const head = begins.exec(text)?.[1];
  if (head === undefined) return undefined;
  const records: unknown[] = [];
  let from = start + 1;
  for (;;) {
    const slice = sliceFrom(text, from, head, way);
    if (slice === undefined) break;
    for (const record of slice.records) records.push(record);
    from = slice.end + 1;
    yield;
  }
  return withEnd(text, { start, from, records }, way);
}

/** A slice of records and the comma behind it; undefined where none is known to end before the list does. */
function sliceFrom(text: string, from: number, head: string, { parse, sliceChars }: Way) {
  let end = from + sliceChars;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    end = commaBefore(text, head, end + 1);
    if (end < 0) return undefined;
    const records = recordsOf(parse, text.slice(from, end));
    if (records !== undefined) return { records, end };
  }
  return undefined;
}

/** The next comma from here on that this beginning of a record follows, or -1. */
function commaBefore(text: string, head: string, from: number): number {
  for (let at = text.indexOf(head, from); at >= 0; at = text.indexOf(head, at + 1)) {
    let comma = at - 1;
    while (isBlank(text.charCodeAt(comma))) comma--;
    if (comma >= from && text[comma] === ",") return comma;
  }
  return -1;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** What is read of a list so far. */
interface Begun {
  /** Place of its bracket. */
  readonly start: number;
  /** Place behind what is read. */
  readonly from: number;
  readonly records: unknown[];
}

/** The value of the text, once it is found where the list ends. */
function withEnd(text: string, { start, from, records }: Begun, { path, parse }: Way): unknown {
  let end = text.length;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    end = text.lastIndexOf("]", end - 1);
    if (end < from) return undefined;
    const around = attempt(parse, `${text.slice(0, start)}"${MARK}"${text.slice(end + 1)}`);
    if (walk(around, path) !== MARK) continue;
    const rest = recordsOf(parse, text.slice(from, end));
    if (rest !== undefined) return replaced(around, path, [...records, ...rest]);
  }
  return undefined;
}

function replaced(around: unknown, path: readonly Step[], records: unknown[]): unknown {
  const name = path.at(-1);
  if (name === undefined) return records;
  const parent = walk(around, path.slice(0, -1)) as Record<string, unknown>;
  parent[name as string] = records;
  return around;
}

/** The records between two commas; undefined where there is anything else, or nothing. */
function recordsOf(parse: Parse, text: string): unknown[] | undefined {
  const records = attempt(parse, `[${text}]`) as unknown[] | undefined;
  return records?.length === 0 ? undefined : records;
}

function attempt(parse: Parse, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
