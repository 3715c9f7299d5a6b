// Generates the code that reads one value on the fast path: an expression that tests whether a string
// needs no cast. A value that fails the test goes to the value's `read`, which handles every case; so the
// code affects only speed. Variables: found, match, part, code, clean.
import type { CapturedValue, ColumnReader, FastValue } from "./value.ts";

/**
 * The expression for a value: `found` is the expression of the found value, `read` the name of the general
 * reader, `expression` the name of the capture's regular expression.
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
  return `${captureTest(found, capture)} && ${taken} ? part : ${read}(found)`;
}

/** The value of the empty string, the most frequent one off the fast path. */
function emptyTest({ empty }: FastValue): string {
  return empty === undefined ? "" : `found === "" ? ${JSON.stringify(empty)} : `;
}

/** The test of a found value that needs no cast. */
function plainTest(found: string, { test, maxChars, markerChars }: FastValue): string {
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

/** The test of a found value that can be captured from as it is. */
function captureTest(found: string, { fastChars }: CapturedValue): string {
  const isShort = `found.length > 0 && found.length <= ${fastChars}`;
  return `typeof (found = ${found}) === "string" && clean && ${isShort} && ${bare("found")}`;
}

/** The captured part, or undefined where `read` must handle the value. */
function captured(expression: string, { group, fallback, markerChars }: CapturedValue): string {
  const isPlain = `(part = match[${group}]) !== undefined && part.length > ${markerChars}`;
  return `((match = ${expression}.exec(found)) === null ? ${JSON.stringify(fallback)} : ` +
    `${isPlain} && ${bare("part")} ? part : undefined)`;
}

/** isBare of fast_path.ts, inlined: a call for every string would take a third of the total time. */
function bare(text: string): string {
  const [first, last] = [`${text}.charCodeAt(0)`, `${text}.charCodeAt(${text}.length - 1)`];
  return `(code = ${first}) > 32 && code < 127 && (code = ${last}) > 32 && code < 127`;
}
