// Decodes CSV into records by the names of its header line, or into lists of cells where it has none, over
// the parser of npm:papaparse (no dependencies, as fast as a custom parser, needs no permission). A line
// with more or fewer cells than the header stays a list of cells, which is not a record: it is rejected
// with its text instead of shifting its values. Text may come in pieces of any length.
import Papa from "papaparse";
import { Failure } from "../../failure.ts";
import { noteHeader } from "./csv_header.ts";
import { type RecordMaker, recordMaker } from "../value/named_record.ts";

/** Characters decoded without a yield: about 5 ms. */
const SLICE_CHARS = 256 * 1024;
/** Characters searched for the kind of line ending. */
const SAMPLE_CHARS = 64 * 1024;
/** Most characters of one line: a quote that is never closed would take the rest of a file. */
const MAX_LINE_CHARS = 16 << 20;

/** The parts of papaparse's result that are used. */
interface Parsed {
  readonly data: string[][];
  readonly errors: { readonly code: string; readonly row?: number }[];
  /** Position after the last line that is complete. */
  readonly meta: { readonly cursor: number };
}

/** The parser below papaparse's functions: it can leave the last line, which may be incomplete. */
type LineParser = new (config: Record<string, unknown>) => {
  parse(text: string, baseIndex: number, ignoresLastLine: boolean): Parsed;
};

/** The dialect of a CSV text. */
export interface CsvForm {
  /** Whether its first line names the columns. */
  readonly header: boolean;
  /** Lines to skip before the header or the first record. */
  readonly skip?: number | undefined;
  /** The prefix of comment lines. */
  readonly comment?: string | undefined;
  /** Whether an empty text is valid. */
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
  const reader = new CsvReader(delimiter, form, text.slice(0, SAMPLE_CHARS));
  const records: unknown[] = [];
  for (let at = 0; at < text.length; at += sliceChars) {
    for (const record of reader.push(text.slice(at, at + sliceChars))) records.push(record);
    yield;
  }
  for (const record of reader.end()) records.push(record);
  reader.noteHeader(records);
  return records;
}

/** Decodes CSV that comes in pieces. */
export class CsvReader {
  readonly #form: CsvForm;
  readonly #config: Record<string, unknown>;
  #names: string[] | undefined;
  #make: RecordMaker | undefined;
  /** Lines that are still to be skipped. */
  #toSkip: number;
  /** The beginning of a line whose end has not come yet. */
  #rest = "";
  /** Its length when it was last examined. */
  #seen = 0;

  /** Creates a reader; `sample` is the beginning of the text, which shows how its lines end. */
  constructor(delimiter: string, form: CsvForm, sample: string) {
    const comments = form.comment ?? false;
    const lines = withoutLines(sample, form.skip ?? 0).text;
    const { linebreak } = Papa.parse(lines, { delimiter, comments, preview: 1 }).meta;
    this.#form = form;
    this.#config = { delimiter, comments, newline: linebreak };
    this.#toSkip = form.skip ?? 0;
  }

  /** The records of the lines that end within this piece and those before. */
  push(text: string): unknown[] {
    const all = this.#rest + text;
    // A long line is examined again only after its length has doubled.
    if (all.length < 2 * this.#seen) {
      this.#rest = all;
      return [];
    }
    const records = this.#read(all, true);
    this.#seen = this.#rest.length;
    return records;
  }

  /**
   * The records of the last line.
   *
   * @throws {Failure} of kind `window` where the text has no header or ends within quotes.
   */
  end(): unknown[] {
    const records = this.#read(this.#rest, false);
    if (this.#form.header && this.#names === undefined && this.#form.mayBeEmpty !== true) {
      throw unreadable("it is empty, expected CSV with a header line");
    }
    return records;
  }

  /** Remembers the header that records were decoded with. */
  noteHeader(records: readonly unknown[]): void {
    if (this.#names !== undefined) noteHeader(records, this.#names);
  }

  #read(given: string, mayGoOn: boolean): unknown[] {
    this.#rest = "";
    const text = this.#skipped(given);
    if (text === "") return [];
    const parser = new (Papa as unknown as { Parser: LineParser }).Parser(this.#config);
    const { data, errors, meta } = parser.parse(text, 0, mayGoOn);
    this.#rest = mayGoOn ? text.slice(meta.cursor) : "";
    if (this.#rest.length > MAX_LINE_CHARS) {
      throw unreadable(
        `a line is longer than ${MAX_LINE_CHARS >> 20} MB; a quote may be unclosed`,
      );
    }
    if (!mayGoOn && errors.some(({ code }) => code === "MissingQuotes")) {
      throw unreadable("it ends within a quoted cell");
    }
    const bad = new Set(errors.map(({ row }) => row));
    const records: unknown[] = [];
    for (const [at, cells] of data.entries()) {
      if (cells.length === 1 && cells[0] === "") continue;
      if (this.#form.header && this.#names === undefined) {
        this.#names = cells.map((name) => name.trim());
        this.#make = recordMaker(this.#names);
        continue;
      }
      const isRecord = !bad.has(at) && cells.length === this.#names?.length;
      records.push(isRecord ? this.#make!(cells) : cells);
    }
    return records;
  }

  /** The text after the lines to skip; empty until they have ended. */
  #skipped(given: string): string {
    const { text, left } = withoutLines(given, this.#toSkip);
    this.#toSkip = left;
    if (left === 0) return text;
    this.#rest = text;
    return "";
  }
}

/** The text after its first lines, in which quotes have no meaning, and how many of them have not ended. */
function withoutLines(text: string, lines: number): { text: string; left: number } {
  let at = 0;
  let left = lines;
  for (; left > 0; left--) {
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    at = end + 1;
  }
  return { text: text.slice(at), left };
}

function unreadable(what: string): Failure {
  return new Failure("window", `Cannot read the response: ${what}`, {
    hint: "See the response with deno task probe",
  });
}
