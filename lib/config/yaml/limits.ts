// Owns the size limits of a YAML file. The lexer of the yaml package is linear and does not recurse, so a
// file built to exhaust the parser is refused before the parser sees it.
import { Lexer } from "yaml";
import { type Place, type SourceText } from "./problem.ts";

/** Maximum size of a file, in characters. */
export const LONGEST_FILE = 1 << 20;
/** Maximum number of tokens in a file; a job of 3,000 lines has about 30,000. */
const MOST_TOKENS = 120_000;
/** Maximum number of nodes in a file, with aliases expanded. */
export const MOST_NODES = 50_000;
/** Maximum nesting depth of mappings and lists. */
export const DEEPEST_NESTING = 64;

const LEXER_MARKS = new Set(["\u0002", "\u0018", "\u001f", "\ufeff"]);

const FOREIGN: Readonly<Record<string, string>> = {
  "\r": "a line ends with a lone CR; save the file with LF or CRLF line endings",
  "\ufffd": "this is not valid UTF-8; save the file as UTF-8",
};

/** The tokens of a file, for the parser; or why the file is refused, and where. */
export function readTokens(source: SourceText): string[] | { place: Place; message: string } {
  const at = (offset: number, message: string) => ({
    place: { source, offset: Math.max(0, offset), length: 1 },
    message,
  });
  if (source.text.length > LONGEST_FILE) {
    return at(0, `the file has more than ${LONGEST_FILE} characters`);
  }
  // Invalid UTF-8 is decoded as U+FFFD. This test comes first because UTF-16 is full of NUL characters.
  const foreign = source.text.search(/\ufffd|\r(?!\n)/);
  if (foreign >= 0) return at(foreign, FOREIGN[source.text[foreign]!]!);
  // deno-lint-ignore no-control-regex
  const control = source.text.search(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<=.)\ufeff/);
  if (control >= 0) return at(control, "the file contains a control character");
  const deep = deepLine(source);
  const tooDeep = `mappings and lists are nested more than ${DEEPEST_NESTING} deep`;
  return deep === undefined ? boundedTokens(source, at) : at(deep, tooDeep);
}

/** The offset of a line that is nested too deep by its indentation. */
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
      return at(offset, `mappings and lists are nested more than ${DEEPEST_NESTING} deep`);
    }
    // The lexer's own markers (of a document, of a scalar) are not characters of the file.
    if (!LEXER_MARKS.has(token)) offset += token.length;
  }
  return tokens;
}
