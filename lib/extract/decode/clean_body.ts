// Owns the knowledge of which decoded answers hold no text that PostgreSQL cannot store. That is seen at
// once in the undecoded text, and saves looking for it in every value. An answer that is not known here
// is looked through; nothing but speed depends on it.

const clean = new WeakSet<WeakKey>();

/** The escape of a NUL or of half a surrogate pair, as JSON may have them in a text. */
const SUSPECT = /\\u(?:0000|d[89a-f])/i;

/** Remembers whether the body that a text without a raw NUL was decoded to is clean; returns the body. */
export function noteClean(text: string, body: unknown): unknown {
  const isObject = typeof body === "object" && body !== null;
  if (isObject && !isSuspect(text)) clean.add(body);
  return body;
}

function isSuspect(text: string): boolean {
  if (!text.isWellFormed()) return true;
  return text.includes("\\u") && SUSPECT.test(text);
}

/** Whether a body is known to be clean. */
export function isClean(body: unknown): boolean {
  return typeof body === "object" && body !== null && clean.has(body);
}
