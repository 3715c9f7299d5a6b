// Remembers which decoded bodies contain only strings that PostgreSQL can store. One scan of the raw text
// shows it, and saves a scan of every value. Values of other bodies are checked one by one; only speed
// depends on it.

const clean = new WeakSet<WeakKey>();

/** The JSON escape of a NUL or of a surrogate. */
const SUSPECT = /\\u(?:0000|d[89a-f])/i;

/** Remembers whether the body decoded from a text without a raw NUL is clean; returns the body. */
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
