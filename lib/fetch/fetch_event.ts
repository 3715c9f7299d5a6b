// Owns the closed list of fetch events. They carry measures and masked URLs, never a secret and never a
// record. Invariant: each request sent emits one `requested`, and each response read to its end one
// `answered`; a 429 response also emits one `refused`.

/** Fields that all fetch events share. */
export interface About {
  /** Name of the stream. */
  readonly stream: string;
  /** Method and masked URL, such as `GET https://api.test/v1/things?day=2025-01-31`. */
  readonly request: string;
  /** Number of the attempt at this request, from 1. */
  readonly attempt: number;
}

/** An event between Hindcast and the API. */
export type FetchEvent =
  /** A request was sent. */
  | About & { readonly kind: "requested" }
  /** A response was read to its end, whatever its status; `bytes` counts after decompression. */
  | About & {
    readonly kind: "answered";
    readonly status: number;
    readonly ms: number;
    readonly bytes: number;
  }
  /** The API throttled the request; `retryAfterMs` is null if it does not say how long to wait. */
  | About & {
    readonly kind: "refused";
    readonly status: number;
    readonly retryAfterMs: number | null;
  }
  /** The request is retried after `waitMs`. */
  | About & { readonly kind: "retrying"; readonly reason: string; readonly waitMs: number };

/** Receives fetch events in order; it must not throw. */
export type FetchListener = (event: FetchEvent) => void;
