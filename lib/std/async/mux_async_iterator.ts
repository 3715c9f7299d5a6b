/**
 * Many streams of values as one, in the order in which the values arrive.
 * Invariant: each stream is at most one value ahead of the reader.
 *
 * @module
 */

type Arrival<T> = { iterator: AsyncIterator<T>; result: IteratorResult<T> } | {
  error: unknown;
};

/** Joins async iterables; what they return at their end is dropped. */
export class MuxAsyncIterator<T> implements AsyncIterable<T> {
  #open = 0;
  #arrivals: Arrival<T>[] = [];
  #wake: () => void = () => {};

  /** Adds a stream, also while the others are being read. */
  add(iterable: AsyncIterable<T>): void {
    this.#open++;
    this.#pull(iterable[Symbol.asyncIterator]());
  }

  /**
   * Gives the values of all streams until all have ended.
   *
   * @throws what a stream threw, after the values that came before it
   */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    while (this.#open > 0) {
      const arrival = this.#arrivals.shift();
      if (!arrival) await new Promise<void>((resolve) => this.#wake = resolve);
      else if ("error" in arrival) throw arrival.error;
      else if (arrival.result.done) this.#open--;
      else {
        yield arrival.result.value;
        this.#pull(arrival.iterator);
      }
    }
  }

  async #pull(iterator: AsyncIterator<T>): Promise<void> {
    try {
      this.#arrivals.push({ iterator, result: await iterator.next() });
    } catch (error) {
      this.#arrivals.push({ error });
    }
    this.#wake();
  }
}
