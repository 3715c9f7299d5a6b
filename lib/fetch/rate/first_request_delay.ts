/**
 * How late the first request arrived. It alone connects, and in Deno it builds the client, which takes 7 to
 * 13 ms even on one machine; what follows it at the right distance then comes too early. Invariant: a
 * bound on the correction, since a slow first answer looks the same.
 */

/** A handshake takes no longer. */
const MOST_CONNECTING_MS = 300;

/** Compares the first round trip with the next ones. */
export class FirstTrip {
  #firstMs = -Infinity;
  #shortestMs = Infinity;
  #longestMs = -Infinity;

  /** Notes how long request `number` took. */
  note(number: number, tripMs: number): void {
    if (number === 0) {
      this.#firstMs = tripMs;
    } else {
      this.#shortestMs = Math.min(this.#shortestMs, tripMs);
      this.#longestMs = Math.max(this.#longestMs, tripMs);
    }
  }

  /** Milliseconds by which the first trip exceeds the others; 0 when that is within what they vary by. */
  lateMs(): number {
    const lateMs = this.#firstMs - this.#shortestMs;
    const usualMs = Math.max(0, this.#longestMs - this.#shortestMs);
    return lateMs > usualMs + 1 ? Math.min(lateMs, MOST_CONNECTING_MS) : 0;
  }
}
