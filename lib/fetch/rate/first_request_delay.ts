/**
 * Estimates how late the first request arrived. It alone opens a connection, and in Deno it builds the
 * HTTP client, which takes 7 to 13 ms even on one machine; requests that follow at the right distance then
 * arrive too early. Invariant: the correction is bounded, because a slow first response looks the same.
 */

/** Longest delay attributed to a handshake. */
const MOST_CONNECTING_MS = 300;

/** Compares the first round trip with the following ones. */
export class FirstRequestDelay {
  #firstMs = -Infinity;
  #shortestMs = Infinity;
  #longestMs = -Infinity;

  /** Records how long request `number` took. */
  note(number: number, tripMs: number): void {
    if (number === 0) {
      this.#firstMs = tripMs;
    } else {
      this.#shortestMs = Math.min(this.#shortestMs, tripMs);
      this.#longestMs = Math.max(this.#longestMs, tripMs);
    }
  }

  /** Milliseconds by which the first round trip exceeds the others; 0 when that is within their variation. */
  lateMs(): number {
    const lateMs = this.#firstMs - this.#shortestMs;
    const usualMs = Math.max(0, this.#longestMs - this.#shortestMs);
    return lateMs > usualMs + 1 ? Math.min(lateMs, MOST_CONNECTING_MS) : 0;
  }
}
