// Owns the errors between sending a request and the last byte of its response, worded for display. The
// runtime's own messages contain the whole URL with its secrets, so none of them leaves this file.
// Invariant: a message names host and port, never a path or a query.

/**
 * The kind of an HTTP error.
 *
 * - `timeout`: the response was not complete in time.
 * - `connection`: there was no connection, or it closed before the response began.
 * - `unknown_host`: the name of the host does not exist.
 * - `malformed`: the host responds, but not with valid HTTP.
 * - `incomplete`: the connection closed within the response body.
 * - `too_large`: the body is larger than the job allows.
 * - `encoding`: the body cannot be decompressed, or its text cannot be decoded.
 * - `certificate`: the certificate of the host is not trusted.
 * - `forbidden`: Hindcast was not granted access to the host.
 * - `protocol`: the host does not speak the protocol of the URL.
 * - `request`: the request cannot be sent.
 */
export type HttpErrorKind =
  | "timeout"
  | "connection"
  | "unknown_host"
  | "malformed"
  | "incomplete"
  | "too_large"
  | "encoding"
  | "certificate"
  | "forbidden"
  | "protocol"
  | "request";

/** An exchange without a complete response. */
export class HttpError extends Error {
  /** Identifies the class where only the name is left. */
  override readonly name = "HttpError";
  /** The kind of the error. */
  readonly kind: HttpErrorKind;
  /** What to do about it, if known. */
  readonly hint: string | undefined;
  /** Whether there was no connection, so that the request never reached the API. */
  readonly isUnsent: boolean;

  /** Creates an error; `message` is printed after a colon. */
  constructor(kind: HttpErrorKind, message: string, hint?: string, isUnsent = false) {
    super(message);
    this.kind = kind;
    this.hint = hint;
    this.isUnsent = isUnsent;
  }
}

/** What is wrong with a certificate, by the runtime's message, and what to do. */
const CERTIFICATES: readonly (readonly [pattern: RegExp, why: string, hint: string])[] = [
  [
    /certificate expired|: Expired/,
    "it has expired",
    "Check this machine's clock; if it is right, the operator of the API must renew the certificate",
  ],
  [/not valid yet|NotValidYet/, "it is not valid yet", "Check this machine's clock"],
  [
    /not valid for name|NotValidForName/,
    "it was issued for another host",
    'Check the host in "url" of the source',
  ],
  [
    /UnknownIssuer|CaUsedAsEndEntity/,
    "its authority is unknown",
    "If a private authority signed it, set DENO_CERT to the file of that authority",
  ],
];

/** An error of the runtime, by its message, and what it means; the first that matches counts. */
const SEND_ERRORS: readonly {
  readonly pattern: RegExp;
  readonly error: (host: string, url: string, reason: string) => HttpError;
}[] = [
  {
    pattern: /dns error.*(not known|no such host)/i,
    error: (_, url) =>
      new HttpError(
        "unknown_host",
        `cannot resolve the host "${new URL(url).hostname}"`,
        'Check the host in "url" of the source',
      ),
  },
  {
    pattern: /dns error/i,
    error: (_, url) =>
      new HttpError("connection", `cannot resolve the host "${new URL(url).hostname}"`),
  },
  {
    pattern: /connection refused/i,
    error: (host) => new HttpError("connection", `connection refused by ${host}`),
  },
  ...CERTIFICATES.map(([pattern, why, hint]) => ({
    pattern,
    error: (host: string) =>
      new HttpError("certificate", `the certificate of ${host} is not trusted: ${why}`, hint),
  })),
  {
    pattern: /certificate|UnknownIssuer|NotValidForName/i,
    error: (host) => new HttpError("certificate", `the certificate of ${host} is not trusted`),
  },
  {
    pattern: /\bparsed$|head is too large/,
    error: (host, _, reason) =>
      new HttpError(
        "malformed",
        `${host} does not respond with valid HTTP (${reason.slice(0, 120)})`,
        'Check host and port in "url" of the source',
      ),
  },
  {
    pattern: /header|ByteString|invalid.*(method|uri|url)/i,
    error: () =>
      new HttpError("request", "a header or the URL contains a character that cannot be sent"),
  },
  {
    pattern: /before message completed|reset|broken pipe|closed/i,
    error: (host) =>
      new HttpError("connection", `${host} closed the connection before it responded`),
  },
  {
    pattern: /InvalidContentType/,
    error: (host) =>
      new HttpError(
        "protocol",
        `${host} does not support HTTPS`,
        'Write http:// instead of https:// in "url" of the source',
      ),
  },
];

/** The runtime's messages for a failed connection: unknown host, connection refused, untrusted certificate. */
const CONNECTING = /client error \(Connect\)/;

/** Classifies an error of `fetch` before the response headers; `proxy` names the proxy in use. */
export function sendError(error: unknown, url: string, proxy?: string): HttpError {
  const { kind, message, hint } = classified(error, url, proxy);
  const isUnsent = error instanceof Deno.errors.NotCapable || CONNECTING.test(messageOf(error));
  return new HttpError(kind, message, hint, isUnsent);
}

function classified(error: unknown, url: string, proxy: string | undefined): HttpError {
  const host = hostOf(url);
  if (error instanceof Deno.errors.NotCapable) {
    return new HttpError(
      "forbidden",
      `Hindcast is not allowed to reach ${host}`,
      `Start it with --allow-net=${host}; if the API redirects there, set "url" of the source to that host`,
    );
  }
  const reason = reasonOf(error);
  if (proxy !== undefined && /dns error|refused|unsuccessful tunnel|connect error/i.test(reason)) {
    return new HttpError(
      "connection",
      `the proxy of ${proxy} does not connect to ${host} (${reason.slice(0, 120)})`,
      `Check the proxy, or list ${new URL(url).hostname} in NO_PROXY`,
    );
  }
  const known = SEND_ERRORS.find(({ pattern }) => pattern.test(reason));
  return known?.error(host, url, reason) ??
    new HttpError("connection", `no response from ${host} (${reason.slice(0, 120)})`);
}

/** Classifies an error while a body is read. */
export function readError(error: unknown, url: string): HttpError {
  if (error instanceof HttpError) return error;
  const reason = reasonOf(error);
  if (/body|connection|reset|broken pipe|end of file|EOF|closed/i.test(reason)) {
    return new HttpError(
      "incomplete",
      `${hostOf(url)} closed the connection in the middle of its response`,
    );
  }
  return new HttpError("encoding", `the response of ${hostOf(url)} cannot be decompressed`);
}

/** Returns host and port of a URL. */
export function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** Returns the runtime's message after its last "client error (...): ", which no longer contains the URL. */
function reasonOf(error: unknown): string {
  const inner = messageOf(error);
  const parts = /client error \((\w+)\)(?:: (.*))?$/s.exec(inner);
  const reason = parts === null ? inner : parts[2] ?? parts[1] ?? "";
  return reason.replace(/\bhttps?:\/\/\S+/gi, "its URL").replace(/\s+/g, " ");
}

/** The runtime's message; it may contain the URL. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
