// Owns authentication: which headers and query parameters the credentials of a job add to a request. Pure;
// oauth2.ts fetches tokens. Invariant: credentials are added last, and only to requests to the API's own
// origin, so neither a redirect nor a link can leak them.
import { envReferences } from "../../config/yaml/env.ts";
import type { Auth } from "../../config/schema/job_schema.ts";
import { refuseEmpty } from "../../config/schema/secret.ts";
import { encodeBase64 } from "../../report/text/base64.ts";
import { Failure } from "../../failure.ts";
import { MASK } from "../../report/text/mask.ts";
import { withinOrigin } from "./origin.ts";
import type { WireRequest } from "./request.ts";

/** A header or query parameter that authenticates a request. */
export interface Credential {
  /** Whether it is a header or a query parameter. */
  readonly in: "header" | "query";
  /** Name of the header, in lower case, or of the parameter. */
  readonly name: string;
  /** `Basic` or `Bearer`; empty for keys. */
  readonly scheme: string;
  /** The secret. */
  readonly value: string;
  /** The token in the value, if the credential carries one that can be fetched again. */
  readonly token?: string;
}

/**
 * The credentials declared in the job; for OAuth2 there are none until a token is fetched.
 *
 * An empty secret is not sent. `secret` resolves `${NAME}` in a string.
 *
 * @throws Failure("configuration") for a secret that a header cannot contain, without its value, and for one
 * that is empty although the job requires it.
 */
export function credentialsOf(
  auth: Auth | undefined,
  secret: (text: string) => string,
): Credential[] {
  const credentials: Credential[] = [];
  const add = (where: Credential["in"], name: string, scheme: string, value: string) => {
    if (value !== "") credentials.push({ in: where, name, scheme, value });
  };
  const required = (text: string) => {
    const value = secret(text);
    if (value === "") refuseEmpty(text);
    return value;
  };
  if (auth?.basic !== undefined) {
    const pair = basicPair(secret(auth.basic.username), secret(auth.basic.password));
    if (pair === ":") refuseEmpty(auth.basic.username);
    add("header", "authorization", "Basic", pair === ":" ? "" : encodeBase64(pair));
  }
  if (auth?.bearer !== undefined) add("header", "authorization", "Bearer", required(auth.bearer));
  for (const [name, text] of Object.entries(auth?.header ?? {})) {
    add("header", name.toLowerCase(), "", required(text));
  }
  for (const [name, text] of Object.entries(auth?.query ?? {})) {
    add("query", name, "", required(text));
  }
  credentials.forEach(refuseUnsendable);
  return credentials;
}

/** The string that HTTP Basic encodes. */
export function basicPair(username: string, password: string): string {
  return `${username}:${password}`;
}

/** A token as a credential. */
export function bearer(token: string): Credential {
  const credential = {
    in: "header",
    name: "authorization",
    scheme: "Bearer",
    value: token,
  } as const;
  refuseUnsendable(credential);
  return credential;
}

/** A header that carries a token. */
export function headerCredential(name: string, value: string, token: string): Credential {
  const credential = { in: "header", name: name.toLowerCase(), scheme: "", value, token } as const;
  refuseUnsendable(credential);
  return credential;
}

/** A header may contain visible Latin-1 characters and spaces (RFC 9110, section 5.5). */
function refuseUnsendable({ in: where, name, value }: Credential): void {
  if (where === "query" || /^[\x20-\x7e\xa0-\xff]*$/.test(value)) return;
  throw new Failure(
    "configuration",
    `Cannot send the header "${name}": its value contains a character that is not allowed in a header`,
    { hint: "Look for a line break or a typographic character in the variable it is read from" },
  );
}

/** Adds credentials to a request to the origin of `baseUrl`; returns any other request unchanged. */
export function withCredentials(
  request: WireRequest,
  credentials: readonly Credential[],
  baseUrl: string,
): WireRequest {
  const url = new URL(request.url);
  if (credentials.length === 0 || withinOrigin(url, baseUrl)?.origin !== url.origin) return request;
  const headers: Record<string, string> = { ...request.headers };
  for (const { in: where, name, scheme, value } of credentials) {
    if (where === "query") addToQuery(url, name, value);
    else headers[name] = scheme === "" ? value : `${scheme} ${value}`;
  }
  return { ...request, url: url.href, headers };
}

/** Appends a string: URLSearchParams would rewrite the other parameters, and write a space as "+". */
function addToQuery(url: URL, name: string, value: string): void {
  const parameter = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  url.search = url.search === "" ? parameter : `${url.search}&${parameter}`;
}

/** Removes the parameters that carry credentials from a URL: an API may echo them in links. */
export function withoutCredentials(url: string, auth: Auth | undefined): string {
  const names = [...Object.keys(auth?.query ?? {}), ...Object.keys(auth?.hmac?.query ?? {})];
  const bare = new URL(url);
  if (!names.some((name) => bare.searchParams.has(name))) return url;
  for (const name of names) bare.searchParams.delete(name);
  return bare.href;
}

/** Masks the secrets of credentials, for display. */
export function maskedCredentials(credentials: readonly Credential[]): Credential[] {
  return credentials.map((credential) => ({ ...credential, value: MASK }));
}

/** Names of the variables from which the credentials of a job are read. */
export function authVariables(auth: Auth | undefined): string[] {
  const names = envReferences(JSON.stringify(auth ?? {})).map(({ name }) => name);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** The hint for an API that does not accept the credentials. */
export function credentialsHint(auth: Auth | undefined): string {
  const names = authVariables(auth);
  if (names.length === 0) return 'Declare the credentials of the API under "source.auth"';
  const list = names.length === 1
    ? names[0]
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `Check ${list} in .env.local or the environment, and the permissions of the account`;
}
