// A counting semaphore that limits concurrent work; it knows nothing about the work. Invariant: at most `count` slots
// are taken, and among the waiters with the lowest rank the one that waited longest is next.
import { WaitingLine } from "./waiting_line.ts";

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
  readonly #line = new WaitingLine<1>((slots) => {
    if (this.#free === 0) return false;
    this.#free -= slots;
    return true;
  });

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
    await this.#line.enter(1, signal, rank);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#free++;
        this.#line.advance();
      },
    };
  }
}
