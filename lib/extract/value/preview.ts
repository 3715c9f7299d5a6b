// Renders a value as JSON of bounded size. Pure; it never reads further into a value than it shows.
import { isScalar } from "../cast/exact_number.ts";

/** JSON of a value, truncated to `maxBytes` bytes of UTF-8. */
export function preview(value: unknown, maxBytes: number): string {
  let text = "";
  writeJson(value, maxBytes, (part) => {
    text += part;
    return text.length < maxBytes;
  });
  return cut(text, maxBytes);
}

/** The text, truncated with an ellipsis to `maxBytes` bytes of UTF-8. */
export function cut(text: string, maxBytes: number): string {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(maxBytes);
  if (encoder.encodeInto(text, bytes).read === text.length) return text;
  const { read } = encoder.encodeInto(text, bytes.subarray(0, bytes.length - 3));
  return `${text.slice(0, read)}…`;
}

/** Writes JSON part by part until `write` returns false. */
function writeJson(value: unknown, maxChars: number, write: (part: string) => boolean): boolean {
  if (value === undefined) return write("nothing");
  if (typeof value === "string") return write(JSON.stringify(value.slice(0, maxChars)));
  if (value === null || isScalar(value)) return write(String(value));
  if (Array.isArray(value)) {
    if (!write("[")) return false;
    for (let at = 0; at < value.length; at++) {
      if (at > 0 && !write(",")) return false;
      if (!writeJson(value[at], maxChars, write)) return false;
    }
    return write("]");
  }
  let before = "{";
  for (const key in value) {
    if (!write(`${before}${JSON.stringify(key.slice(0, maxChars))}:`)) return false;
    if (!writeJson((value as Record<string, unknown>)[key], maxChars, write)) return false;
    before = ",";
  }
  return write(before === "{" ? "{}" : "}");
}
