// Decides how far a window that fails because of its content is halved: until everything except the faulty part is
// loaded. Invariant: an API that fails for every window costs at most six further requests per failed window, and a
// window is halved a bounded number of times.
import type { Failure } from "../../failure.ts";

/** Halvings without a success after which the cause is not a few records. */
const DEPTH_WITHOUT_SUCCESS = 2;
/** Most halvings of one window. */
const MOST_HALVINGS = 64;

/** What halving one window has shown so far. */
export class Bisection {
  #halvings = 0;
  #hasSucceeded = false;

  /** Records that a part of the window was read completely. */
  succeeded(): void {
    this.#hasSucceeded = true;
  }

  /** Whether a part that failed is halved; `depth` is the number of halvings that led to it. Counts it. */
  mayHalve(depth: number): boolean {
    if (this.#halvings >= MOST_HALVINGS) return false;
    if (depth >= DEPTH_WITHOUT_SUCCESS && !this.#hasSucceeded) return false;
    this.#halvings++;
    return true;
  }
}

/**
 * Whether a window may have failed because of a few of its records: the API had an error, or its response cannot
 * be read. A refused request would be refused for the halves too.
 */
export function mayBeContent({ kind, tooFull, status }: Failure): boolean {
  return kind === "window" && !tooFull && (status === undefined || status >= 500);
}
