// Owns the hand-over from producers that run at once to one consumer. A producer waits until its value
// has been used, so a slow database holds the fetching back and memory stays bounded: what waits is one
// value a producer. It knows nothing of what passes through it.

interface Waiting<T> {
  readonly value: T;
  readonly used: PromiseWithResolvers<boolean>;
}

/** A hand-over of values from several producers to one consumer. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #waiting: Waiting<T>[] = [];
  #consumer: (() => void) | undefined;
  #closed = false;
  #error: unknown;
  #failed = false;

  /** Hands a value over, and waits until the consumer asks for another; false where the channel was closed first. */
  send(value: T): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    const used = Promise.withResolvers<boolean>();
    this.#waiting.push({ value, used });
    this.#wake();
    return used.promise;
  }

  /** Ends the stream of values; what waits is still delivered, but no producer waits for it. */
  close(): void {
    this.#closed = true;
    for (const { used } of this.#waiting) used.resolve(false);
    this.#wake();
  }

  /** Ends the stream of values with an error, after what waits. */
  fail(error: unknown): void {
    if (!this.#closed) [this.#error, this.#failed] = [error, true];
    this.close();
  }

  /** Takes values until the channel is closed and nothing waits; leaving the loop closes the channel. */
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
