// Owns the lines at the bottom of a terminal that are redrawn in place. It does not know their content.
// Invariant: it erases exactly what it has drawn, even after a resize or after keys that the terminal echoes: "^C",
// text, Enter. It never reads the terminal or changes its mode, because both stop a process in the background.
// While a terminal is being resized, its real width is unknown (tmux reports it a quarter of a second late):
// nothing is written then.
import { cellsOf, clipLine, type Line, paint, textOf } from "./paint.ts";

/** What a live area is drawn with. */
export interface AreaOptions {
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  /** Columns of the terminal now. */
  readonly columns: () => number;
  /** Rows of the terminal now; 0 where a resize would go unnoticed: positions on the screen are not trusted then. */
  readonly rows: () => number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Whether text is colored. */
  readonly colors: boolean;
  /** Whether the terminal wraps long lines again when it is resized. */
  readonly reflows: boolean;
  /** Makes text safe. */
  readonly safe: (text: string) => string;
}

/** The cursor is hidden only while lines are written: whatever ends or stops the process then leaves it visible. */
const [HIDE_CURSOR, SHOW_CURSOR] = ["\x1b[?25l", "\x1b[?25h"];
/** Clears to the end of the line, and to the end of the screen. */
const [CLEAR_LINE, CLEAR_BELOW] = ["\x1b[K", "\x1b[J"];

/** Saves the position of the cursor on the screen (DECSC), and returns to it (DECRC). */
const [SAVE, RESTORE] = ["\x1b7", "\x1b8"];

/**
 * Empty rows below the cursor: Enter moves it down by one of them, and the next drawing returns to where it was. At
 * the bottom of the screen Enter would scroll instead, and no position would tell by how much.
 */
export const SPARE_ROWS = 3;

/** Time after a change of the width from which on the reported one is the real one. */
const SETTLE_MS = 400;

/** Time without a drawing after which the process was probably stopped. */
const STOPPED_MS = 1000;

/** Lines that are redrawn in place. */
export class LiveArea {
  readonly #options: AreaOptions;
  /** Cells of the lines that are on the terminal. */
  #drawn: number[] = [];
  #columns = 0;
  /** Whether the position below the lines is saved and still that of these lines. */
  #isSaved = false;
  /** The width that was reported last. */
  #reported: number | undefined;
  #changedAtMs = -Infinity;
  #askedAtMs = Infinity;
  /** What is to be printed above once the width is known. */
  #held = "";

  /** Nothing is drawn yet. */
  constructor(options: AreaOptions) {
    this.#options = options;
  }

  /**
   * Replaces what was drawn with these lines; `above` is printed before them and stays. Both wait for the next call
   * while the terminal is being resized, unless this is the last one.
   */
  draw(given: readonly Line[], above = "", isLast = false): void {
    this.#held += above;
    if (this.#isResizing() && !isLast) return;
    this.#replace(given, this.#held, isLast);
    this.#held = "";
  }

  /** Notes that the terminal is being resized, which the width does not show where it has been the same before. */
  resized(): void {
    this.#isSaved = false;
    this.#changedAtMs = this.#options.now();
  }

  #isResizing(): boolean {
    const width = this.#options.columns();
    // A process that continues after Ctrl+Z receives the signal shortly afterwards.
    if (this.#options.now() - this.#askedAtMs > STOPPED_MS) this.resized();
    this.#askedAtMs = this.#options.now();
    if (this.#reported !== undefined && width !== this.#reported) this.resized();
    this.#reported = width;
    return this.#options.now() - this.#changedAtMs < SETTLE_MS;
  }

  #replace(given: readonly Line[], above: string, isLast: boolean): void {
    const { write, columns, rows, colors, safe } = this.#options;
    const now = columns();
    // A line that wraps would take two rows; some terminals wrap as soon as the last column is used.
    const lines = given.map((line) => clipLine(line, now - 1));
    // Overwriting line by line does not flicker; where lines may have been wrapped, all is cleared first.
    const isSame = now === this.#columns && above === "";
    const start = this.#start(now) + (isSame ? "" : CLEAR_BELOW);
    const text = lines.map((line) => `${paint(line, colors, safe)}${CLEAR_LINE}\n`).join("");
    const spare = Math.min(SPARE_ROWS, rows() - lines.length - 1);
    this.#isSaved = !isLast && lines.length > 0 && spare > 0;
    const end = this.#isSaved ? `${"\n".repeat(spare)}\x1b[${spare}A${SAVE}` : "";
    write(HIDE_CURSOR + start + above + text + CLEAR_BELOW + end + SHOW_CURSOR);
    this.#drawn = lines.map((line) => cellsOf(safe(textOf(line))));
    this.#columns = now;
  }

  /** Leaves the lines where they are, as a shell does that has stopped the process; what is printed next follows them. */
  leave(): void {
    this.#isSaved = false;
    this.#drawn = [];
  }

  /** Moves to the first line that was drawn. */
  #start(columns: number): string {
    if (this.#drawn.length === 0) return "\r";
    const isWrapped = this.#options.reflows && columns < this.#columns;
    const rows = isWrapped
      ? this.#drawn.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / columns)), 0)
      : this.#drawn.length;
    return `${this.#isSaved ? RESTORE : ""}\r\x1b[${rows}A`;
  }
}
