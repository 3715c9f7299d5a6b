// Owns asking for pages before they are needed, so that one long window uses the full rate. Pages come
// out in the order of their steps. Invariant: no more pages are under way or waiting than the depth, and
// the depth grows only while the reader waits for pages: a slow reader holds two, not the whole window,
// and but one while too much waits elsewhere.
import { AbortBranch } from "./http/abort_branch.ts";
import type { PageStep } from "./http/page_step.ts";

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

/** How pages are asked ahead. */
export interface ReadAheadOptions<T> {
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** How many pages are asked ahead. */
  readonly depth: Depth;
  /** Most pages under way or waiting. */
  readonly mostPages: number;
  /** Whether no page is to be asked for that the reader does not need at once. */
  readonly isCrowded: () => boolean;
  /** Told of each page that came and is not needed any more. */
  readonly drop: (page: T) => void;
}

/** Pages of one window, asked ahead. */
export class ReadAhead<T> implements Disposable {
  readonly #ask: (step: PageStep, signal: AbortSignal) => Promise<T>;
  readonly #options: ReadAheadOptions<T>;
  #branch: AbortBranch;
  #steps: PageStep[] = [];
  #flights: Flight<T>[] = [];

  /** Asks by `ask`. */
  constructor(
    ask: (step: PageStep, signal: AbortSignal) => Promise<T>,
    options: ReadAheadOptions<T>,
  ) {
    this.#ask = ask;
    this.#options = options;
    this.#branch = new AbortBranch(options.signal);
  }

  /** Adds steps behind those that are there. */
  add(steps: readonly PageStep[]): void {
    this.#steps.push(...steps);
    this.#fill();
  }

  /** Drops all steps and what is under way. */
  clear(): void {
    this[Symbol.dispose]();
    this.#branch = new AbortBranch(this.#options.signal);
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
    for (const { page } of this.#flights.splice(0)) page.then(this.#options.drop, () => {});
    this.#branch.abort(new DOMException("The page is not needed any more", "AbortError"));
    this.#branch[Symbol.dispose]();
  }

  /** Deeper where the reader waits for a page, less deep where all pages wait for the reader. */
  #adapt(next: Flight<T>): void {
    const { depth, mostPages } = this.#options;
    const { pages } = depth;
    if (!next.hasLanded && this.#steps.length > 0) {
      depth.pages = Math.min(mostPages, pages * 2);
    } else if (this.#flights.length >= pages && this.#flights.every((flight) => flight.hasLanded)) {
      depth.pages = Math.max(LEAST_PAGES, pages - 1);
    }
  }

  #fill(): void {
    const { depth, isCrowded } = this.#options;
    while (this.#flights.length < depth.pages) {
      if (this.#flights.length > 0 && isCrowded()) return;
      const step = this.#steps.shift();
      if (step === undefined) return;
      const flight: Flight<T> = { page: this.#ask(step, this.#branch.signal), hasLanded: false };
      // A failure is thrown where the page is taken, or not at all when it is not needed any more.
      flight.page.then(() => flight.hasLanded = true, () => flight.hasLanded = true);
      this.#flights.push(flight);
    }
  }
}
