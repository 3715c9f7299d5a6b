// Owns a view that fills the terminal and is redrawn in place. It uses the alternate screen, so that the previous
// content of the terminal is restored afterwards. Invariant: a view never scrolls, whatever its length.
import { clipLine, type Line, paint } from "./paint.ts";
import { sizeOf } from "./size.ts";

const [ENTER, LEAVE] = ["\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"];

/** What a view is drawn with. */
export interface FullScreenOptions {
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  /** Whether text is colored. */
  readonly colors: boolean;
  /** Makes text safe. */
  readonly safe: (text: string) => string;
}

/** A view that fills the terminal. */
export class FullScreen implements Disposable {
  readonly #options: FullScreenOptions;
  #isEntered = false;

  /** Enters the alternate screen. */
  constructor(options: FullScreenOptions) {
    this.#options = options;
    this.enter();
  }

  /** Takes the terminal again after a shell has used it, as after Ctrl+Z. */
  enter(): void {
    this.#isEntered = true;
    this.#options.write(ENTER);
  }

  /** Replaces what is shown; lines that do not fit are cut. */
  draw(lines: readonly Line[]): void {
    const { write, colors, safe } = this.#options;
    const { columns, rows } = sizeOf();
    const shown = lines.slice(0, rows).map((line) => paint(clipLine(line, columns), colors, safe));
    write(`\x1b[H${shown.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }

  /** Restores the screen as it was before; further calls change nothing. */
  leave(): void {
    if (this.#isEntered) this.#options.write(LEAVE);
    this.#isEntered = false;
  }

  /** Restores the screen as it was before. */
  [Symbol.dispose](): void {
    this.leave();
  }
}
