// Decides whether a URL belongs to the API. Invariant: only URLs that do are sent credentials.

/**
 * Returns the URL if it has the origin of the base, else undefined.
 *
 * On one host and the default ports, `http:` and `https:` count as one origin, and the result always uses
 * `https:`: APIs behind a proxy write `http:` links although they are reached by `https:`, and others
 * redirect `http:` to `https:`. It never downgrades to `http:`.
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
