// Owns the lines at the bottom of a terminal that are redrawn in place. It knows nothing of what they say.
// Invariant: what it erases is what it has drawn, also after a resize and after Ctrl+C has printed "^C".
import { cellsOf, clipLine, type Line, paint, textOf } from "./paint.ts";

/** What a live area is drawn with. */
export interface AreaOptions {
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  /** Columns of the terminal now. */
  readonly columns: () => number;
  /** Whether text is colored. */
  readonly colors: boolean;
  /** Whether the terminal wraps long lines anew when it is resized. */
  readonly reflows: boolean;
  /** Makes text safe. */
  readonly safe: (text: string) => string;
}

/** Clears to the end of the line, and to the end of the screen. */
const [CLEAR_LINE, CLEAR_BELOW] = ["\x1b[K", "\x1b[J"];

/** Lines that are redrawn in place. */
export class LiveArea {
  readonly #options: AreaOptions;
  /** Cells of the lines that are on the terminal. */
  #drawn: number[] = [];
  #columns = 0;

  /** Nothing is drawn yet. */
  constructor(options: AreaOptions) {
    this.#options = options;
  }

  /** Replaces what was drawn with these lines; `above` is printed before them and stays. */
  draw(given: readonly Line[], above = ""): void {
    const { write, columns, colors, safe } = this.#options;
    const now = columns();
    // A line that wraps would take two rows; some terminals wrap as soon as the last column is used.
    const lines = given.map((line) => clipLine(line, now - 1));
    // Overwriting line by line does not flicker; where lines may have been wrapped, all is cleared first.
    const isSame = now === this.#columns && above === "";
    const start = this.#start(now) + (isSame ? "" : CLEAR_BELOW);
    const text = lines.map((line) => `${paint(line, colors, safe)}${CLEAR_LINE}\n`).join("");
    write(start + above + text + CLEAR_BELOW);
    this.#drawn = lines.map((line) => cellsOf(safe(textOf(line))));
    this.#columns = now;
  }

  /** Leaves the lines where they are; what is printed next follows them. */
  leave(): void {
    this.#drawn = [];
  }

  /** Moves to the first line that was drawn. */
  #start(columns: number): string {
    if (this.#drawn.length === 0) return "\r";
    const isWrapped = this.#options.reflows && columns < this.#columns;
    const rows = isWrapped
      ? this.#drawn.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / columns)), 0)
      : this.#drawn.length;
    return `\r\x1b[${rows}A`;
  }
}
