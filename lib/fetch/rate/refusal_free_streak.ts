/**
 * Measures how long no request has been refused, in responses and in time, so that the pacer can decide when
 * to try a lower margin. Invariant: each failed attempt doubles the wait for the next, up to about a day.
 */

/** A required length without a refusal; both parts must be reached. */
export interface Stretch {
  /** Responses that accepted a request. */
  readonly responses: number;
  /** Milliseconds. */
  readonly ms: number;
}

const MOST_FACTOR = 64;

/** The streak since the last refusal or the last change of the margin. */
export class RefusalFreeStreak {
  #responses = 0;
  #sinceMs = -Infinity;
  #factor = 1;

  /** Starts over. */
  restart(atMs: number): void {
    this.#responses = 0;
    this.#sinceMs = atMs;
  }

  /** Records an accepted request; returns how many there were since the start. */
  note(): number {
    return ++this.#responses;
  }

  /** Doubles the length required from now on. */
  doubleRequirement(): void {
    this.#factor = Math.min(2 * this.#factor, MOST_FACTOR);
  }

  /** Whether the streak is `factor` times as long as `stretch`. */
  lasts(stretch: Stretch, atMs: number, factor: number = this.#factor): boolean {
    return this.#responses >= stretch.responses * factor &&
      atMs - this.#sinceMs >= stretch.ms * factor;
  }
}
