// Owns things that several users share while any of them needs them: opened by the first, closed after
// the last. An embedded database that nobody uses is so free for another process.

/** Something that is opened for whoever uses it. */
export class Shared<T extends AsyncDisposable> {
  readonly #open: () => Promise<T>;
  #current: Promise<T> | undefined;
  #users = 0;
  #closing: Promise<unknown> = Promise.resolve();

  /** `open` is called whenever nobody has it open. */
  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Runs an action with it. */
  async use<R>(action: (thing: T) => Promise<R>): Promise<R> {
    this.#users++;
    this.#current ??= this.#closing.then(() => this.#open());
    const current = this.#current;
    try {
      return await action(await current);
    } finally {
      this.#users--;
      if (this.#users === 0) await this.#close(current);
    }
  }

  async #close(current: Promise<T>): Promise<void> {
    this.#current = undefined;
    this.#closing = current.then((thing) => thing[Symbol.asyncDispose](), () => {});
    await this.#closing;
  }
}
