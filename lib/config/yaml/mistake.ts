// Owns what is said of a file that the YAML parser refuses: the parser's words, which are those of a grammar,
// become a sentence for people, at the place where the mistake was made. Pure. Invariant: of errors that
// follow from one mistake only the first is told, as the rest would send somebody to lines that are right.
import type { Finding, SourceText } from "./problem.ts";

/** An error of the parser, as the yaml package has it. */
export interface ParserError {
  /** The kind of error, such as `BAD_INDENT`. */
  readonly code: string;
  /** Where it begins and ends, in characters. */
  readonly pos: readonly [from: number, to: number];
  /** What the parser says. */
  readonly message: string;
}

/** Errors after which the parser reads on as if nothing had been. */
const HARMLESS = new Set(["BAD_ALIAS", "BAD_DQ_ESCAPE", "BAD_SCALAR_START", "MULTIPLE_DOCS"]);

/** Whether a tree can be made of a document in spite of its errors. */
export function isReadable(errors: readonly ParserError[]): boolean {
  return errors.every(({ code }) => HARMLESS.has(code));
}

/** The mistakes behind the errors of one document. */
export function yamlMistakes(source: SourceText, errors: readonly ParserError[]): Finding[] {
  const inOrder = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = inOrder.findIndex(({ code }) => !HARMLESS.has(code));
  const told = first < 0 ? inOrder : inOrder.slice(0, first + 1);
  const tabs = inOrder.filter(({ code }) => code === "TAB_AS_INDENT");
  const roots = inOrder[first]?.code === "TAB_AS_INDENT" ? tabs : told;
  return roots.map((error) => {
    const inFlow = errors.some(({ code, pos }) =>
      code === "BLOCK_IN_FLOW" && pos[0] === error.pos[0]
    );
    const { offset, length, message } = mistake(source, error, inFlow);
    return { place: { source, offset, length }, message: `cannot read the YAML: ${message}` };
  });
}

interface Mistake {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
}

type At = Omit<Mistake, "message">;

/** What was done wrong, and where. */
function mistake({ text }: SourceText, error: ParserError, inFlow: boolean): Mistake {
  const { code, pos: [offset, end], message } = error;
  const at = { offset, length: Math.max(1, end - offset) };
  const closing = /end with a ([\]}])/.exec(message)?.[1];
  if (closing !== undefined) return unclosed(text, at, closing);
  switch (code) {
    case "TAB_AS_INDENT":
      return { ...at, message: "a tab indents this line; indent with blanks" };
    case "BAD_INDENT":
      return { ...onText(text, offset), message: UNLIKE };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      if (/block sequence/.test(message)) return { ...onText(text, offset), message: UNLIKE };
      return keyMistake(text, at, inFlow);
    case "MISSING_CHAR":
      return missing(text, at, message);
    case "UNEXPECTED_TOKEN":
      return { ...at, message: `"${text[offset] ?? ""}" cannot stand here; ${NEEDS_QUOTES}` };
    case "BAD_SCALAR_START":
      return { ...at, message: `a text that begins with ${text[offset]} needs quotes` };
    default:
      return { ...at, message: lowerFirst(message.split("\n")[0] ?? "") };
  }
}

const UNLIKE = "this line is indented unlike those it belongs to";
const NEEDS_QUOTES = `a text with [ ] { } , " or ' in it needs quotes`;
const NO_KEY = 'expected "key: value"';

/** A line without a colon where a key should be, a second colon, or a line that is too deep. */
function keyMistake(text: string, at: At, inFlow: boolean): Mistake {
  const [line = "", next = ""] = text.slice(at.offset).split(/\r?\n/, 2);
  if (inFlow) return { ...at, length: line.length, message: "a comma is missing after this" };
  const [, key] = /^([\w-]+):(?!\s|\/\/)/.exec(line) ?? [];
  if (key !== undefined) return { ...at, message: `a blank is missing after "${key}:"` };
  if (/:(\s|$)/.test(line)) {
    return { ...at, length: line.length, message: 'a text with ": " in it needs quotes' };
  }
  const below = onText(text, text.indexOf("\n", at.offset) + 1);
  if (!/:(\s|$)/.test(next) || indentAt(text, below.offset) <= indentAt(text, at.offset)) {
    return { ...at, message: NO_KEY };
  }
  const message = "this line is indented deeper than the one above, which has a value already";
  return { ...below, message };
}

/** A bracket that is not closed; told where it opens. */
function unclosed(text: string, at: At, closing: string): Mistake {
  const open = openedAt(text.slice(0, at.offset), closing) ?? at.offset;
  return { offset: open, length: 1, message: `the "${text[open]}" here has no "${closing}"` };
}

/** A quote that is not closed, told where it opens; or a key that nothing follows. */
function missing(text: string, at: At, message: string): Mistake {
  const [, quote] = /closing (["'])/.exec(message) ?? [];
  if (quote === undefined) return { ...at, message: NO_KEY };
  const open = Math.max(0, text.lastIndexOf(quote, at.offset - 1));
  return {
    offset: open,
    length: 1,
    message: `the text that begins here has no ${quote} at its end`,
  };
}

/** Where the last bracket stands that is open at the end of a text. */
function openedAt(text: string, closing: string): number | undefined {
  const opening = closing === "}" ? "{" : "[";
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === closing) depth++;
    else if (text[at] === opening && depth-- === 0) return at;
  }
  return undefined;
}

/** The text of the line that holds a position, without its indentation. */
function onText(text: string, offset: number): At {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const [line = ""] = text.slice(start).split(/\r?\n/, 1);
  const indent = indentAt(text, offset);
  return { offset: start + indent, length: Math.max(1, line.length - indent) };
}

/** Blanks at the beginning of the line that holds a position. */
function indentAt(text: string, offset: number): number {
  let at = text.lastIndexOf("\n", offset - 1) + 1;
  const start = at;
  while (text[at] === " ") at++;
  return at - start;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
