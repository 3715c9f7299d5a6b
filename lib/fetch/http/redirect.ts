// Owns what a redirect turns a request into. Pure. Credentials are none of its business: auth.ts adds
// them to each hop by its address alone. Invariant: a hop that leaves the source's origin takes nothing
// along that the job declared.
import type { Auth } from "../../config/schema/job_schema.ts";
import { withoutCredentials } from "./auth.ts";
import { HttpError } from "./http_error.ts";
import { withinOrigin } from "./origin.ts";
import type { WireRequest } from "./request.ts";

/** Redirects that are followed for one request. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that may go to another host: they say nothing of who asks. */
const HARMLESS: ReadonlySet<string> = new Set(["accept", "content-type"]);

/** Whether an answer of this status and with this `Location` sends the request elsewhere. */
export function isRedirect(status: number, location: string | null): location is string {
  return REDIRECTS.has(status) && location !== null;
}

/**
 * The request to send after a redirect (RFC 9110, section 15.4): 307 and 308 keep method and body, the
 * others turn a POST into a GET.
 *
 * @throws {HttpError} where the location is no address of the web.
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
      "it was redirected to something that is no address of the web",
    );
  }
  url.username = url.password = "";
  const bare = withoutCredentials(url.href, source.auth);
  const headers = withinOrigin(url, source.url) === undefined
    ? Object.fromEntries(Object.entries(request.headers).filter(([name]) => HARMLESS.has(name)))
    : { ...request.headers };
  if (status === 307 || status === 308) return { ...request, url: bare, headers };
  delete headers["content-type"];
  return { method: "GET", url: bare, headers };
}
