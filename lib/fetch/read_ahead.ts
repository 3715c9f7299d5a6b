// Owns asking for pages before they are needed, so that one long window uses the full rate. Pages come
// out in the order of their steps. Invariant: no more pages are under way or waiting than the depth, and
// the depth grows only while the reader waits for pages: a slow reader holds two, not the whole window.
import { AbortBranch } from "./abort_branch.ts";
import type { Step } from "./paginator.ts";

/** How many pages are asked ahead; shared by all windows of a stream, so that it is learnt once. */
export interface Depth {
  /** Pages under way or waiting for the reader, at most. */
  pages: number;
}

const LEAST_PAGES = 2;

interface Flight<T> {
  readonly page: Promise<T>;
  hasLanded: boolean;
}

/** Pages of one window, asked ahead. */
export class ReadAhead<T> implements Disposable {
  readonly #ask: (step: Step, signal: AbortSignal) => Promise<T>;
  readonly #signal: AbortSignal;
  readonly #depth: Depth;
  readonly #mostPages: number;
  #branch: AbortBranch;
  #steps: Step[] = [];
  #flights: Flight<T>[] = [];

  /** Asks by `ask`, with at most `mostPages` under way or waiting. */
  constructor(
    ask: (step: Step, signal: AbortSignal) => Promise<T>,
    options: { signal: AbortSignal; depth: Depth; mostPages: number },
  ) {
    this.#ask = ask;
    this.#signal = options.signal;
    this.#depth = options.depth;
    this.#mostPages = options.mostPages;
    this.#branch = new AbortBranch(options.signal);
  }

  /** Adds steps behind those that are there. */
  add(steps: readonly Step[]): void {
    this.#steps.push(...steps);
    this.#fill();
  }

  /** Drops all steps and what is under way. */
  clear(): void {
    this[Symbol.dispose]();
    this.#branch = new AbortBranch(this.#signal);
  }

  /** The page of the next step. There must be one. */
  async take(): Promise<T> {
    const [next] = this.#flights;
    if (next === undefined) throw new RangeError("Cannot take a page: none was asked for");
    this.#adapt(next);
    this.#fill();
    try {
      return await next.page;
    } finally {
      this.#flights.shift();
      this.#fill();
    }
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#steps = [];
    this.#flights = [];
    this.#branch.abort(new DOMException("The page is not needed any more", "AbortError"));
    this.#branch[Symbol.dispose]();
  }

  /** Deeper where the reader waits for a page, less deep where all pages wait for the reader. */
  #adapt(next: Flight<T>): void {
    const { pages } = this.#depth;
    if (!next.hasLanded && this.#steps.length > 0) {
      this.#depth.pages = Math.min(this.#mostPages, pages * 2);
    } else if (this.#flights.length >= pages && this.#flights.every((flight) => flight.hasLanded)) {
      this.#depth.pages = Math.max(LEAST_PAGES, pages - 1);
    }
  }

  #fill(): void {
    while (this.#flights.length < this.#depth.pages) {
      const step = this.#steps.shift();
      if (step === undefined) return;
      const flight: Flight<T> = { page: this.#ask(step, this.#branch.signal), hasLanded: false };
      // A failure is thrown where the page is taken, or not at all when it is not needed any more.
      flight.page.then(() => flight.hasLanded = true, () => flight.hasLanded = true);
      this.#flights.push(flight);
    }
  }
}
