// Formats a value of a response for a message. Pure. Invariant: the result is one bounded line.

/** Longest result, in characters. */
const MAX_CHARS = 120;

/** The value as JSON, truncated where it is long; integers of any size as digits. */
export function shownValue(value: unknown): string {
  const text = stableText(value);
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 3)}...`;
}

/** The value as complete JSON; equal values have equal strings. */
export function stableText(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
