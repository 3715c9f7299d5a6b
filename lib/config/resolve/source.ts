// Checks `source`: URLs must be usable, credentials must not conflict, and secrets must not stand where
// they would be shown. Pure.
import { parseDurationMs } from "../../plan/time/duration.ts";
import { responseReader } from "../../extract/value/path.ts";
import type { Auth } from "../schema/job_schema.ts";
import { hmacProblem } from "../template/hmac_template.ts";
import { type JobPath, refusal, type Scope } from "./scope.ts";

/** Headers whose values are secrets and therefore go under `auth`. */
const SECRET_HEADER = /^(authorization|proxy-authorization|cookie)$|api-?key|(access|auth)-?token/i;

/** Checks the source. */
export function resolveSource(scope: Scope): void {
  const { source } = scope.job;
  resolveUrl(scope, ["source", "url"], source.url);
  resolveHeaders(scope, ["source", "headers"], Object.keys(source.headers));
  const { auth } = source;
  if (auth === undefined) return;
  const path = ["source", "auth"];
  const kinds = AUTHORIZING.filter((kind) => auth[kind] !== undefined);
  for (const kind of kinds.slice(1)) {
    scope.key([...path, kind], `"${kinds[0]}" and "${kind}" cannot be combined`);
  }
  for (const name of Object.keys(auth.header ?? {})) {
    const at = [...path, "header", name];
    if (!isHeaderName(name)) scope.key(at, `"${name}" is not a valid header name`);
    else if (name.toLowerCase() === "authorization" && kinds.length > 0) {
      scope.key(at, `"${kinds[0]}" already sends the header Authorization`);
    }
  }
  const { oauth2, jwt, login, hmac } = auth;
  if (oauth2 !== undefined) resolveUrl(scope, [...path, "oauth2", "token_url"], oauth2.token_url);
  if (jwt?.token_url !== undefined) resolveUrl(scope, [...path, "jwt", "token_url"], jwt.token_url);
  if (login !== undefined) resolveLogin(scope, [...path, "login"], login);
  if (hmac !== undefined) resolveHmac(scope, [...path, "hmac"], hmac);
}

/** The kinds of credentials that use the header Authorization. */
const AUTHORIZING = ["basic", "bearer", "digest", "oauth2", "jwt", "login", "aws"] as const;

/** Names of fields of a login whose values are secrets; a user name may be written in the file. */
const SECRET_FIELD = /pass|pwd|secret|token|key|pin\b|authorization/i;

function resolveLogin(scope: Scope, path: JobPath, login: NonNullable<Auth["login"]>): void {
  resolveUrl(scope, [...path, "url"], login.url);
  if (login.body !== undefined && login.form !== undefined) {
    scope.key([...path, "form"], 'a login has either "body" or "form"');
  }
  const { body = {}, form = {}, headers } = login;
  for (const [key, fields] of Object.entries({ body, form, headers })) {
    for (const [name, text] of Object.entries(fields)) {
      if (!SECRET_FIELD.test(name) || text.includes("${") || text.length < 2) continue;
      scope.value(
        [...path, key, name],
        "a secret must not be written in a job file; expected a variable such as ${API_PASSWORD}",
      );
    }
  }
  const paths: [string, string | undefined][] = [
    ["token", login.token],
    [
      "expires_in",
      parseDurationMs(login.expires_in ?? "1s") === undefined ? login.expires_in : undefined,
    ],
  ];
  for (const [key, text] of paths) {
    const problem = text === undefined ? undefined : refusal(() => responseReader(text));
    if (problem !== undefined) scope.value([...path, key], problem);
  }
  for (const [name, text] of Object.entries(login.send)) {
    if (!isHeaderName(name)) {
      scope.key([...path, "send", name], `"${name}" is not a valid header name`);
    }
    if (!text.includes("{token}")) {
      scope.value([...path, "send", name], "expected {token} in the value");
    }
  }
}

function resolveHmac(scope: Scope, path: JobPath, hmac: NonNullable<Auth["hmac"]>): void {
  const { message, headers, query } = hmac;
  const wrong = hmacProblem(message, false);
  if (wrong !== undefined) scope.value([...path, "message"], wrong);
  const additions = Object.entries({ headers, query }).flatMap(([key, templates]) =>
    Object.entries(templates).map(([name, text]) => ({ at: [...path, key, name], text, key, name }))
  );
  for (const { at, text, key, name } of additions) {
    const problem = hmacProblem(text, true);
    if (problem !== undefined) scope.value(at, problem);
    if (key === "headers" && !isHeaderName(name)) {
      scope.key(at, `"${name}" is not a valid header name`);
    }
  }
  if (!additions.some(({ text }) => text.includes("{signature}"))) {
    scope.key(path, 'the signature is not sent; write {signature} in "headers" or "query"');
  }
}

function resolveUrl(scope: Scope, path: JobPath, text: string): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return scope.value(path, "expected a URL such as https://api.example.com");
  }
  if (/[*,]/.test(url.hostname)) scope.value(path, "a host name cannot contain * or a comma");
  else if (url.protocol !== "https:" && url.protocol !== "http:") {
    scope.value(path, "expected an http or https URL");
  } else if (url.username !== "" || url.password !== "") {
    scope.value(path, "a URL must not contain a user name or password; use source.auth");
  } else if (url.hash !== "") scope.value(path, "a URL cannot contain #");
  else resolvePlaceholders(scope, path, text);
}

/** The base URL is the same for all requests; a placeholder in it would be sent literally. */
function resolvePlaceholders(scope: Scope, path: JobPath, text: string): void {
  const [placeholder] = /\{[a-z]+(\.\w+)*(\|[^{}]*)?\}/.exec(text) ?? [];
  if (placeholder === undefined) return;
  scope.value(
    path,
    `a base URL cannot contain placeholders; put "${placeholder}" into the path of a request`,
    placeholder,
  );
}

/** Checks the names of headers. */
export function resolveHeaders(scope: Scope, path: JobPath, names: readonly string[]): void {
  for (const name of names) {
    if (!isHeaderName(name)) scope.key([...path, name], `"${name}" is not a valid header name`);
    else if (SECRET_HEADER.test(name)) {
      scope.key([...path, name], `"${name}" is a secret; put it under source.auth`);
    }
  }
}

/** A token of RFC 9110, section 5.6.2. */
function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}
