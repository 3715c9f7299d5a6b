// Opens the stores that the console reads. A connection to a server stays open; an embedded database is open only
// while it is read, so that a run can take it. Invariant: a database that no run has stamped yet is opened again for
// each request, so that the console detects the first run.
import { openStores, type Stores } from "../open_job.ts";
import { SharedResource } from "../shared_resource.ts";

/** The stores of a console. */
export class KeptStores {
  readonly #shared = new SharedResource(() => openStores());
  readonly #signal: AbortSignal;
  #isKept = false;

  /** Opens nothing yet; `signal` closes what is kept open. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Performs an action with the open stores. */
  use<R>(action: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#shared.use(async (stores) => {
      this.#keep(stores);
      return await action(stores);
    });
  }

  #keep({ target }: Stores): void {
    if (this.#isKept || target.kind !== "postgres" || target.id === "") return;
    this.#isKept = true;
    void this.#shared.use(() =>
      new Promise<void>((resolve) => this.#signal.addEventListener("abort", () => resolve()))
    );
  }
}
