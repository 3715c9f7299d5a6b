// Owns what all methods of signing a request have in common. Types only.
import type { WireRequest } from "../http/request.ts";

/** What signing needs from outside. */
export interface SignerDependencies {
  /** Resolves `${NAME}` in a string. */
  readonly secret: (text: string) => string;
  /** Returns epoch milliseconds. */
  readonly wallNow: () => number;
  /** Returns a new random string of letters and digits. */
  readonly nonce: () => string;
  /** Receives each token that a signer issues, before it is sent. */
  readonly onSecret: (value: string) => void;
}

/** Signs a request; returns the request with the signature. */
export type Sign = (request: WireRequest) => Promise<WireRequest>;
