// Owns the question whether an address belongs to the source. Only what does is sent credentials.

/**
 * The address, where it is of the same origin as the base; undefined where it is not.
 *
 * On one host and the default ports `http:` and `https:` count as one origin, and the address comes back
 * with `https:`: sources behind a proxy write `http:` into links though they are asked by `https:`, and
 * others send whoever asks by `http:` to `https:`. Never the other way round.
 */
export function withinOrigin(target: URL, base: string): URL | undefined {
  const origin = new URL(base);
  const url = new URL(target);
  url.username = url.password = url.hash = "";
  if (url.origin === origin.origin) return url;
  const isSameHost = url.hostname === origin.hostname && url.port === "" && origin.port === "";
  if (!isSameHost || !/^https?:$/.test(url.protocol)) return undefined;
  url.protocol = "https:";
  return url;
}
