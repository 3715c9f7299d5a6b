// Finds the proxy that the runtime uses for a URL, so that an error can name it: HTTPS_PROXY, HTTP_PROXY,
// ALL_PROXY and NO_PROXY, in capitals or not. It sends nothing. Invariant: user and password of a proxy
// are not in the result.
import type { Env } from "../../config/yaml/env.ts";

/** The variables that declare proxies. */
export const PROXY_NAMES: readonly string[] = ["HTTP", "HTTPS", "ALL", "NO"].flatMap((kind) => [
  `${kind}_PROXY`,
  `${kind.toLowerCase()}_proxy`,
]);

/** Name of the variable and `host:port` of the proxy of a URL; undefined without a proxy. */
export function proxyOf(url: string, env: Env): string | undefined {
  const { protocol, hostname } = new URL(url);
  const kind = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const found = [kind, "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()])
    .find((name) => env(name));
  if (found === undefined || isExcepted(hostname, env("NO_PROXY") ?? env("no_proxy") ?? "")) {
    return undefined;
  }
  const value = env(found)!;
  const full = value.includes("://") ? value : `http://${value}`;
  return `${found}${URL.canParse(full) ? ` (${new URL(full).host})` : ""}`;
}

function isExcepted(hostname: string, list: string): boolean {
  return list.split(",").map((entry) => entry.trim().replace(/^\./, "")).some((entry) =>
    entry === "*" || entry !== "" && (hostname === entry || hostname.endsWith(`.${entry}`))
  );
}
