// Owns the cast to jsonb: the JSON text of a value. It rejects what PostgreSQL's jsonb cannot hold, and
// values nested so deeply that a database's parser may crash.
import { Invalid } from "./invalid.ts";

/** Deepest nesting accepted. PostgreSQL 15 takes about 6,000 levels; PGlite 0.5 dies between 5,000 and 8,000. */
const MAX_LEVELS = 2000;

/** A NUL or an unpaired surrogate: JSON.stringify writes both as escapes, and doubles a literal backslash. */
const REFUSED = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** The cast to jsonb. */
export function jsonbCast(value: unknown): string | Invalid {
  const text = jsonOf(value);
  if (text instanceof Invalid) return text;
  // A text this short cannot be nested too deeply; JSON.stringify writes a number that is out of range as null.
  if (text.length > 2 * MAX_LEVELS || text.includes("null")) {
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
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return `is nested more than ${MAX_LEVELS} levels deep`;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (Array.isArray(value) && value.length === 0) return "[]";
      const problem = problemOf(item, levels - 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const key in value) {
    if (Array.isArray(value) && value.length === 0) return "[]";
    const problem = problemOf((value as Record<string, unknown>)[key], levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The JSON text; a bigint, which read_body.ts makes of a number that a float cannot hold, is written as that number. */
function jsonOf(value: unknown): string | Invalid {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return new Invalid("is nested too deeply");
    return JSON.stringify(value, (_, item) => typeof item === "bigint" ? rawNumber(item) : item);
  }
}

function rawNumber(value: bigint): unknown {
  const json = JSON as unknown as { rawJSON?: (text: string) => unknown };
  return json.rawJSON?.(String(value)) ?? String(value);
}
