// Hands values over from concurrent producers to one consumer. A producer waits until its value has been
// consumed, so a slow database slows fetching down and memory stays bounded. It knows nothing about the
// values. Invariant: at most one value per producer waits.

interface Waiting<T> {
  readonly value: T;
  readonly used: PromiseWithResolvers<boolean>;
}

/** Passes values from several producers to one consumer. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #waiting: Waiting<T>[] = [];
  #consumer: (() => void) | undefined;
  #closed = false;
  #error: unknown;
  #failed = false;

  /** Sends a value and waits until the consumer takes the next one; resolves to false if the channel is closed first. */
  send(value: T): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    const used = Promise.withResolvers<boolean>();
    this.#waiting.push({ value, used });
    this.#wake();
    return used.promise;
  }

  /** Ends the stream of values. Waiting values are still delivered, but no producer waits any longer. */
  close(): void {
    this.#closed = true;
    for (const { used } of this.#waiting) used.resolve(false);
    this.#wake();
  }

  /** Ends the stream of values with an error, thrown after the waiting values. */
  fail(error: unknown): void {
    if (!this.#closed) [this.#error, this.#failed] = [error, true];
    this.close();
  }

  /** Yields values until the channel is closed and empty; leaving the loop closes the channel. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
          try {
            yield next.value;
          } finally {
            next.used.resolve(true);
          }
        }
        if (this.#closed) break;
        await new Promise<void>((resolve) => this.#consumer = resolve);
      }
      if (this.#failed) throw this.#error;
    } finally {
      this.close();
    }
  }

  #wake(): void {
    this.#consumer?.();
    this.#consumer = undefined;
  }
}
