// Owns ending a part of the work while the rest goes on: a signal that follows the caller's, and may
// abort alone. Unlike AbortSignal.any and AbortSignal.timeout it leaves nothing behind: its listener and
// its timer are gone when it is disposed, however long the caller's signal lives.

/** A signal that aborts with another signal, and for reasons of its own. */
export class AbortBranch implements Disposable {
  readonly #controller = new AbortController();
  readonly #trunk: AbortSignal;
  readonly #follow = () => this.#controller.abort(this.#trunk.reason);

  /** A branch of the caller's signal. */
  constructor(trunk: AbortSignal) {
    this.#trunk = trunk;
    if (trunk.aborted) this.#follow();
    else trunk.addEventListener("abort", this.#follow, { once: true });
  }

  /** Aborts with the caller's signal and its reason, or with `abort`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts this branch alone. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Lets go of the caller's signal. */
  [Symbol.dispose](): void {
    this.#trunk.removeEventListener("abort", this.#follow);
  }
}

/** A branch that aborts after a time. It runs on real time, since it guards what real sockets do. */
export class Deadline extends AbortBranch {
  /** Whether the time has run out. */
  isOver = false;
  readonly #timer: ReturnType<typeof setTimeout>;

  /** Starts the time. */
  constructor(afterMs: number, trunk: AbortSignal) {
    super(trunk);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.abort(new DOMException("The time is over", "TimeoutError"));
    }, afterMs);
  }

  /** Stops the time and lets go of the caller's signal. */
  override [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    super[Symbol.dispose]();
  }
}
