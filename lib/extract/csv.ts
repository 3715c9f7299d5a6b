// Owns the decoding of CSV with a header line into records, over npm:papaparse (no dependencies, as fast
// as a parser of one's own, needs no permission). A line with more or fewer cells than the header stays
// a list of cells, which is no record: it is rejected with its text instead of shifting its values.
import Papa from "papaparse";
import { Failure } from "../report/failure.ts";
import { recordOf } from "./named_record.ts";

/** What papaparse gives, as far as it is used. */
interface Parsed {
  readonly data: string[][];
  readonly errors: { readonly code: string; readonly row?: number }[];
}

/**
 * The records of a CSV text, by the names of its first line.
 *
 * @throws {Failure} of kind `window` where the text has no header or ends within quotes.
 */
export function decodeCsv(text: string, delimiter: string): unknown[] {
  const { data, errors } = Papa.parse(text, { delimiter, skipEmptyLines: true }) as Parsed;
  const [header, ...lines] = data;
  if (header === undefined) throw unreadable("it is empty, expected CSV with a header line");
  if (errors.some(({ code }) => code === "MissingQuotes")) {
    throw unreadable("it ends within a quoted cell");
  }
  const names = header.map((name) => name.trim());
  const bad = new Set(errors.map(({ row }) => row));
  return lines.map((cells, at) =>
    cells.length === names.length && !bad.has(at + 1) ? recordOf(names, cells) : cells
  );
}

function unreadable(what: string): Failure {
  return new Failure("window", `Cannot read the answer: ${what}`, {
    hint: "deno task probe shows the answer",
  });
}
