// Fits a table into a width: first by leaving out columns that matter least, then by cutting its longest texts. Pure.
// Invariant: numbers are never cut.
import { formatTable } from "../../report/text/format.ts";
import { cellsOf } from "../terminal/paint.ts";
import { clipNames } from "./clip_names.ts";

/** Cells below which no text is cut. */
const LEAST_CELLS = 12;

/** Where a table is shown. */
export interface TableRoom {
  /** Width in cells; undefined where lines may have any length. */
  readonly width?: number | undefined;
  /** Cells before each line. */
  readonly indent?: number;
  /** Headers of the columns that are left out, the first one first. */
  readonly drop?: readonly string[];
}

/** Rows of cells as aligned columns; the first row names them. */
export function fitTable(
  rows: readonly (readonly string[])[],
  { width = Infinity, indent = 0, drop = [] }: TableRoom,
): string[] {
  const before = " ".repeat(indent);
  const fits = (lines: readonly string[]) => lines.every((line) => line.length <= width);
  let shown = rows;
  for (const header of [undefined, ...drop]) {
    const at = rows[0]!.length < 2 || header === undefined ? -1 : shown[0]!.indexOf(header);
    if (at >= 0) shown = shown.map((row) => row.filter((_, column) => column !== at));
    const lines = formatTable(shown, before);
    if (fits(lines)) return lines;
  }
  return formatTable(cutTexts(shown, width - indent), before);
}

/** The rows with their longest texts cut, so that lines are no wider than `width` where that is possible. */
function cutTexts(rows: readonly (readonly string[])[], width: number): string[][] {
  const columns = rows[0]!.map((_, at) => rows.map((row) => row[at] ?? ""));
  const widths = columns.map((cells) => Math.max(...cells.map(cellsOf)));
  const texts = columns.flatMap((cells, at) => cells.slice(1).every(isNumber) ? [] : [at]);
  const total = () => widths.reduce((sum, cells) => sum + cells + 2, -2);
  while (total() > width) {
    const widest = Math.max(LEAST_CELLS, ...texts.map((at) => widths[at]!));
    const column = texts.find((at) => widths[at] === widest);
    if (widest === LEAST_CELLS || column === undefined) break;
    widths[column]!--;
  }
  const cut = columns.map((cells, at) => clipNames(cells, widths[at]!));
  return rows.map((_, row) => cut.map((cells) => cells[row]!));
}

function isNumber(cell: string): boolean {
  return /^[~\d,.-]*$/.test(cell);
}
