// Owns how a redirect changes a request. Pure. It never handles credentials: auth.ts adds them to each hop
// by its URL alone. Invariant: a hop outside the API's origin carries nothing that the job declared.
import type { Auth } from "../../config/schema/job_schema.ts";
import { withoutCredentials } from "./auth.ts";
import { HttpError } from "./http_error.ts";
import { withinOrigin } from "./origin.ts";
import type { WireRequest } from "./request.ts";

/** Redirects that are followed for one request. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that may go to another host because they do not identify the client. */
const HARMLESS: ReadonlySet<string> = new Set(["accept", "content-type"]);

/** The headers that a request to a URL may carry: all within the API's origin, harmless ones elsewhere. */
export function headersFor(
  url: URL,
  headers: WireRequest["headers"],
  baseUrl: string,
): Record<string, string> {
  return withinOrigin(url, baseUrl) === undefined
    ? Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)))
    : { ...headers };
}

/** Whether a response with this status and `Location` is a redirect. */
export function isRedirect(status: number, location: string | null): location is string {
  return REDIRECTS.has(status) && location !== null;
}

/**
 * Returns the request to send after a redirect (RFC 9110, section 15.4): 307 and 308 keep method and body,
 * the others turn a POST into a GET.
 *
 * @throws {HttpError} if the location is not an http or https URL.
 */
export function redirected(
  request: WireRequest,
  status: number,
  location: string,
  source: { readonly url: string; readonly auth?: Auth | undefined },
): WireRequest {
  const url = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new HttpError(
      "request",
      "the request was redirected to something that is not an http or https URL",
    );
  }
  url.username = url.password = "";
  const bare = withoutCredentials(url.href, source.auth);
  const headers = headersFor(url, request.headers, source.url);
  if (status === 307 || status === 308) return { ...request, url: bare, headers };
  delete headers["content-type"];
  return { method: "GET", url: bare, headers };
}
