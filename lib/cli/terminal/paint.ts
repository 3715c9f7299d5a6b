// Owns text with tones: the words of a line and their colors. Colors never carry a meaning that the words do not.
// Pure. Invariant: text is made safe before colors are added, so that nothing in it can color or move.

/** The meaning of a color. */
export type Tone = "strong" | "quiet" | "good" | "bad" | "wait" | "info";

/** Text in one tone; plain without. */
export interface Piece {
  /** What is shown; on one line. */
  readonly text: string;
  /** How it is colored. */
  readonly tone?: Tone | undefined;
}

/** Pieces side by side. */
export type Line = readonly Piece[];

/** Parameters of the sequence that selects a color (SGR). */
const CODES: Readonly<Record<Tone, number>> = {
  strong: 1,
  quiet: 2,
  bad: 31,
  good: 32,
  wait: 33,
  info: 36,
};

/** A line as it is written to the output; `safe` removes control characters. */
export function paint(line: Line, colors: boolean, safe: (text: string) => string): string {
  return line.map(({ text, tone }) => {
    const shown = safe(text);
    return !colors || tone === undefined || shown === ""
      ? shown
      : `\x1b[${CODES[tone]}m${shown}\x1b[0m`;
  }).join("");
}

/** The text of a line. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}

/** Characters that take two cells of a terminal: those of East Asian width W and F, emoji among them. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}/u;
/** Characters that take none; a Korean syllable may end with such characters. */
const NARROW = /(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;

/** Cells of a terminal that a text takes. */
export function cellsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += NARROW.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return cells;
}

/** Text of at most `cells` cells; what is cut is shown as `mark`. */
export function clip(text: string, cells: number, mark = "..."): string {
  if (cellsOf(text) <= cells) return text;
  if (cells <= mark.length) return mark.slice(0, Math.max(0, cells));
  let [kept, used] = ["", 0];
  for (const character of text) {
    used += cellsOf(character);
    if (used > cells - mark.length) break;
    kept += character;
  }
  return `${kept}${mark}`;
}

/** A line of at most `cells` cells. */
export function clipLine(line: Line, cells: number): Line {
  let left = cells;
  return line.flatMap((piece) => {
    if (left <= 0) return [];
    const text = clip(piece.text, left);
    left -= cellsOf(text);
    return [{ ...piece, text }];
  });
}
