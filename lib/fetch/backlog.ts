// Counts response bytes that have arrived and are not parsed yet. Bytes take an eighth of the
// memory of their records; while many wait, no window starts and no page is fetched ahead. Invariant: the
// page that a window needs next is always fetched, so no window waits for a page that nobody requests.

/** Bytes of unparsed responses at which fetching ahead stops. */
export const MOST_WAITING_BYTES: number = 4 << 20;

/** Counts the bytes that wait to be parsed. */
export class Backlog {
  #bytes = 0;
  readonly #mostBytes: number;
  #waiting: (() => void)[] = [];

  /** Creates an empty backlog. */
  constructor(mostBytes: number = MOST_WAITING_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Whether only pages that are needed at once should be fetched. */
  get isFull(): boolean {
    return this.#bytes >= this.#mostBytes;
  }

  /** Counts a response until the result is disposed. */
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

  /** Waits until the backlog is no longer full, or the signal aborts. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
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
