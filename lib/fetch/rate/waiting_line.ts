// The order in which callers wait for something that is bounded: slots, or bytes. Invariant: no waiter overtakes one
// of the same or a lower rank, even if it needs less.

/** A caller that waits. */
interface Waiter<T> {
  readonly need: T;
  readonly rank: number;
  readonly enter: () => void;
}

/** Lets callers in one after the other; `take` takes what a caller needs, or returns false if it is not free. */
export class WaitingLine<T> {
  readonly #take: (need: T) => boolean;
  readonly #waiting: Waiter<T>[] = [];

  /** A line in which nobody waits. */
  constructor(take: (need: T) => boolean) {
    this.#take = take;
  }

  /**
   * Takes what is needed, behind all waiters of the same or a lower rank.
   *
   * @throws the signal's reason if it aborts first; then nothing is taken.
   */
  async enter(need: T, signal: AbortSignal, rank = 0): Promise<void> {
    signal.throwIfAborted();
    const isBehind = this.#waiting.some((other) => other.rank <= rank);
    if (isBehind || !this.#take(need)) await this.#wait(need, signal, rank);
  }

  /** Lets waiters in, as long as what the next one needs is free. */
  advance(): void {
    for (let [next] = this.#waiting; next && this.#take(next.need); [next] = this.#waiting) {
      this.#waiting.shift();
      next.enter();
    }
  }

  #wait(need: T, signal: AbortSignal, rank: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.advance();
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      const waiter = { need, rank, enter };
      const behind = this.#waiting.findIndex((other) => other.rank > rank);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, waiter);
    });
  }
}
