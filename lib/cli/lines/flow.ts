// Lays pieces of text out on as many lines as they take. Pure. Invariant: no line is wider than the terminal.
import { cellsOf, clipLine, type Line, type Piece } from "../terminal/paint.ts";

/** Between two pieces of a line. */
export const GAP = "  ";

/** Puts pieces side by side while they fit into `columns`; a piece that is wider than that is truncated. */
export function flow(pieces: readonly Piece[], columns: number): Line[] {
  const lines: Piece[][] = [];
  let used = Infinity;
  for (const piece of pieces) {
    const cells = cellsOf(piece.text) + GAP.length;
    if (used + cells > columns) {
      lines.push(lines.length === 0 ? [] : [{ text: " ".repeat(4) }]);
      used = lines.length === 1 ? 0 : 4;
    }
    const line = lines.at(-1)!;
    if (line.length > 0) line.push({ text: GAP });
    line.push(piece);
    used += cells;
  }
  return lines.map((line) => clipLine(line, columns));
}
