// Decides whether a request may see the page: it must be addressed to this server (a foreign Host header means
// DNS rebinding), and carry the password where one is set. Also the headers of every response. Invariant:
// secrets are compared in constant time, and nothing that is served may be kept, framed or scripted by others.
import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopbackHost } from "./loopback_host.ts";

/** Who may see the console. */
export interface Access {
  /** Address that the server listens on; undefined where the platform decides it. */
  readonly hostname: string | undefined;
  /** Password that every request must carry; undefined only for loopback addresses. */
  readonly password: string | undefined;
}

/** Headers of every response. */
export const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** Whether an address is reached from this machine alone. */
export function isLoopback(hostname: string): boolean {
  return isLoopbackHost(hostname.includes(":") ? `[${hostname}]` : hostname);
}

/** The response to a request that may not see the console; undefined for one that may. */
export function refusalOf(request: Request, { hostname, password }: Access): Response | undefined {
  const host = request.headers.get("host");
  if (password === undefined) {
    if (hostname === undefined) {
      return refusal(403, "Set HINDCAST_CONSOLE_PASSWORD to see this page");
    }
    return isLoopbackHost(host) ? undefined : refusal(421, "Unknown host");
  }
  if (hostname !== undefined && isLoopback(hostname) && !isLoopbackHost(host)) {
    return refusal(421, "Unknown host");
  }
  if (isSame(passwordOf(request) ?? "", password)) return undefined;
  return refusal(401, "A password is required", {
    "www-authenticate": 'Basic realm="Hindcast", charset="UTF-8"',
  });
}

/** Whether two secrets are equal, in a time that does not depend on where they differ. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

/** Whether a request that acts was sent by the page itself: browsers say which site sends a request. */
export function isFromPage(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const isSameOrigin = origin === null || URL.parse(origin)?.host === request.headers.get("host");
  return isSameOrigin && (site === null || site === "same-origin");
}

/** The password of a Basic header; its user name does not matter. */
function passwordOf(request: Request): string | undefined {
  const [, encoded] = /^Basic\s+([A-Za-z0-9+/=]{1,2048})$/i.exec(
    request.headers.get("authorization") ?? "",
  ) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(encoded);
    const text = new TextDecoder().decode(bytes);
    return text.includes(":") ? text.slice(text.indexOf(":") + 1) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { ...HEADERS, ...headers, "content-type": "text/plain; charset=utf-8" },
  });
}
