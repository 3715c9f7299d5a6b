// Owns signatures by HMAC over declared parts of a request. What is signed is what is sent: parts are taken
// from the rendered request, after all other parameters and headers have been added.
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import type { Hmac } from "../../config/job/auth.ts";
import { HMAC_PLACEHOLDER } from "../../config/template/hmac_template.ts";
import { encodeBase64 } from "../../report/text/base64.ts";
import type { WireRequest } from "../http/request.ts";
import type { Sign, SignerDependencies } from "./sign.ts";

/** Signs requests with a shared secret. */
export function hmacSigner(
  spec: Hmac,
  { secret, wallNow, nonce }: SignerDependencies,
): Sign {
  return (request) => {
    const key = keyBytes(secret(spec.secret), spec.secret_encoding);
    const fixed = { timestamp: timestampOf(wallNow(), spec.timestamp), nonce: nonce() };
    const fill = (text: string, more: Readonly<Record<string, string>> = {}) =>
      filled(secret(text), (name) => ({ ...fixed, ...more })[name]);
    const bare = added(request, spec, (text) => !text.includes("{signature}"), fill);
    const parts = partsOf(bare);
    const message = filled(
      secret(spec.message),
      (name, field) =>
        name === "header" ? bare.headers[field.toLowerCase()] : { ...parts, ...fixed }[name],
    );
    const digest = createHmac(spec.algorithm, key).update(message).digest();
    const signature = digest.toString(spec.encoding);
    const sign = (text: string) => fill(text, { signature });
    return Promise.resolve(added(bare, spec, (text) => text.includes("{signature}"), sign));
  };
}

function keyBytes(text: string, encoding: Hmac["secret_encoding"]): Uint8Array {
  return encoding === "text" ? new TextEncoder().encode(text) : Buffer.from(text, encoding);
}

/** The request with those headers and parameters that the condition selects. */
function added(
  request: WireRequest,
  { headers, query }: Hmac,
  isWanted: (template: string) => boolean,
  fill: (template: string) => string,
): WireRequest {
  const wanted = (templates: Readonly<Record<string, string>>) =>
    Object.entries(templates).filter(([, text]) => isWanted(text));
  const parameters = wanted(query).map(([name, text]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(fill(text))}`
  );
  const separator = new URL(request.url).search === "" ? "?" : "&";
  return {
    ...request,
    url: parameters.length === 0
      ? request.url
      : `${request.url.replace(/\?$/, "")}${separator}${parameters.join("&")}`,
    headers: {
      ...request.headers,
      ...Object.fromEntries(
        wanted(headers).map(([name, text]) => [name.toLowerCase(), fill(text)]),
      ),
    },
  };
}

function partsOf({ method, url, body = "" }: WireRequest): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  return {
    ...{ method, host, url, body, path: pathname, query: search.slice(1) },
    target: pathname + search,
  };
}

/** The template with its placeholders filled; an absent header is the empty string. */
function filled(
  template: string,
  valueOf: (name: string, field: string) => string | undefined,
): string {
  return template.replace(HMAC_PLACEHOLDER, (text, name: string, field = "", filter = "") => {
    const value = valueOf(name, field) ?? (name === "header" ? "" : undefined);
    return value === undefined ? text : filteredBy(filter, value);
  });
}

function filteredBy(filter: string, value: string): string {
  switch (filter) {
    case "sorted":
      return value.split("&").toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0).join("&");
    case "lower":
      return value.toLowerCase();
    case "upper":
      return value.toUpperCase();
    case "sha256":
    case "sha512":
      return createHash(filter).update(value).digest("hex");
    case "base64":
      return encodeBase64(value);
    default:
      return value;
  }
}

function timestampOf(nowMs: number, format: Hmac["timestamp"]): string {
  const iso = new Date(nowMs).toISOString();
  switch (format) {
    case "epoch":
      return String(Math.floor(nowMs / 1000));
    case "epoch_ms":
      return String(Math.floor(nowMs));
    case "instant":
      return `${iso.slice(0, 19)}Z`;
    case "instant_ms":
      return iso;
    case "http":
      return new Date(nowMs).toUTCString();
  }
}
