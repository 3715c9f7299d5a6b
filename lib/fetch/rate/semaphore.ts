// Owns a bound on concurrent work. It knows nothing about the work. Invariant: at most `count` slots are
// taken, and among the waiters with the lowest rank the one that waited longest is next.

/**
 * A semaphore with a fixed number of slots; `using` releases a slot.
 *
 * @example
 * ```ts
 * const semaphore = new Semaphore(2);
 * const signal = AbortSignal.timeout(1_000);
 * {
 *   using _first = await semaphore.take(signal);
 *   using _second = await semaphore.take(signal);
 * } // Both slots are free again.
 * ```
 */
export class Semaphore {
  #free: number;
  readonly #waiting: { readonly rank: number; readonly enter: () => void }[] = [];

  /** Creates a semaphore with `count` slots. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Waits for a slot, behind all waiters of the same or a lower rank.
   *
   * @throws the signal's reason when it aborts first; then no slot is taken.
   */
  async take(signal: AbortSignal, rank = 0): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#queue(signal, rank);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#release();
        isTaken = false;
      },
    };
  }

  #release(): void {
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
