// Decodes CSV into records by the names of its header line, or into lists of cells where it
// has none, over npm:papaparse (no dependencies, as fast as a custom parser, needs no permission).
// A line with more or fewer cells than the header stays a list of cells, which is not a record: it is
// rejected with its text instead of shifting its values.
import Papa from "papaparse";
import { Failure } from "../../failure.ts";
import { noteHeader } from "./csv_header.ts";
import { recordOf } from "../value/named_record.ts";

/** Characters decoded without a yield: about 5 ms. */
const SLICE_CHARS = 256 * 1024;
/** Characters searched for the kind of line ending. */
const SAMPLE_CHARS = 64 * 1024;

/** The parts of papaparse's result that are used. */
interface Parsed {
  readonly data: string[][];
  readonly errors: { readonly code: string; readonly row?: number }[];
}

/** A line of CSV. */
interface Line {
  readonly cells: string[];
  /** Whether its quotes are balanced. */
  readonly isSound: boolean;
}

/** The dialect of a CSV text. */
export interface CsvForm {
  /** Whether its first line names the columns. */
  readonly header: boolean;
  /** Lines to skip before the header or the first record. Defaults to 0. */
  readonly skip?: number | undefined;
  /** The prefix of comment lines. Defaults to none: every line is data. */
  readonly comment?: string | undefined;
  /** Whether an empty text is valid. Defaults to false. */
  readonly mayBeEmpty?: boolean;
}

/**
 * The records of a CSV text, by the names of its first line, or its lines as lists of cells, with a yield
 * after each slice of so many characters.
 *
 * @throws {Failure} of kind `window` where the text has no header or ends within quotes.
 */
export function* decodeCsv(
  text: string,
  delimiter: string,
  form: CsvForm = { header: true },
  sliceChars: number = SLICE_CHARS,
): Generator<void, unknown[]> {
  const comments = form.comment ?? false;
  const config = { delimiter, comments, chunkSize: sliceChars };
  const records: unknown[] = [];
  let names: string[] | undefined;
  for (const lines of linesBySlices(withoutLines(text, form.skip ?? 0), config)) {
    if (form.header && lines.length > 0) names ??= lines.shift()!.cells.map((name) => name.trim());
    for (const { cells, isSound } of lines) {
      const isRecord = isSound && cells.length === names?.length;
      records.push(isRecord ? recordOf(names!, cells) : cells);
    }
    yield;
  }
  if (form.header && names === undefined && form.mayBeEmpty !== true) {
    throw unreadable("it is empty, expected CSV with a header line");
  }
  if (names !== undefined) noteHeader(records, names);
  return records;
}

/** The non-empty lines of a text, slice by slice. */
function* linesBySlices(
  text: string,
  config: { delimiter: string; comments: string | boolean; chunkSize: number },
): Generator<Line[]> {
  let slice: Parsed | undefined;
  let parser: Papa.Parser | undefined;
  const chunk = (parsed: Parsed, paused: Papa.Parser) => {
    slice = parsed;
    parser = paused;
    parser.pause();
  };
  const { linebreak } = Papa.parse(text.slice(0, SAMPLE_CHARS), { ...config, preview: 1 }).meta;
  Papa.parse<string[]>(text, { ...config, newline: linebreak as "\n", chunk });
  while (slice !== undefined) {
    const { data, errors } = slice;
    if (errors.some(({ code }) => code === "MissingQuotes")) {
      throw unreadable("it ends within a quoted cell");
    }
    const bad = new Set(errors.map(({ row }) => row));
    yield data.map((cells, at) => ({ cells, isSound: !bad.has(at) }))
      .filter(({ cells }) => cells.length > 1 || cells[0] !== "");
    slice = undefined;
    parser?.resume();
  }
}

/** The text after its first lines; quotes in them have no meaning. */
function withoutLines(text: string, lines: number): string {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return "";
    at = end + 1;
  }
  return text.slice(at);
}

function unreadable(what: string): Failure {
  return new Failure("window", `Cannot read the response: ${what}`, {
    hint: "See the response with deno task probe",
  });
}
