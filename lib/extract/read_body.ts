// Owns the decoding of an answer's text: JSON, one JSON value a line, or CSV. A text that breaks off is
// a failed window, to be asked for again; a single bad line is passed on as it is, and rejected alone.
import type { Stream } from "../config/job_schema.ts";
import { Failure } from "../report/failure.ts";
import { noteClean } from "./clean_body.ts";
import { type CsvForm, decodeCsv } from "./csv.ts";

/**
 * Decodes the text of an answer: the JSON value, or the list of NDJSON values or CSV records.
 *
 * @throws {Failure} of kind `window` where the text is not of the format.
 */
export function decodeBody(
  text: string,
  format: Stream["format"],
  delimiter: string,
  csv: CsvForm = { header: true },
): unknown {
  const body = decoded(text, format, delimiter, csv);
  // JSON has no NUL but as an escape.
  return format !== "json" && text.includes("\0") ? body : noteClean(text, body);
}

function decoded(
  text: string,
  format: Stream["format"],
  delimiter: string,
  csv: CsvForm,
): unknown {
  switch (format) {
    case "json":
      return decodeJson(text);
    case "ndjson":
      return decodeLines(text);
    case "csv":
      return decodeCsv(text, delimiter, csv);
  }
}

function decodeJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw unreadable("JSON", text, cause);
  }
}

/** A last line that is broken and not ended is what a connection left behind, not a bad record. */
function decodeLines(text: string): unknown[] {
  const lines = text.split("\n");
  const values: unknown[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(parseJson(line));
    } catch (cause) {
      if (at === lines.length - 1) throw unreadable("JSON, one value a line", line, cause);
      values.push(line);
    }
  }
  if (values.length === 1 && typeof values[0] === "string") {
    throw unreadable("JSON, one value a line", text);
  }
  return values;
}

/** A whole number that a float cannot hold becomes a bigint; few texts have one, and those take ten times as long. */
function parseJson(text: string): unknown {
  if (!hasLongNumber(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown);
  } catch (error) {
    // Only parsing with a function runs out of stack, on nesting that no column takes anyway.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** Digits from which on a number may be beyond what a float holds exactly. */
const LONG_NUMBER = 16;

/** Whether so many digits stand in a row: one of them must be at a multiple of their number. */
function hasLongNumber(text: string): boolean {
  for (let at = 0; at < text.length; at += LONG_NUMBER) {
    let [from, to] = [at, at];
    while (isDigit(text.charCodeAt(from - 1))) from--;
    while (isDigit(text.charCodeAt(to))) to++;
    if (to - from >= LONG_NUMBER) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Digits beyond which a number stays a float: no integer of PostgreSQL has as many. */
const MAX_EXACT_DIGITS = 40;

function exactNumber(_: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return source.length <= MAX_EXACT_DIGITS && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function unreadable(format: string, text: string, cause?: unknown): Failure {
  const start = text.trimStart().slice(0, 60).replace(/\s+/g, " ");
  return new Failure(
    "window",
    text.trim() === ""
      ? `Cannot read the answer: it is empty, expected ${format}`
      : `Cannot read the answer: it is not ${format}, it begins with ${JSON.stringify(start)}`,
    { hint: "deno task probe shows the answer", ...cause === undefined ? {} : { cause } },
  );
}
