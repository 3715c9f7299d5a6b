// Owns the casts of text, boolean and uuid. A character that PostgreSQL cannot store is a reason to
// refuse the value: replacing it would change data silently.
import { Invalid } from "./invalid.ts";
import { kindOf } from "./kind_of.ts";

/** The cast to text; numbers and booleans are written out, lists and objects refused. */
export function textCast(value: unknown): string | Invalid {
  if (typeof value === "string") return storable(value);
  if (typeof value === "object") return new Invalid(`is ${kindOf(value)}, not a text`);
  return String(value);
}

/** The text itself where PostgreSQL can store it: `text` has neither NUL nor half a surrogate pair. */
function storable(text: string): string | Invalid {
  if (text.includes("\0")) return new Invalid("holds a NUL character");
  if (!text.isWellFormed()) return new Invalid("holds half a surrogate pair");
  return text;
}

const BOOLEANS = new Map([
  ...["true", "t", "yes", "y", "on", "1"].map((text) => [text, "true"] as const),
  ...["false", "f", "no", "n", "off", "0"].map((text) => [text, "false"] as const),
]);

/** The cast to boolean, from true, false and PostgreSQL's words for them in any case. */
export function booleanCast(value: unknown): string | Invalid {
  if (value === true) return "true";
  if (value === false) return "false";
  if (typeof value === "object") return new Invalid(`is ${kindOf(value)}, not true or false`);
  return BOOLEANS.get(String(value).toLowerCase()) ?? new Invalid("is neither true nor false");
}

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** The cast to uuid, with or without hyphens and braces; lower case. */
export function uuidCast(value: unknown): string | Invalid {
  const match = typeof value === "string" ? UUID.exec(value) : null;
  if (match === null) return new Invalid("is not a uuid");
  return match.slice(1).join("-").toLowerCase();
}
