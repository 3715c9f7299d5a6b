// Owns the bounds within which a YAML file is read at all. The lexer of the yaml package is linear and
// does not recurse, so that a file made to exhaust a parser is refused before the parser sees it.
import { Lexer } from "yaml";
import { type Place, type SourceText } from "./problem.ts";

/** Longest file, in characters. */
export const LONGEST_FILE = 1 << 20;
/** Most tokens of a file; a job of 3,000 lines has about 30,000. */
export const MOST_TOKENS = 120_000;
/** Most nodes of a file, aliases counted as often as they are used. */
export const MOST_NODES = 50_000;
/** Deepest nesting of maps and lists. */
export const DEEPEST_NESTING = 64;

const LEXER_MARKS = new Set(["\u0002", "\u0018", "\u001f", "\ufeff"]);

const FOREIGN: Readonly<Record<string, string>> = {
  "\r": "a line ends with CR alone; save the file with LF or CRLF",
  "\ufffd": "a character here is not UTF-8; save the file as UTF-8",
};

/** The tokens of a file, for the parser; or why it is not read, and where. */
export function readTokens(source: SourceText): string[] | { place: Place; message: string } {
  const at = (offset: number, message: string) => ({
    place: { source, offset: Math.max(0, offset), length: 1 },
    message,
  });
  if (source.text.length > LONGEST_FILE) {
    return at(0, `the file has more than ${LONGEST_FILE} characters`);
  }
  // What is no UTF-8 was decoded as U+FFFD; it is looked for first, as UTF-16 is full of zeros.
  const foreign = source.text.search(/\ufffd|\r(?!\n)/);
  if (foreign >= 0) return at(foreign, FOREIGN[source.text[foreign]!]!);
  // deno-lint-ignore no-control-regex
  const control = source.text.search(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<=.)\ufeff/);
  if (control >= 0) return at(control, "the file holds a control character");
  const deep = deepLine(source);
  const tooDeep = `maps and lists are nested more than ${DEEPEST_NESTING} deep`;
  return deep === undefined ? boundedTokens(source, at) : at(deep, tooDeep);
}

/** Where a line is indented within more lines than there may be levels. */
function deepLine({ text, lineStarts }: SourceText): number | undefined {
  const indents: number[] = [];
  for (const start of lineStarts) {
    let at = start;
    while (text[at] === " ") at++;
    if (at >= text.length || text[at] === "\n" || text[at] === "#") continue;
    while ((indents.at(-1) ?? -1) >= at - start) indents.pop();
    if (indents.push(at - start) > DEEPEST_NESTING + 1) return at;
  }
  return undefined;
}

function boundedTokens(
  source: SourceText,
  at: (offset: number, message: string) => { place: Place; message: string },
) {
  const tokens: string[] = [];
  let [offset, flowDepth, dashes] = [0, 0, 0];
  for (const token of new Lexer().lex(source.text)) {
    if (tokens.push(token) > MOST_TOKENS) {
      return at(offset, `the file has more than ${MOST_TOKENS} tokens`);
    }
    if (token === "[" || token === "{") flowDepth++;
    else if (token === "]" || token === "}") flowDepth--;
    else if (flowDepth === 0 && /^[-?:]$/.test(token)) dashes++;
    else if (/[\r\n]/.test(token)) dashes = 0;
    if (flowDepth > DEEPEST_NESTING || dashes > 2 * DEEPEST_NESTING) {
      return at(offset, `maps and lists are nested more than ${DEEPEST_NESTING} deep`);
    }
    // The lexer's own marks (of a document, of a scalar) are no characters of the file.
    if (!LEXER_MARKS.has(token)) offset += token.length;
  }
  return tokens;
}
