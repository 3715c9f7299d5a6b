// Owns the requests that exchange credentials for a token other than by OAuth2's own grants: a login, and
// a signed token that is exchanged for an access token (RFC 7523).
import type { Auth, Jwt, Login } from "../../config/job/auth.ts";
import { parseExactly } from "../../extract/decode/exact_json.ts";
import { responseReader } from "../../extract/value/path.ts";
import { Failure } from "../../failure.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import { credentialsHint } from "./auth.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import type { HttpResponse } from "./http.ts";
import { type TokenIssuer, usableMs } from "./oauth2.ts";
import type { WireRequest } from "./request.ts";
import { withParam } from "./request_body.ts";

type Secret = (text: string) => string;

/** Requests a token with a login. */
export function loginIssuer(spec: Login): TokenIssuer {
  return {
    request: (secret) => loginRequest(spec, secret),
    read: (response) => readToken(response, spec, { login: spec }),
  };
}

/** Exchanges a token that `issue` signs for an access token. */
export function assertionIssuer(spec: Jwt, url: string, issue: () => Promise<string>): TokenIssuer {
  return {
    request: async () => ({
      method: "POST",
      url,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: await issue(),
      }).toString(),
    }),
    read: (response) =>
      readToken(response, { url, token: "access_token", expires_in: "expires_in" }, { jwt: spec }),
  };
}

function loginRequest({ url, body, form, headers }: Login, secret: Secret): WireRequest {
  const common = {
    accept: "application/json",
    ...Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name.toLowerCase(), secret(text)]),
    ),
  };
  if (form !== undefined) {
    const fields = new URLSearchParams();
    for (const [name, text] of Object.entries(form)) fields.set(name, secret(text));
    const type = "application/x-www-form-urlencoded";
    return {
      method: "POST",
      url,
      headers: { "content-type": type, ...common },
      body: fields.toString(),
    };
  }
  let json: unknown = {};
  for (const [name, text] of Object.entries(body ?? {})) {
    json = withParam(json, name.split("."), secret(text));
  }
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...common },
    body: JSON.stringify(json),
  };
}

/** The token and its lifetime, at the paths that the job declares. */
function readToken(
  response: HttpResponse,
  { url, token: path, expires_in: expiry }: Pick<Login, "url" | "token" | "expires_in">,
  auth: Partial<Auth>,
) {
  const refuse = (reason: string) =>
    new Failure("refused", `Cannot get a token from ${new URL(url).host}: ${reason}`, {
      hint: credentialsHint(auth as Auth),
    });
  const { status, headers, body } = response;
  if (status < 200 || status > 299) {
    const excerpt = errorExcerpt(body, headers.get("content-type"));
    const quoted = excerpt === "" ? "" : `, "${excerpt}"`;
    throw refuse(`the server responded with status ${status}${quoted}`);
  }
  const read = { body: jsonOf(body), header: (name: string) => headers.get(name) };
  const token = responseReader(path)(read);
  if (typeof token !== "string" || token === "") {
    throw refuse(`the response has no token at "${path}"`);
  }
  return { text: token, usableMs: usableMs(secondsOf(expiry, read)), refreshToken: undefined };
}

function secondsOf(
  expiry: string | undefined,
  read: { readonly body: unknown; header(name: string): string | null },
): number | undefined {
  if (expiry === undefined) return undefined;
  const fixedMs = parseDurationMs(expiry);
  if (fixedMs !== undefined) return fixedMs / 1000;
  const seconds = Number(responseReader(expiry)(read));
  return seconds > 0 ? seconds : undefined;
}

/** The decoded JSON; a response that is not JSON may still contain the token in a header. */
function jsonOf(body: Uint8Array): unknown {
  try {
    return parseExactly(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
