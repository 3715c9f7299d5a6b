// Lays out lines that are too long for a terminal: they break between cells and words, and continue below the
// text they belong to. Pure. Invariant: a command stays on one line of the output, because it is there to be
// pasted; so does a word that is wider than the terminal, such as a URL: the terminal itself wraps both.
import { cellsOf } from "./paint.ts";

/** Share of the width within which continued text may be indented, and the usual indentation. */
const [INDENT_SHARE, INDENT] = [0.4, 4];

/** A label, such as `hint: `, or cells that are two or more spaces apart. */
const LABEL = /^(\s*[a-z]+: )(?=\S)/;

/** A command with its arguments, a number with its unit, or a word. */
const WORD = /(deno task|npx hindcast) [^,;]*[^,;\s][,;]?|\d[\d.,]* \S+|\S+/g;

/** A part of a line, and the column at which it begins. */
interface Cell {
  readonly text: string;
  readonly at: number;
}

/** Lines of a job file that an error quotes: a number, a bar, and signs below what is wrong. */
const QUOTED = /^ *\d* \| /;

/** A text of several lines, none of which the terminal has to wrap within a word. */
export function wrapText(text: string, columns: number): string {
  return text.split("\n")
    .flatMap((line) => QUOTED.test(line) ? [line] : wrapLine(line, columns)).join("\n");
}

/** One line as the lines that it takes. */
export function wrapLine(line: string, columns: number): string[] {
  if (cellsOf(line) <= columns) return [line];
  const cells = cellsIn(line);
  const page = new Page(cells[0]?.at ?? 0, indentOf(cells, columns), columns);
  for (const { text, at } of cells) {
    const gap = page.isFirstLine ? at - page.cells : 2;
    // A cell that fits on a separate line is not divided.
    const words = page.fits(text) ? [text] : [...text.matchAll(WORD)].map(([word]) => word);
    for (const [number, word] of words.entries()) page.put(word, number === 0 ? gap : 1);
  }
  return page.lines;
}

/** Lines that are filled from left to right. */
class Page {
  readonly lines: string[];
  readonly #indent: number;
  readonly #columns: number;

  constructor(first: number, indent: number, columns: number) {
    this.lines = [" ".repeat(first)];
    this.#indent = indent;
    this.#columns = columns;
  }

  get isFirstLine(): boolean {
    return this.lines.length === 1;
  }

  /** Cells of the last line. */
  get cells(): number {
    return cellsOf(this.lines.at(-1)!);
  }

  /** Whether a text fits on a separate line. */
  fits(text: string): boolean {
    return this.#indent + cellsOf(text) <= this.#columns;
  }

  /** Adds a text after `gap` spaces, or on the next line; the terminal wraps what fits on neither. */
  put(text: string, gap: number): void {
    const last = this.lines.length - 1;
    // Where the terminal has wrapped the line, only its end counts.
    const used = this.cells > this.#columns ? this.cells % this.#columns : this.cells;
    // A command begins on a new line, a URL continues on the same line.
    const isBetterBelow = this.fits(text) || (text.includes(" ") && used + gap > this.#indent);
    if (used + gap + cellsOf(text) <= this.#columns || !isBetterBelow) {
      this.lines[last] += " ".repeat(Math.max(0, gap)) + text;
    } else this.lines.push(" ".repeat(this.#indent) + text);
  }
}

function cellsIn(line: string): Cell[] {
  const [, label = ""] = LABEL.exec(line) ?? [];
  const cells: Cell[] = label === ""
    ? []
    : [{ text: label.trim(), at: cellsOf(label) - cellsOf(label.trimStart()) }];
  for (const { 0: text, index } of line.slice(label.length).matchAll(/\S+(?: \S+)*/g)) {
    cells.push({ text, at: cellsOf(line.slice(0, label.length + index)) });
  }
  return cells;
}

/** The column of continued text: that of the last cell that begins far enough to the left. */
function indentOf(cells: readonly Cell[], columns: number): number {
  const first = cells[0]?.at ?? 0;
  const below = cells.slice(1).filter(({ at }) => at <= columns * INDENT_SHARE).at(-1)?.at;
  return below ?? Math.min(first + INDENT, Math.floor(columns * INDENT_SHARE));
}
