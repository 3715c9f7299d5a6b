// Owns the count of what has come and is not read yet. Answers wait as bytes, an eighth of the memory
// that their records take; while there are many, no window is begun and no page is asked ahead. The
// page that a window needs next is always asked for, so that nothing waits for what nobody asks for.

/** Bytes of answers that may wait to be read before less is asked for. */
export const MOST_WAITING_BYTES = 4 << 20;

/** The bytes that wait to be read. */
export class Backlog {
  #bytes = 0;
  readonly #mostBytes: number;
  #waiting: (() => void)[] = [];

  /** Nothing waits. */
  constructor(mostBytes: number = MOST_WAITING_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Whether nothing should be asked for that is not needed at once. */
  get isFull(): boolean {
    return this.#bytes >= this.#mostBytes;
  }

  /** Counts an answer until it is disposed of. */
  add(bytes: number): Disposable {
    let counted = bytes;
    this.#bytes += counted;
    return {
      [Symbol.dispose]: () => {
        this.#bytes -= counted;
        counted = 0;
        if (!this.isFull) this.#waiting.splice(0).forEach((enter) => enter());
      },
    };
  }

  /** Waits while it is full, unless the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.isFull && !signal.aborted) {
      const entered = Promise.withResolvers<void>();
      const enter = () => entered.resolve();
      this.#waiting.push(enter);
      signal.addEventListener("abort", enter);
      await entered.promise;
      signal.removeEventListener("abort", enter);
    }
  }
}
