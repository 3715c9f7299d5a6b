// Owns reading the `Link` header (RFC 8288). It never resolves an address.

/** One `<address>` and the parameters up to the next comma outside quotes. */
const LINK = /<([^<>]*)>((?:[^",]|"(?:[^"\\]|\\.)*")*)/g;
/** The value of `rel`, quoted or not; only the first counts (section 3.3). */
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/** Characters of a header that are read; servers send some hundred. */
const MAX_CHARS = 16_384;

/** The address with the relation `next`; undefined where the header names none. */
export function nextLink(header: string): string | undefined {
  for (const [, address = "", parameters = ""] of header.slice(0, MAX_CHARS).matchAll(LINK)) {
    const [, quoted, plain] = REL.exec(parameters) ?? [];
    const relations = (quoted ?? plain ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next")) return address.trim();
  }
  return undefined;
}
