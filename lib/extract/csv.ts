// Owns the decoding of CSV into records by the names of its header line, or into lists of cells where it
// has none, over npm:papaparse (no dependencies, as fast as a parser of one's own, needs no permission).
// A line with more or fewer cells than the header stays a list of cells, which is no record: it is
// rejected with its text instead of shifting its values.
import Papa from "papaparse";
import { Failure } from "../report/failure.ts";
import { recordOf } from "./named_record.ts";

/** What papaparse gives, as far as it is used. */
interface Parsed {
  readonly data: string[][];
  readonly errors: { readonly code: string; readonly row?: number }[];
}

/** How a CSV text is written. */
export interface CsvForm {
  /** Whether its first line names the cells. */
  readonly header: boolean;
  /** Lines at the beginning that are neither header nor records. */
  readonly skip?: number | undefined;
  /** What begins lines that are no records. */
  readonly comment?: string | undefined;
  /** Whether a text without any line is no mistake. */
  readonly mayBeEmpty?: boolean;
}

/**
 * The records of a CSV text, by the names of its first line, or its lines as lists of cells.
 *
 * @throws {Failure} of kind `window` where the text has no header or ends within quotes.
 */
export function decodeCsv(
  text: string,
  delimiter: string,
  form: CsvForm = { header: true },
): unknown[] {
  const comments = form.comment ?? false;
  const behind = withoutLines(text, form.skip ?? 0);
  const parsed = Papa.parse(behind, { delimiter, comments, skipEmptyLines: true });
  const { data, errors } = parsed as Parsed;
  if (errors.some(({ code }) => code === "MissingQuotes")) {
    throw unreadable("it ends within a quoted cell");
  }
  if (!form.header || data.length === 0 && form.mayBeEmpty === true) return data;
  const [header, ...lines] = data;
  if (header === undefined) throw unreadable("it is empty, expected CSV with a header line");
  const names = header.map((name) => name.trim());
  const bad = new Set(errors.map(({ row }) => row));
  return lines.map((cells, at) =>
    cells.length === names.length && !bad.has(at + 1) ? recordOf(names, cells) : cells
  );
}

/** The text behind its first lines, whatever quotes are in them. */
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
  return new Failure("window", `Cannot read the answer: ${what}`, {
    hint: "deno task probe shows the answer",
  });
}
