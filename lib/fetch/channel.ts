// Owns the bounded queue between producers that run at once and one consumer. A producer waits while
// the queue is full, so a slow database holds the fetching back and memory stays bounded. It knows
// nothing of what passes through it.

/** A bounded queue of values from several producers to one consumer. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #values: T[] = [];
  readonly #producers: (() => void)[] = [];
  #consumer: (() => void) | undefined;
  #closed = false;
  #error: unknown;
  #failed = false;

  /** A queue of at most `capacity` values. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds a value, once there is room; returns false where the channel was closed meanwhile. */
  async send(value: T): Promise<boolean> {
    while (this.#values.length >= this.#capacity && !this.#closed) {
      await new Promise<void>((resolve) => this.#producers.push(resolve));
    }
    if (this.#closed) return false;
    this.#values.push(value);
    this.#wake();
    return true;
  }

  /** Ends the stream of values; what is queued is still delivered. */
  close(): void {
    this.#closed = true;
    this.#wake();
    for (const producer of this.#producers.splice(0)) producer();
  }

  /** Ends the stream of values with an error, after what is queued. */
  fail(error: unknown): void {
    if (!this.#closed) [this.#error, this.#failed] = [error, true];
    this.close();
  }

  /** Takes values until the channel is closed and empty; leaving the loop closes the channel. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        while (this.#values.length > 0) {
          const value = this.#values.shift()!;
          this.#producers.shift()?.();
          yield value;
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
