// Owns the cast to jsonb: the JSON text of a value. It rejects what PostgreSQL's jsonb cannot hold, and
// values nested so deeply that a database's parser may crash.
import { ExactNumber } from "./exact_number.ts";
import { Invalid } from "./invalid.ts";

/** Deepest nesting accepted. PostgreSQL 15 takes about 6,000 levels; PGlite 0.5 dies between 5,000 and 8,000. */
const MAX_LEVELS = 2000;

/** A NUL or an unpaired surrogate: JSON.stringify writes both as escapes, and doubles a literal backslash. */
const REFUSED = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** An exponent: of a number, which may be out of range, or the same characters in a string. */
const EXPONENT = /\d[eE][-+]?\d/;

/** The cast to jsonb; numbers are written as in the response. */
export function jsonbCast(value: unknown): string | Invalid {
  const text = jsonOf(value);
  if (text instanceof Invalid) return text;
  // A shorter text cannot be nested too deeply; JSON.stringify writes a number that is not finite as null.
  if (text.length > 2 * MAX_LEVELS || text.includes("null") || EXPONENT.test(text)) {
    const problem = problemOf(value, MAX_LEVELS);
    if (problem !== undefined) return new Invalid(problem);
  }
  if (text.includes("\\u") && REFUSED.test(text)) {
    return new Invalid("contains a NUL character or an unpaired surrogate");
  }
  return text;
}

function problemOf(value: unknown, levels: number): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return "contains a number that is out of range";
  }
  if (value instanceof ExactNumber) {
    return isStorable(value) ? undefined : "contains a number that is out of range";
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return `is nested more than ${MAX_LEVELS} levels deep`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = problemOf(item, levels - 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const key in value) {
    const problem = problemOf((value as Record<string, unknown>)[key], levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Digits that PostgreSQL's numeric holds before and after the point. */
const [MAX_WHOLE_DIGITS, MAX_FRACTION_DIGITS] = [131_072, 16_383];

/** Whether PostgreSQL's numeric holds a number. */
function isStorable({ source }: ExactNumber): boolean {
  const match = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source);
  const [, whole = "", fraction = "", exponent = "0"] = match ?? [];
  const shift = Number(exponent);
  return whole.length + shift <= MAX_WHOLE_DIGITS && fraction.length - shift <= MAX_FRACTION_DIGITS;
}

function jsonOf(value: unknown): string | Invalid {
  try {
    return JSON.stringify(value);
  } catch {
    return new Invalid("is nested too deeply");
  }
}
