// Owns a resource that several users share: the first user opens it, the last one closes it. An idle
// embedded database is thereby available to other processes.

/** A resource that is open while it has users. */
export class SharedResource<T extends AsyncDisposable> {
  readonly #open: () => Promise<T>;
  #current: Promise<T> | undefined;
  #users = 0;
  #closing: Promise<unknown> = Promise.resolve();

  /** `open` is called when the first user needs the resource. */
  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Runs an action with the resource. */
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
