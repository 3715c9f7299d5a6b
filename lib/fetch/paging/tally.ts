// Owns what all kinds of paging share: how many pages and records were seen, what total the source
// states, and whether the pages contradict each other. It never decides which page comes next.
// Invariant: "done" because of a total is said only when exactly as many records were seen.
import type { PageFacts, Verdict } from "./paginator.ts";

/** Goes on after a page without asking for another step. */
export const WAIT: Verdict = { kind: "more", steps: [] };
/** The window is complete. */
export const DONE: Verdict = { kind: "done" };

/** The count of one reading of a window. */
export class Tally {
  /** Most pages that may be read. */
  readonly maxPages: number;
  /** Pages seen. */
  pages = 0;
  /** Records seen. */
  records = 0;
  /** Records the source says there are; null until it says so. */
  total: number | null = null;
  #seen = new Set<string>();

  /** A tally that lets at most `maxPages` pages pass. */
  constructor(maxPages: number) {
    this.maxPages = maxPages;
  }

  /** Counts a page; a verdict where the total or a contradiction decides, else undefined. */
  add(page: PageFacts): Verdict | undefined {
    const before = this.total;
    this.pages += 1;
    this.records += page.records;
    this.total = page.total ?? before;
    if (before !== null && this.total !== before) {
      return restart(`the total changed from ${before} to ${this.total} while paging`);
    }
    if (this.total !== null && this.records > this.total) {
      return restart(`${this.records} records came where the source states ${this.total}`);
    }
    const isComplete = this.records === this.total;
    if (isComplete && this.pages === 1) return DONE;
    return this.#repeats(page) ?? (isComplete ? DONE : undefined);
  }

  /** The verdict where the source offers no further page. */
  end(): Verdict {
    if (this.total === null || this.records === this.total) return DONE;
    return tooFull(
      `the pages ended after ${this.records} of ${this.total} records`,
      'Look at "paging" and "total" of the stream with deno task probe, or make the windows shorter',
    );
  }

  /** The verdict on a page without records where pages are counted. */
  empty(): Verdict {
    if (this.total === null) return DONE;
    return failed(
      `page ${this.pages} was empty after ${this.records} of ${this.total} records`,
      "The source is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** The verdict on a page without records that says that others follow it. */
  emptyAmid(): Verdict {
    return failed(
      `page ${this.pages} was empty and says that there is more`,
      'Look at "more" of "paging" with deno task probe',
    );
  }

  /** Undefined where another `count` pages may be read, else the verdict that they may not. */
  cap(count = 1): Verdict | undefined {
    if (this.pages + count <= this.maxPages) return undefined;
    return tooFull(
      `it has more than ${this.maxPages} pages`,
      'Make the windows shorter, or raise "max_pages" of the stream',
    );
  }

  /** As `cap`, for all the pages of `size` records that the total lets expect. */
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
        'Look whether "paging" names the parameters that the source knows',
      );
    }
    this.#seen.add(print);
    return undefined;
  }
}

/** The window is to be read again from its first page. */
export function restart(reason: string): Verdict {
  return { kind: "restart", reason };
}

/** The window cannot be read. */
export function failed(reason: string, hint: string): Verdict {
  return { kind: "failed", reason, hint, tooFull: false };
}

/** The window holds more than can be read in one piece. */
export function tooFull(reason: string, hint: string): Verdict {
  return { kind: "failed", reason, hint, tooFull: true };
}
