// Formats the rows of a query: an aligned table for a terminal, CSV for programs. Values come from the
// database, so control characters are removed from tables. Pure.
import { oneLine } from "../../report/text/format.ts";

/** A format of rows for programs. */
export type RowFormat = "csv" | "json" | "ndjson";

/** Values of one row as PostgreSQL writes them. */
export type TextRow = readonly (string | null)[];

/** Longest cell of a table, in characters; CSV and JSON hold every value whole. */
const MAX_CELL = 60;

/** The lines of a table: names, a rule, the rows; columns of numbers are aligned to the right. */
export function tableLines(columns: readonly string[], rows: readonly TextRow[]): string[] {
  const cells = rows.map((row) => row.map(cell));
  const names = columns.map(cell);
  const widths = names.map((name, at) =>
    Math.max(name.length, ...cells.map((row) => row[at]!.length))
  );
  const isNumeric = columns.map((_, at) =>
    rows.some((row) => row[at] !== null) &&
    rows.every((row) => row[at] === null || /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(row[at]!))
  );
  const line = (row: readonly string[]) =>
    row.map((text, at) => isNumeric[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!))
      .join("  ").trimEnd();
  return [line(names), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(line)];
}

/** One row as a line of CSV (RFC 4180): null is empty, an empty string is quoted. */
export function csvLine(values: TextRow): string {
  return values.map((text) => {
    if (text === null) return "";
    return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",");
}

function cell(text: string | null): string {
  if (text === null) return "";
  const line = oneLine(text);
  return line.length <= MAX_CELL ? line : `${line.slice(0, MAX_CELL - 3)}...`;
}
