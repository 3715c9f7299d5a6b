// Owns how a request proves who asks: which headers and query parameters the credentials of a job add.
// Pure but for the tokens of oauth2.ts. Invariant: credentials are added last, and only to requests that
// go to the origin of the source, so neither a redirect nor a link can carry them away.
import { envReferences } from "../../config/yaml/env.ts";
import type { Auth } from "../../config/schema/job_schema.ts";
import { encodeBase64 } from "../../report/text/base64.ts";
import { Failure } from "../../failure.ts";
import { MASK } from "../../report/text/mask.ts";
import { withinOrigin } from "./origin.ts";
import type { WireRequest } from "./request.ts";

/** Something that is added to a request to prove who asks. */
export interface Credential {
  /** Where it goes. */
  readonly in: "header" | "query";
  /** Name of the header, in small letters, or of the parameter. */
  readonly name: string;
  /** `Basic` or `Bearer`, before the value of a header; empty for keys. */
  readonly scheme: string;
  /** The secret. */
  readonly value: string;
}

/**
 * The credentials that stand in the job; OAuth2 has none of its own until it has a token.
 *
 * A secret that is empty is not sent. `secret` turns text with `${NAME}` into its value.
 *
 * @throws Failure("configuration") for a secret that no header can carry; its value is not told.
 */
export function credentialsOf(
  auth: Auth | undefined,
  secret: (text: string) => string,
): Credential[] {
  const credentials: Credential[] = [];
  const add = (where: Credential["in"], name: string, scheme: string, value: string) => {
    if (value !== "") credentials.push({ in: where, name, scheme, value });
  };
  if (auth?.basic !== undefined) {
    const pair = basicPair(secret(auth.basic.username), secret(auth.basic.password));
    add("header", "authorization", "Basic", pair === ":" ? "" : encodeBase64(pair));
  }
  if (auth?.bearer !== undefined) add("header", "authorization", "Bearer", secret(auth.bearer));
  for (const [name, text] of Object.entries(auth?.header ?? {})) {
    add("header", name.toLowerCase(), "", secret(text));
  }
  for (const [name, text] of Object.entries(auth?.query ?? {})) {
    add("query", name, "", secret(text));
  }
  credentials.forEach(refuseUnsendable);
  return credentials;
}

/** What HTTP Basic encodes. */
export function basicPair(username: string, password: string): string {
  return `${username}:${password}`;
}

/** The credential that a token is. */
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

/** A header takes visible characters of Latin-1 and blanks (RFC 9110, section 5.5). */
function refuseUnsendable({ in: where, name, value }: Credential): void {
  if (where === "query" || /^[\x20-\x7e\xa0-\xff]*$/.test(value)) return;
  throw new Failure(
    "configuration",
    `Cannot send the header "${name}": its value holds a character that no header can carry`,
    { hint: "Look for a line break or a typographic character in the variable that it comes from" },
  );
}

/** The request with credentials, where it goes to the origin of `baseUrl`; else as it is. */
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

/** As text: URLSearchParams would write the other parameters anew, and a blank as "+". */
function addToQuery(url: URL, name: string, value: string): void {
  const parameter = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  url.search = url.search === "" ? parameter : `${url.search}&${parameter}`;
}

/** The address without the parameters that carry credentials, as a source may echo them in links. */
export function withoutCredentials(url: string, auth: Auth | undefined): string {
  const names = Object.keys(auth?.query ?? {});
  const bare = new URL(url);
  if (!names.some((name) => bare.searchParams.has(name))) return url;
  for (const name of names) bare.searchParams.delete(name);
  return bare.href;
}

/** The credentials with their secrets masked, for showing. */
export function maskedCredentials(credentials: readonly Credential[]): Credential[] {
  return credentials.map((credential) => ({ ...credential, value: MASK }));
}

/** Names of the variables that the credentials of a job are read from. */
export function authVariables(auth: Auth | undefined): string[] {
  const names = envReferences(JSON.stringify(auth ?? {})).map(({ name }) => name);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** What to do where the source does not accept the credentials. */
export function credentialsHint(auth: Auth | undefined): string {
  const names = authVariables(auth);
  if (names.length === 0) return 'Say with "auth" of the source how requests prove who asks';
  const list = names.length === 1
    ? names[0]
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `Check ${list} in .env.local or the environment, and what the account may read`;
}
