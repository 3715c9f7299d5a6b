// Parses a JSON text with one long array of records slice by slice, so that the event loop never waits
// for a whole page. Pure. It guesses from the first record where records begin, and parsing proves the
// guess: each slice is parsed as a separate array, and the text around the array with a placeholder
// for it. If that fails, it parses the whole text. So the value, or the error, is always that of
// parsing the whole text.
import { EACH, type Step, walk } from "../value/path.ts";

/** Parses a JSON text, or throws a SyntaxError. */
export type Parse = (text: string) => unknown;

/** Characters parsed without a yield: about 5 ms. Shorter slices take a quarter more time in all, mostly for garbage collection. */
const SLICE_CHARS = 1 << 20;

/** Ends tried for a slice: nested records may begin as records do. */
const MOST_TRIES = 3;

/** The placeholder for the array; no API can know it. */
const PLACEHOLDER = `array ${crypto.randomUUID()}`;

/**
 * The value of a JSON text, with a yield after each slice of the array at the path.
 *
 * @throws {SyntaxError} where it is not JSON.
 */
export function* parseBySlices(
  text: string,
  path: readonly Step[],
  parse: Parse = JSON.parse,
  sliceChars: number = SLICE_CHARS,
): Generator<void, unknown> {
  const start = text.length < 2 * sliceChars ? -1 : startOfArray(text, path);
  const value = start < 0
    ? undefined
    : yield* parseAround(text, start, { path, parse, sliceChars });
  return value === undefined ? parse(text) : value;
}

/** The probable position of the array's opening bracket, or -1. */
function startOfArray(text: string, path: readonly Step[]): number {
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

interface Parsing {
  readonly path: readonly Step[];
  readonly parse: Parse;
  readonly sliceChars: number;
}

/** The value of the text whose array begins at this bracket, or undefined where the guess is wrong. */
function* parseAround(text: string, start: number, parsing: Parsing): Generator<void, unknown> {
  const begins = /\s*(\{\s*"(?:[^"\\]|\\.){0,200}"\s*:|\[)/y;
  begins.lastIndex = start + 1;
  const head = begins.exec(text)?.[1];
  if (head === undefined) return undefined;
  const records: unknown[] = [];
  let from = start + 1;
  for (;;) {
    const slice = sliceFrom(text, from, head, parsing);
    if (slice === undefined) break;
    for (const record of slice.records) records.push(record);
    from = slice.end + 1;
    yield;
  }
  return withEnd(text, { start, from, records }, parsing);
}

/** A slice of records and the comma after it; undefined where none is known to end before the array does. */
function sliceFrom(text: string, from: number, head: string, { parse, sliceChars }: Parsing) {
  let end = from + sliceChars;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    end = commaBefore(text, head, end + 1);
    if (end < 0) return undefined;
    const records = recordsOf(parse, text.slice(from, end));
    if (records !== undefined) return { records, end };
  }
  return undefined;
}

/** The next comma at or after `from` that is followed by the beginning of a record, or -1. */
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

/** The part of an array that was read so far. */
interface Begun {
  /** Position of its opening bracket. */
  readonly start: number;
  /** Position after what was read. */
  readonly from: number;
  readonly records: unknown[];
}

/** The value of the text, once the end of the array is found. */
function withEnd(text: string, { start, from, records }: Begun, { path, parse }: Parsing): unknown {
  let end = text.length;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    end = text.lastIndexOf("]", end - 1);
    if (end < from) return undefined;
    const around = attempt(parse, `${text.slice(0, start)}"${PLACEHOLDER}"${text.slice(end + 1)}`);
    if (walk(around, path) !== PLACEHOLDER) continue;
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

/** The records between two commas; undefined where the text is empty or not a sequence of values. */
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
