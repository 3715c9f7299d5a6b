/**
 * Measures how long no request has been refused, in answers and in time, so that a pacer dares to try a lower
 * margin. Invariant: each attempt that failed doubles the wait for the next, up to about a day.
 */

/** A stretch without a refusal: long enough only when it is both. */
export interface Stretch {
  /** Answers that let a request through. */
  readonly answers: number;
  /** Milliseconds. */
  readonly ms: number;
}

const MOST_PATIENCE = 64;

/** The time since the last refusal or the last change of the margin. */
export class Quiet {
  #answers = 0;
  #sinceMs = -Infinity;
  #patience = 1;

  /** Starts over. */
  restart(atMs: number): void {
    this.#answers = 0;
    this.#sinceMs = atMs;
  }

  /** Notes a request that was let through; returns how many since the start. */
  note(): number {
    return ++this.#answers;
  }

  /** From now on every stretch has to be twice as long. */
  doublePatience(): void {
    this.#patience = Math.min(2 * this.#patience, MOST_PATIENCE);
  }

  /** Whether it has been quiet for a stretch, once or as often as patience asks. */
  lasts(stretch: Stretch, atMs: number, patience: number = this.#patience): boolean {
    return this.#answers >= stretch.answers * patience &&
      atMs - this.#sinceMs >= stretch.ms * patience;
  }
}
