// Owns the notation of what `auth.hmac` signs and sends. Pure; lib/fetch/sign renders it.

/** A placeholder of `hmac`: name, field of a header, filter. */
export const HMAC_PLACEHOLDER = /\{([a-z_]+)(?:\.([\w-]+))?(?:\|(\w+))?\}/g;
const PARTS = ["method", "host", "path", "query", "target", "url", "body", "timestamp", "nonce"];
const FILTERS = ["sorted", "lower", "upper", "sha256", "sha512", "base64"];

/** What is wrong with a template of `hmac`, or undefined if it can be used. */
export function hmacProblem(template: string, isAddition: boolean): string | undefined {
  for (const [text, name = "", field, filter] of template.matchAll(HMAC_PLACEHOLDER)) {
    const isKnown = isAddition
      ? ["timestamp", "nonce", "signature"].includes(name)
      : PARTS.includes(name) || name === "header" && field !== undefined;
    if (!isKnown) return `unknown placeholder "${text}"`;
    if (filter !== undefined && !FILTERS.includes(filter)) return `unknown filter "${filter}"`;
  }
  return undefined;
}
