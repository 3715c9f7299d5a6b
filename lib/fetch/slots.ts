// Owns the bound on what happens at once. It knows nothing of what is done in a slot. Invariant: at most
// `count` slots are taken, and whoever waited longest is next.

/** A number of places; `using` gives a place back. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** So many places. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Waits for a place.
   *
   * @throws the signal's reason when it aborts first; then no place is taken.
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#queue(signal);
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
    else next();
  }

  #queue(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}
