// Owns what can go wrong between sending a request and the last byte of its answer, in words for people.
// The runtime's own messages hold the whole address, with its secrets: none of them leaves this file.
// Invariant: a trouble names the host and the port, never a path or a query.

/**
 * What went wrong.
 *
 * - `timeout`: the answer was not complete in time.
 * - `connection`: no connection, or none that lasted until the answer began.
 * - `incomplete`: the connection broke inside the answer's body.
 * - `too_large`: the body is larger than the job allows.
 * - `encoding`: the body cannot be decompressed, or its text cannot be decoded.
 * - `certificate`: the host cannot prove who it is.
 * - `forbidden`: this program may not talk to the host.
 * - `request`: the request is not one that can be sent.
 */
export type TroubleKind =
  | "timeout"
  | "connection"
  | "incomplete"
  | "too_large"
  | "encoding"
  | "certificate"
  | "forbidden"
  | "request";

/** An exchange that came to no answer. */
export class HttpError extends Error {
  /** Tells it from other errors where only the name is left. */
  override readonly name = "HttpError";
  /** What went wrong. */
  readonly kind: TroubleKind;
  /** What to do about it, where that is known. */
  readonly hint: string | undefined;

  /** Makes a trouble; `message` goes behind a colon. */
  constructor(kind: TroubleKind, message: string, hint?: string) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

/** The trouble that an error of `fetch` before the answer's headers means. */
export function sendingTrouble(error: unknown, url: string): HttpError {
  const host = hostOf(url);
  if (error instanceof Deno.errors.NotCapable) {
    return new HttpError(
      "forbidden",
      `this program is not allowed to reach ${host}`,
      `Start it with --allow-net=${host}; where the source leads there, write that address as its url`,
    );
  }
  const reason = reasonOf(error);
  if (/dns error/i.test(reason)) {
    return new HttpError("connection", `there is no host "${new URL(url).hostname}" (DNS)`);
  }
  if (/connection refused/i.test(reason)) {
    return new HttpError("connection", `nothing answers at ${host} (connection refused)`);
  }
  if (/certificate|UnknownIssuer|NotValidForName/i.test(reason)) {
    return new HttpError("certificate", `the certificate of ${host} is not trusted`);
  }
  if (/header|ByteString|invalid.*(method|uri|url)/i.test(reason)) {
    return new HttpError(
      "request",
      "a header or the address holds a character that cannot be sent",
    );
  }
  if (/before message completed|reset|broken pipe|closed/i.test(reason)) {
    return new HttpError("connection", `${host} closed the connection before it answered`);
  }
  return new HttpError("connection", `no answer from ${host} (${reason.slice(0, 120)})`);
}

/** The trouble that an error while reading a body means. */
export function readingTrouble(error: unknown, url: string): HttpError {
  if (error instanceof HttpError) return error;
  const reason = reasonOf(error);
  if (/body|connection|reset|broken pipe|end of file|EOF|closed/i.test(reason)) {
    return new HttpError("incomplete", `${hostOf(url)} broke off in the middle of its answer`);
  }
  return new HttpError("encoding", `the answer of ${hostOf(url)} cannot be decompressed`);
}

/** Host and port of an address. */
export function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** The runtime's message behind its last "client error (...): ", where the address stands no more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const inner = error.cause instanceof Error ? error.cause.message : error.message;
  const parts = /client error \((\w+)\)(?:: (.*))?$/s.exec(inner);
  const reason = parts === null ? inner : parts[2] ?? parts[1] ?? "";
  return reason.replace(/\bhttps?:\/\/\S+/gi, "its address").replace(/\s+/g, " ");
}
