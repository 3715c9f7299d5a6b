// Rewrites a string before the cast: capture, case, map, in this order. Arrays and objects
// pass through unchanged; the cast accepts or rejects them.
import { compilePattern } from "../../config/pattern/pattern.ts";
import type { ValueSpec } from "../../config/schema/job_schema.ts";
import { canonicalNumber, ExactNumber, isScalar } from "../cast/exact_number.ts";
import { Invalid } from "../cast/invalid.ts";
import type { NullTest } from "./null_markers.ts";

/** Turns a value into another one, null, or the reason why it cannot. */
export type Rewrite = (value: unknown) => unknown;

/**
 * Compiles capture, case and map of a value; undefined where it has none of them.
 *
 * @throws {SyntaxError} where the capture is not a valid regular expression.
 */
export function compileRewrite(spec: Partial<ValueSpec>, isNull: NullTest): Rewrite | undefined {
  const steps = [captureStep(spec.capture, isNull), caseStep(spec.case), mapStep(spec.map)];
  const [first, ...rest] = steps.filter((step) => step !== undefined);
  if (first === undefined) return undefined;
  return (value) => {
    if (!isScalar(value)) return value;
    let rewritten: unknown = first(
      value instanceof ExactNumber ? written(value, spec.map) : String(value),
    );
    for (const step of rest) {
      if (typeof rewritten === "string") rewritten = step(rewritten);
    }
    return rewritten;
  };
}

/** The number as written, or as its equal that the map names. */
function written(value: ExactNumber, map: ValueSpec["map"]): string {
  const canonical = canonicalNumber(value);
  return map !== undefined && Object.hasOwn(map, canonical) ? canonical : value.source;
}

type Step = (text: string) => unknown;

function captureStep(pattern: string | undefined, isNull: NullTest): Step | undefined {
  if (pattern === undefined) return undefined;
  const compiled = compilePattern(pattern);
  const { exec, hasGroup } = compiled;
  let mostChars: number | undefined;
  return (text) => {
    if (text.length > (mostChars ??= compiled.mostChars)) {
      return new Invalid(`has more than ${mostChars} characters to capture from`);
    }
    const match = exec(text);
    if (match === null) return null;
    const captured = match[hasGroup ? 1 : 0];
    return isNull(captured) ? null : captured;
  };
}

function caseStep(letters: "lower" | "upper" | undefined): Step | undefined {
  if (letters === undefined) return undefined;
  return letters === "lower" ? (text) => text.toLowerCase() : (text) => text.toUpperCase();
}

function mapStep(spec: ValueSpec["map"]): Step | undefined {
  if (spec === undefined) return undefined;
  const map = new Map(Object.entries(spec));
  return (text) => {
    const mapped = map.get(text);
    return mapped === undefined ? text : mapped;
  };
}
