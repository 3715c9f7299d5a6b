// Translates errors of the YAML parser, which describe its grammar, into messages that name the mistake and its place.
// Pure. Invariant: of several errors with one cause only the first is reported, because the others point at lines that
// are correct.
import type { Finding, SourceText } from "./problem.ts";

/** An error of the YAML parser. */
export interface ParserError {
  /** The kind of error, such as `BAD_INDENT`. */
  readonly code: string;
  /** Its start and end, in characters. */
  readonly pos: readonly [from: number, to: number];
  /** The message of the parser. */
  readonly message: string;
}

/** Errors from which the parser recovers completely. */
const HARMLESS = new Set(["BAD_ALIAS", "BAD_DQ_ESCAPE", "BAD_SCALAR_START", "MULTIPLE_DOCS"]);

/** Whether a document can be turned into a tree despite its errors. */
export function isReadable(errors: readonly ParserError[]): boolean {
  return errors.every(({ code }) => HARMLESS.has(code));
}

/** The mistakes behind the errors of one document. */
export function yamlMistakes(source: SourceText, errors: readonly ParserError[]): Finding[] {
  const inOrder = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = inOrder.findIndex(({ code }) => !HARMLESS.has(code));
  const reported = first < 0 ? inOrder : inOrder.slice(0, first + 1);
  const tabs = inOrder.filter(({ code }) => code === "TAB_AS_INDENT");
  const roots = inOrder[first]?.code === "TAB_AS_INDENT" ? tabs : reported;
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

/** The mistake behind an error, and its place. */
function mistake({ text }: SourceText, error: ParserError, inFlow: boolean): Mistake {
  const { code, pos: [offset, end], message } = error;
  const at = { offset, length: Math.max(1, end - offset) };
  const closing = /end with a ([\]}])/.exec(message)?.[1];
  if (closing !== undefined) return unclosed(text, at, closing);
  switch (code) {
    case "TAB_AS_INDENT":
      return { ...at, message: "this line is indented with a tab; use spaces" };
    case "BAD_INDENT":
      return { ...onText(text, offset), message: UNLIKE };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      if (/block sequence/.test(message)) return { ...onText(text, offset), message: UNLIKE };
      return keyMistake(text, at, inFlow);
    case "MISSING_CHAR":
      return missing(text, at, message);
    case "UNEXPECTED_TOKEN":
      return { ...at, message: `"${text[offset] ?? ""}" is not allowed here; ${NEEDS_QUOTES}` };
    case "BAD_SCALAR_START":
      return { ...at, message: `a string that begins with ${text[offset]} needs quotes` };
    default:
      return { ...at, message: lowerFirst(message.split("\n")[0] ?? "") };
  }
}

const UNLIKE = "the indentation of this line does not match the lines around it";
const NEEDS_QUOTES = `a string that contains [ ] { } , " or ' needs quotes`;
const NO_KEY = 'expected "key: value"';

/** A key without a colon, a second colon, or a line that is indented too deep. */
function keyMistake(text: string, at: At, inFlow: boolean): Mistake {
  const [line = "", next = ""] = text.slice(at.offset).split(/\r?\n/, 2);
  if (inFlow) return { ...at, length: line.length, message: "a comma is missing after this" };
  const [, key] = /^([\w-]+):(?!\s|\/\/)/.exec(line) ?? [];
  if (key !== undefined) return { ...at, message: `a space is missing after "${key}:"` };
  if (/:(\s|$)/.test(line)) {
    return { ...at, length: line.length, message: 'a string that contains ": " needs quotes' };
  }
  const below = onText(text, text.indexOf("\n", at.offset) + 1);
  if (!/:(\s|$)/.test(next) || indentAt(text, below.offset) <= indentAt(text, at.offset)) {
    return { ...at, message: NO_KEY };
  }
  const message = "this line is indented deeper than the line above, which already has a value";
  return { ...below, message };
}

/** A bracket that is not closed; reported where it opens. */
function unclosed(text: string, at: At, closing: string): Mistake {
  const open = openedAt(text.slice(0, at.offset), closing) ?? at.offset;
  return { offset: open, length: 1, message: `this "${text[open]}" has no closing "${closing}"` };
}

/** A quote that is not closed, reported where it opens; or a key without a colon. */
function missing(text: string, at: At, message: string): Mistake {
  const [, quote] = /closing (["'])/.exec(message) ?? [];
  if (quote === undefined) return { ...at, message: NO_KEY };
  const open = Math.max(0, text.lastIndexOf(quote, at.offset - 1));
  return {
    offset: open,
    length: 1,
    message: `the string that begins here has no closing ${quote}`,
  };
}

/** The position of the last bracket that is open at the end of a text. */
function openedAt(text: string, closing: string): number | undefined {
  const opening = closing === "}" ? "{" : "[";
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === closing) depth++;
    else if (text[at] === opening && depth-- === 0) return at;
  }
  return undefined;
}

/** The line at a position, without its indentation. */
function onText(text: string, offset: number): At {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const [line = ""] = text.slice(start).split(/\r?\n/, 1);
  const indent = indentAt(text, offset);
  return { offset: start + indent, length: Math.max(1, line.length - indent) };
}

/** Spaces at the beginning of the line at a position. */
function indentAt(text: string, offset: number): number {
  let at = text.lastIndexOf("\n", offset - 1) + 1;
  const start = at;
  while (text[at] === " ") at++;
  return at - start;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
