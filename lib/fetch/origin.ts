// Owns the question whether an address belongs to the source. Only what does is sent credentials.

/**
 * The address, where it is of the same origin as the base; undefined where it is not.
 *
 * Sources behind a proxy write `http:` into links though they are asked by `https:`; such a link is
 * followed by `https:`, on the same host and the default ports. Never the other way round.
 */
export function withinOrigin(target: URL, base: string): URL | undefined {
  const origin = new URL(base);
  const url = new URL(target);
  url.username = url.password = url.hash = "";
  if (url.origin === origin.origin) return url;
  if (url.protocol !== "http:" || url.port !== "") return undefined;
  url.protocol = "https:";
  return url.origin === origin.origin ? url : undefined;
}
