// Checks `source`: URLs must be usable, credentials must not conflict, and secrets must not stand where
// they would be shown. Pure.
import type { JobPath, Scope } from "./scope.ts";

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
  const kinds = (["basic", "bearer", "oauth2"] as const).filter((kind) => auth[kind] !== undefined);
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
  if (auth.oauth2 !== undefined) {
    resolveUrl(scope, [...path, "oauth2", "token_url"], auth.oauth2.token_url);
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
