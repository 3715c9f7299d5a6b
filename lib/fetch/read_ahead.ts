// Fetches pages before they are needed, so that one long window uses the full rate. Pages come out
// in the order of their steps. Invariants: pages are requested in the order of their steps; never more pages
// are in flight or waiting than the depth, and the depth grows only while the reader waits for pages: a slow
// reader holds two pages, not the whole window.
import { AbortBranch } from "./http/abort_branch.ts";
import type { PageStep } from "./http/page_step.ts";

/** How many pages are fetched ahead; all windows of a stream share it, so it is learned once. */
interface Depth {
  /** Most pages in flight or waiting for the reader. */
  pages: number;
}

const LEAST_PAGES = 2;

interface PendingPage<T> {
  readonly page: Promise<T>;
  hasArrived: boolean;
}

/** Options of `ReadAhead`. */
interface ReadAheadOptions<T> {
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** How many pages are fetched ahead. */
  readonly depth: Depth;
  /** Upper bound of the depth. */
  readonly mostPages: number;
  /** Called with each page that arrives after it is no longer needed. */
  readonly drop: (page: T) => void;
}

/** Fetches the pages of one window ahead. */
export class ReadAhead<T> implements Disposable {
  readonly #fetch: (step: PageStep, signal: AbortSignal) => Promise<T>;
  readonly #options: ReadAheadOptions<T>;
  #branch: AbortBranch;
  #steps: PageStep[] = [];
  #pending: PendingPage<T>[] = [];

  /** Fetches each page with `fetch`. */
  constructor(
    fetch: (step: PageStep, signal: AbortSignal) => Promise<T>,
    options: ReadAheadOptions<T>,
  ) {
    this.#fetch = fetch;
    this.#options = options;
    this.#branch = new AbortBranch(options.signal);
  }

  /** Appends steps. */
  add(steps: readonly PageStep[]): void {
    this.#steps.push(...steps);
    this.#fill();
  }

  /** Drops all steps and aborts what is in flight. */
  clear(): void {
    this[Symbol.dispose]();
    this.#branch = new AbortBranch(this.#options.signal);
  }

  /** Takes the page of the next step; there must be one. */
  async take(): Promise<T> {
    const [next] = this.#pending;
    if (next === undefined) throw new RangeError("Cannot take a page: none was requested");
    this.#adapt(next);
    this.#fill();
    try {
      return await next.page;
    } finally {
      this.#pending.shift();
      this.#fill();
    }
  }

  /** Aborts what is in flight. */
  [Symbol.dispose](): void {
    this.#steps = [];
    for (const { page } of this.#pending.splice(0)) page.then(this.#options.drop, () => {});
    this.#branch.abort(new DOMException("The page is no longer needed", "AbortError"));
    this.#branch[Symbol.dispose]();
  }

  /** Deepens while the reader waits for a page, shrinks while all pages wait for the reader. */
  #adapt(next: PendingPage<T>): void {
    const { depth, mostPages } = this.#options;
    const { pages } = depth;
    if (!next.hasArrived && this.#steps.length > 0) {
      depth.pages = Math.min(mostPages, pages * 2);
    } else if (this.#pending.length >= pages && this.#pending.every((page) => page.hasArrived)) {
      depth.pages = Math.max(LEAST_PAGES, pages - 1);
    }
  }

  #fill(): void {
    const { depth } = this.#options;
    while (this.#pending.length < depth.pages) {
      const step = this.#steps.shift();
      if (step === undefined) return;
      const pending: PendingPage<T> = {
        page: this.#fetch(step, this.#branch.signal),
        hasArrived: false,
      };
      // A failure is thrown when the page is taken, or never if the page is no longer needed.
      pending.page.then(() => pending.hasArrived = true, () => pending.hasArrived = true);
      this.#pending.push(pending);
    }
  }
}
