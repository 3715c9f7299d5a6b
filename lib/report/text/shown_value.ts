// Owns showing a value of an answer in a message. Pure. Invariant: it is one bounded line, and no value
// makes it throw: answers hold bigints, which JSON.stringify refuses.

/** Longest text, in characters. */
const MAX_CHARS = 120;

/** The value as JSON, cut where it is long; whole numbers of any size as digits. */
export function shownValue(value: unknown): string {
  const text = stableText(value);
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 3)}...`;
}

/** The value as JSON, whole; equal values have equal texts. */
export function stableText(value: unknown): string {
  const text = JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? `${inner}n` : inner);
  return text ?? String(value);
}
