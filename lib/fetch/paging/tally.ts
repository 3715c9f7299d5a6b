// Owns what all kinds of paging share: how many pages and records were read, which total the API declares,
// and whether pages contradict each other. It never decides which page is next. Invariant: a total makes a
// window "done" only if exactly as many records were read.
import type { PageFacts, Verdict } from "./paginator.ts";

/** Continues without another step. */
export const WAIT: Verdict = { kind: "more", steps: [] };
/** The window is complete. */
export const DONE: Verdict = { kind: "done" };

/** Counts one reading of a window. */
export class Tally {
  /** Most pages that may be read. */
  readonly maxPages: number;
  /** Pages read. */
  pages = 0;
  /** Records read. */
  records = 0;
  /** Records that the API declares; null until it does. */
  total: number | null = null;
  #seen = new Set<string>();

  /** Creates a tally that allows at most `maxPages` pages. */
  constructor(maxPages: number) {
    this.maxPages = maxPages;
  }

  /** Counts a page; returns a verdict if the total or a contradiction decides, else undefined. */
  add(page: PageFacts): Verdict | undefined {
    const before = this.total;
    this.pages += 1;
    this.records += page.records;
    this.total = page.total ?? before;
    if (before !== null && this.total !== before) {
      return restart(`the total changed from ${before} to ${this.total} while paging`);
    }
    if (this.total !== null && this.records > this.total) {
      return restart(`the pages hold ${this.records} records, but the API declares ${this.total}`);
    }
    const isComplete = this.records === this.total;
    if (isComplete && this.pages === 1) return DONE;
    return this.#repeats(page) ?? (isComplete ? DONE : undefined);
  }

  /** Returns the verdict if the API offers no further page. */
  end(): Verdict {
    if (this.total === null || this.records === this.total) return DONE;
    return tooFull(
      `the pages ended after ${this.records} of ${this.total} records`,
      'Check "paging" and "total" of the stream with deno task probe, or make the windows shorter',
    );
  }

  /** Returns the verdict on an empty page if pages are counted. */
  empty(): Verdict {
    if (this.total === null) return DONE;
    return failed(
      `page ${this.pages} is empty after ${this.records} of ${this.total} records`,
      "The API is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** Returns the verdict on an empty page whose flag says that more follow. */
  emptyButMore(): Verdict {
    return failed(
      `page ${this.pages} is empty but says that more pages follow`,
      'Check "more" of "paging" with deno task probe',
    );
  }

  /** Returns undefined if `count` more pages may be read, else a verdict. */
  cap(count = 1): Verdict | undefined {
    if (this.pages + count <= this.maxPages) return undefined;
    return tooFull(
      `the window has more than ${this.maxPages} pages`,
      'Make the windows shorter, or raise "max_pages" of the stream',
    );
  }

  /** As `cap`, for all remaining pages of `size` records if the total is known. */
  capRest(size: number | undefined): Verdict | undefined {
    if (this.total === null || size === undefined) return this.cap();
    return this.cap(Math.max(1, Math.ceil((this.total - this.records) / size)));
  }

  #repeats(page: PageFacts): Verdict | undefined {
    if (page.records === 0) return undefined;
    const print = page.fingerprint();
    if (this.#seen.has(print)) {
      return failed(
        `page ${this.pages} repeats an earlier page`,
        'Check that the API knows the parameters that "paging" names',
      );
    }
    this.#seen.add(print);
    return undefined;
  }
}

/** Restarts the window. */
export function restart(reason: string): Verdict {
  return { kind: "restart", reason };
}

/** Fails the window. */
export function failed(reason: string, hint: string): Verdict {
  return { kind: "failed", reason, hint, tooFull: false };
}

/** Fails the window because it holds more than the API returns; shorter windows may succeed. */
export function tooFull(reason: string, hint: string): Verdict {
  return { kind: "failed", reason, hint, tooFull: true };
}
