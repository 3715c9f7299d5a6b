/**
 * A reply before it becomes an HTTP response: plain values that endpoints create, faults corrupt and tests compare.
 *
 * @module
 */

/** A status, headers and a body. */
export interface Reply {
  /** HTTP status. */
  readonly status: number;
  /** Headers by name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body, or pieces that may fail. */
  readonly body: string | ReadableStream<Uint8Array>;
}

/** A JSON reply. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  };
}

/** An error as the API words it: `{"detail": ...}`. */
export function refusal(
  status: number,
  detail: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return json(status, { detail }, headers);
}

/** A 429; the wait is rounded up to full seconds, as the header requires. */
export function tooManyRequests(retryAfterMs: number): Reply {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return refusal(429, "Rate limit exceeded", { "retry-after": String(seconds) });
}

/** The response to send. */
export function toResponse({ status, headers, body }: Reply): Response {
  return new Response(body, { status, headers });
}
