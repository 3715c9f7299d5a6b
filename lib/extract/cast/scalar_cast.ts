// Owns the casts to text, boolean and uuid. A character that PostgreSQL cannot store rejects the value:
// replacing it would change data silently.
import { canonicalNumber, ExactNumber, isScalar } from "./exact_number.ts";
import { Invalid } from "./invalid.ts";
import { kindOf } from "./kind_of.ts";

/** The cast to text; numbers and booleans are written as in JSON, arrays and objects are rejected. */
export function textCast(value: unknown): string | Invalid {
  if (typeof value === "string") return storable(value);
  if (!isScalar(value)) return new Invalid(`is ${kindOf(value)}, not a string`);
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The string, where PostgreSQL can store it: it contains neither NUL nor an unpaired surrogate. */
function storable(text: string): string | Invalid {
  if (text.includes("\0")) return new Invalid("contains a NUL character");
  if (!text.isWellFormed()) return new Invalid("contains an unpaired surrogate");
  return text;
}

const BOOLEANS = new Map([
  ...["true", "t", "yes", "y", "on", "1"].map((text) => [text, "true"] as const),
  ...["false", "f", "no", "n", "off", "0"].map((text) => [text, "false"] as const),
]);

/** The cast to boolean: true, false, and PostgreSQL's input strings for them in any case. */
export function booleanCast(value: unknown): string | Invalid {
  if (value === true) return "true";
  if (value === false) return "false";
  if (!isScalar(value)) return new Invalid(`is ${kindOf(value)}, not a boolean`);
  const text = value instanceof ExactNumber ? canonicalNumber(value) : String(value);
  return BOOLEANS.get(text.toLowerCase()) ?? new Invalid("is not a boolean");
}

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** The cast to uuid, with or without hyphens and braces; lower case. */
export function uuidCast(value: unknown): string | Invalid {
  const match = typeof value === "string" ? UUID.exec(value) : null;
  if (match === null) return new Invalid("is not a uuid");
  return match.slice(1).join("-").toLowerCase();
}
