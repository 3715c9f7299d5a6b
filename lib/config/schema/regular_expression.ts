// Decides whether a regular expression of a job may be used: it must be valid, and no text may make a match
// take long.
import { compilePattern } from "../pattern/pattern.ts";

/** Why a regular expression cannot be used, or undefined. */
export function regularExpressionProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof RangeError) return `cannot use the regular expression: ${text}`;
    return `cannot read the regular expression: ${text.replace(/^.*\/u?: /s, "").toLowerCase()}`;
  }
}
