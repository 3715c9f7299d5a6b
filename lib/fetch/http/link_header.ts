// Parses the `Link` header (RFC 8288). It never resolves a URL. Invariant: it reads a bounded number of
// characters in linear time.

/** One `<URL>` and its parameters up to the next comma outside quotes. */
const LINK = /<([^<>]*)>((?:[^",]|"(?:[^"\\]|\\.)*")*)/g;
/** The value of `rel`, quoted or not; only the first counts (RFC 8288, section 3.3). */
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/** Sentry's notation for a link to a page without records. */
const IS_EMPTY = /;\s*results\s*=\s*"?false\b/i;

/** Characters of the header that are read; servers send a few hundred. */
const MAX_CHARS = 16_384;

/** Returns the URL with the relation `next`; undefined if the header has none that leads to records. */
export function nextLink(header: string): string | undefined {
  for (const [, url = "", parameters = ""] of header.slice(0, MAX_CHARS).matchAll(LINK)) {
    const [, quoted, plain] = REL.exec(parameters) ?? [];
    const relations = (quoted ?? plain ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next") && !IS_EMPTY.test(parameters)) return url.trim();
  }
  return undefined;
}
