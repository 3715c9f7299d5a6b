// Owns the bound on what happens at once. It knows nothing of what is done in a slot. Invariant: at most
// `count` slots are taken, and of those with the lowest rank whoever waited longest is next.

/** A number of places; `using` gives a place back. */
export class Semaphore {
  #free: number;
  readonly #waiting: { readonly rank: number; readonly enter: () => void }[] = [];

  /** So many places. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Waits for a place, behind all that wait with the same rank or a lower one.
   *
   * @throws the signal's reason when it aborts first; then no place is taken.
   */
  async take(signal: AbortSignal, rank = 0): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#queue(signal, rank);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#giveBack();
        isTaken = false;
      },
    };
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.enter();
  }

  #queue(signal: AbortSignal, rank: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      const waiting = { rank, enter };
      const behind = this.#waiting.findIndex((other) => other.rank > rank);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, waiting);
    });
  }
}
