// Owns a signal that follows the caller's and can also abort alone. Unlike AbortSignal.any and
// AbortSignal.timeout it leaks nothing. Invariant: its listener and its timer are removed when it is
// disposed, however long the caller's signal lives.

/** A signal that aborts with another signal, or alone. */
export class AbortBranch implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #follow = () => this.#controller.abort(this.#parent.reason);

  /** Creates a branch of the caller's signal. */
  constructor(parent: AbortSignal) {
    this.#parent = parent;
    if (parent.aborted) this.#follow();
    else parent.addEventListener("abort", this.#follow, { once: true });
  }

  /** Aborts with the caller's signal and its reason, or with `abort`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts this branch alone. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Removes the listener from the caller's signal. */
  [Symbol.dispose](): void {
    this.#parent.removeEventListener("abort", this.#follow);
  }
}

/** A branch that aborts after a timeout, in real time because it guards real sockets. */
export class Deadline extends AbortBranch {
  /** Whether the timeout has expired. */
  isOver = false;
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts the timer. */
  constructor(afterMs: number, parent: AbortSignal) {
    super(parent);
    this.#afterMs = afterMs;
    this.start();
  }

  /** Restarts the timer. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.abort(new DOMException("The timeout expired", "TimeoutError"));
    }, this.#afterMs);
  }

  /** Stops the timer while the server is not responsible for the delay. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Stops the timer and removes the listener from the caller's signal. */
  override [Symbol.dispose](): void {
    this.stop();
    super[Symbol.dispose]();
  }
}
