// Owns the closed list of events of fetching. They carry measures and masked addresses, never a secret
// and never a record. Invariant: each request sent makes one `requested`, and each answer read to its end
// one `answered`; an answer 429 makes a `refused` besides.

/** What all events of fetching say. */
export interface About {
  /** Name of the stream. */
  readonly stream: string;
  /** Method and masked address, such as `GET https://api.test/v1/things?day=2025-01-31`. */
  readonly request: string;
  /** Which try of this request it is, from 1. */
  readonly attempt: number;
}

/** Something that happened between this program and the source. */
export type FetchEvent =
  /** A request leaves. */
  | About & { readonly kind: "requested" }
  /** An answer was read to its end, whatever its status; `bytes` after decompression. */
  | About & {
    readonly kind: "answered";
    readonly status: number;
    readonly ms: number;
    readonly bytes: number;
  }
  /** The source says that requests come too fast; null where it does not say how long to wait. */
  | About & {
    readonly kind: "refused";
    readonly status: number;
    readonly retryAfterMs: number | null;
  }
  /** The request will be sent again after `waitMs`. */
  | About & { readonly kind: "retrying"; readonly reason: string; readonly waitMs: number };

/** Receives the events of fetching, in order; it must not throw. */
export type FetchListener = (event: FetchEvent) => void;
