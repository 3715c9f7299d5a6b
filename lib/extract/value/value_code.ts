// Owns the code that reads one value where most texts need not be cast: the test whether this is one of
// them, written out as an expression. Whatever fails the test goes to the value's `read`, which knows
// every case; so the code only ever makes things faster. Variables: found, match, part, code, clean.
import { MAX_CAPTURE_CHARS } from "./rewrite.ts";
import type { CapturedValue, ColumnReader, PlainValue } from "./value.ts";

/**
 * An expression for a value: `found` is the expression of what was found, `read` the name of the function that
 * reads anything, `expression` the name of the capture's regular expression.
 */
export function valueCode(
  found: string,
  read: string,
  { plain, capture }: { plain: ColumnReader["plain"]; capture: ColumnReader["capture"] },
  expression: string,
): string {
  if (plain !== undefined) {
    return `${plainTest(found, plain)} ? found : ${emptyTest(plain)}${read}(found)`;
  }
  if (capture === undefined) return `${read}(${found})`;
  const taken = `(part = ${captured(expression, capture)}) !== undefined`;
  return `${captureTest(found)} && ${taken} ? part : ${read}(found)`;
}

/** What the empty text becomes, the most frequent of the values that are not taken as they are. */
function emptyTest({ empty }: PlainValue): string {
  return empty === undefined ? "" : `found === "" ? ${JSON.stringify(empty)} : `;
}

/** A test of a found value that may be taken as it is. */
function plainTest(found: string, { test, maxChars, markerChars }: PlainValue): string {
  const tests = [
    `typeof (found = ${found}) === "string"`,
    `found.length > ${markerChars}`,
    ...maxChars === undefined ? [] : [`found.length <= ${maxChars}`],
    test === "text"
      ? `${bare("found")} && (clean || isStorable(found))`
      : test === "integer"
      ? "isPlainInteger(found)"
      : "isPlainDecimal(found)",
  ];
  return tests.join(" && ");
}

/** A test of a found value that a capture may be tried on as it is. */
function captureTest(found: string): string {
  const isShort = `found.length > 0 && found.length <= ${MAX_CAPTURE_CHARS}`;
  return `typeof (found = ${found}) === "string" && clean && ${isShort} && ${bare("found")}`;
}

/** What is captured, or undefined where `read` must look at it. */
function captured(expression: string, { group, none, markerChars }: CapturedValue): string {
  const isPlain = `(part = match[${group}]) !== undefined && part.length > ${markerChars}`;
  return `((match = ${expression}.exec(found)) === null ? ${JSON.stringify(none)} : ` +
    `${isPlain} && ${bare("part")} ? part : undefined)`;
}

/** isBare of fast_path.ts, written out: a call for every text would take a third of the time of all. */
function bare(text: string): string {
  const [first, last] = [`${text}.charCodeAt(0)`, `${text}.charCodeAt(${text}.length - 1)`];
  return `(code = ${first}) > 32 && code < 127 && (code = ${last}) > 32 && code < 127`;
}
