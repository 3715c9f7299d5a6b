// Formats the rows of a query: an aligned table for a terminal, CSV for programs. Values come from the
// database, so control characters are removed from tables. Pure.
import { oneLine } from "../../report/text/format.ts";
import { cellsOf, clip } from "../terminal/paint.ts";

/** A format of rows for programs. */
export type RowFormat = "csv" | "json" | "ndjson";

/** Values of one row as PostgreSQL writes them. */
export type TextRow = readonly (string | null)[];

/** Longest cell of a table, in characters; CSV and JSON contain every value in full. */
const MAX_CELL = 60;

/** The same where a table would not fit otherwise. */
const LEAST_CELL = 28;

/**
 * The lines of a table: names, a rule, the rows; columns of numbers are aligned to the right. A table that does not
 * fit into `width` cells has a line per value instead.
 */
export function tableLines(
  columns: readonly string[],
  rows: readonly TextRow[],
  width = Infinity,
): string[] {
  const fits = (lines: readonly string[]) => lines.every((line) => cellsOf(line) <= width);
  for (const most of [MAX_CELL, 40, LEAST_CELL]) {
    const lines = alignedLines(columns, rows, most);
    if (fits(lines)) return lines;
  }
  return valueLines(columns, rows, width);
}

/** A line per value, for tables that are too wide. */
function valueLines(columns: readonly string[], rows: readonly TextRow[], width: number): string[] {
  const names = columns.map((name) => cell(name));
  const longest = Math.min(Math.max(...names.map(cellsOf)), Math.floor(width / 2));
  return rows.flatMap((row, number) => [
    `row ${number + 1}`,
    ...row.map((text, at) => {
      const head = `  ${clip(names[at]!, longest).padEnd(longest)}  `;
      return `${head}${clip(oneLine(text ?? ""), width - cellsOf(head))}`.trimEnd();
    }),
  ]);
}

function alignedLines(
  columns: readonly string[],
  rows: readonly TextRow[],
  most: number,
): string[] {
  const cells = rows.map((row) => row.map((text) => cell(text, most)));
  const names = columns.map((name) => cell(name));
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

function cell(text: string | null, most = MAX_CELL): string {
  if (text === null) return "";
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 3)}...`;
}
