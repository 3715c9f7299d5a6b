// Owns what all kinds of paging share: how many pages and records were read, which total the API declares,
// and whether pages contradict each other or their end. It never decides which page is next. Invariant: a
// total makes a window "done" only if exactly as many records were read, and nothing that a response declares
// contradicts it.
import { formatCount, formatNumber } from "../../report/text/format.ts";
import type { PageStep } from "../http/page_step.ts";
import type { Continuation } from "./continuation.ts";
import { contradicted, isCount, isPartial } from "./contradiction.ts";
import { PageEnds } from "./page_ends.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import type { Place } from "./place.ts";
import { failed, restart, tooFull } from "./verdict.ts";

/** Continues without another step. */
export const WAIT: Verdict = { kind: "more", steps: [] };
/** The window is complete. */
const DONE: Verdict = { kind: "done" };

/** Empty pages in a row after which pages no longer lead to records. */
const MOST_EMPTY_PAGES = 1_000;

/** How a window ends. */
export interface End {
  /** The page beyond the last, which proves that nothing follows; undefined if it cannot be requested. */
  readonly beyond?: PageStep | undefined;
  /** Page size that was requested, if the end is concluded from a shorter page. */
  readonly shorterThan?: number;
}

/** Counts one reading of a window. */
export class Tally {
  /** Most pages that may be read. */
  readonly maxPages: number;
  /** What the stream has learned about its last pages. */
  readonly ends: PageEnds;
  /** Whether the job declares how pages follow each other. */
  readonly isPaged: boolean;
  /** Records of a window at which the API cuts off, if the job declares it. */
  readonly maxRecords: number | undefined;
  /** Records above which the window is given up for shorter ones, if the first page declares more. */
  readonly mostRecords: number | undefined;
  /** Pages read. */
  pages = 0;
  /** Records read. */
  records = 0;
  /** Records that the API declares; null until it does. */
  total: number | null = null;
  /** Whether every total so far was the number of records on its own page. */
  #countsPage = true;
  /** Empty pages since the last record. */
  #emptyPages = 0;
  /** Records on the page whose end is being proven. */
  #proving: number | undefined;
  #seen = new Set<string>();
  /** Fingerprint that the next page must have, because an earlier reading had it. */
  #expected: string | undefined;

  /** Creates a tally that allows at most `maxPages` pages; `isPaged` if the job declares how pages follow. */
  constructor(
    maxPages: number,
    { ends = new PageEnds(), isPaged = true, maxRecords, mostRecords }: {
      ends?: PageEnds;
      isPaged?: boolean;
      maxRecords?: number | undefined;
      mostRecords?: number | undefined;
    } = {},
  ) {
    this.maxPages = maxPages;
    this.ends = ends;
    this.isPaged = isPaged;
    this.maxRecords = maxRecords;
    this.mostRecords = mostRecords;
  }

  /** Continues an earlier reading. */
  continueAt({ pages, records, print }: Place): void {
    [this.pages, this.records, this.#expected] = [pages, records, print];
  }

  /**
   * Counts a page; returns a verdict if the total or a contradiction decides, else undefined. `follows` says
   * that the page leads to another one, so that a total that is reached does not end the window.
   */
  add(page: PageFacts, { follows = false, ...end }: { follows?: boolean } & End = {}):
    | Verdict
    | undefined {
    this.pages += 1;
    this.records += page.records;
    this.#emptyPages = page.records === 0 ? this.#emptyPages + 1 : 0;
    this.ends.saw(page.records);
    const moved = this.#hasMoved(page);
    if (moved !== undefined) return moved;
    // An API may declare anything on a page beyond the last.
    const proven = page.records === 0 ? this.#proof(page) : undefined;
    if (proven !== undefined) return proven;
    const wrong = this.#readTotal(page) ?? this.#isFull();
    if (wrong !== undefined) return wrong;
    if (follows && this.#emptyPages >= MOST_EMPTY_PAGES) return endless();
    const isComplete = this.records === this.total;
    if (isComplete && !follows && this.pages === 1) {
      const verdict = this.finish(page, end);
      if (verdict === DONE) return DONE;
      this.#repeats(page);
      return verdict;
    }
    const decided = this.#repeats(page) ?? this.#proof(page);
    if (decided !== undefined || !isComplete) return decided;
    if (!follows) return this.finish(page, end);
    if (page.records === 0 || this.pages === 1 && this.ends.isProven(page.records)) return DONE;
    if (this.pages === 1) this.#proving = page.records;
    return undefined;
  }

  /** Returns the verdict if the API offers no further page. */
  end(page: PageFacts, end: End = {}): Verdict {
    const isComplete = this.total === null || this.records === this.total;
    return isComplete ? this.finish(page, end) : this.ended();
  }

  /** Returns the verdict if the declared flag says that no page follows. */
  ended(): Verdict {
    if (this.total === null || this.records === this.total) return DONE;
    return tooFull(
      `the pages ended after ${this.records} of ${counted(this.total)}`,
      'Check "paging" and "total" of the stream with deno task probe, or make the windows shorter',
      this.total,
    );
  }

  /** Returns the verdict at the end of a window: done, unless the page declares more or the end has to be proven. */
  finish(page: PageFacts, { beyond, shorterThan }: End = {}): Verdict {
    const signs = this.#signs(page);
    const isSure = shorterThan === undefined || this.ends.isLast(page.records, shorterThan);
    if (signs.length === 0 && isSure) return DONE;
    if (page.records > 0 && beyond !== undefined && this.cap() === undefined) {
      const isNeeded = () =>
        signs.length === 0
          ? shorterThan !== undefined && !this.ends.isLast(page.records, shorterThan)
          : signs.some(isCount) || !this.ends.isProven(page.records);
      if (!isNeeded()) return DONE;
      this.#proving = page.records;
      return { kind: "more", steps: [{ ...beyond, isProof: true }], proof: isNeeded };
    }
    return signs.length === 0 ? DONE : contradicted(page, this, signs);
  }

  /** Returns the verdict on an empty page if pages are counted. */
  empty(page: PageFacts): Verdict {
    if (this.total === null) return this.finish(page);
    return failed(
      `page ${this.pages} is empty after ${this.records} of ${counted(this.total)}`,
      "The API is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** Returns the verdict on an empty page whose flag says that more follow. */
  emptyButMore(): Verdict {
    return failed(
      `page ${this.pages} is empty but reports that more pages follow`,
      'Check "more" of "paging" with deno task probe',
    );
  }

  /** Returns undefined if `count` more pages may be read, else a verdict. */
  cap(count = 1): Verdict | undefined {
    if (this.pages + count <= this.maxPages) return undefined;
    return tooFull(
      `the window has more than ${formatCount(this.maxPages, "page")}`,
      'Make the windows shorter, or raise "max_pages" of the stream',
      this.total,
    );
  }

  /** As `cap`, for all remaining pages of `size` records if the total is known. */
  capRest(size: number | undefined): Verdict | undefined {
    if (this.total === null || size === undefined) return this.cap();
    return this.cap(Math.max(1, Math.ceil((this.total - this.records) / size)));
  }

  /** What a page declares about records beyond it; links on an empty page lead nowhere. */
  #signs(page: PageFacts): Continuation[] {
    const signs = page.continuations(this);
    // Links and flags of an API whose cursors have led on are known; its counts still contradict a cut.
    if (this.ends.hasFollowed) return signs.filter((sign) => isCount(sign) || isPartial(sign));
    return page.records > 0 || !this.isPaged ? signs : signs.filter(isCount);
  }

  /** Learns from the page that was requested to prove an end. */
  #proof(page: PageFacts): Verdict | undefined {
    const last = this.#proving;
    this.#proving = undefined;
    if (last === undefined) return undefined;
    if (page.records > 0) {
      this.ends.disprove(last);
      return undefined;
    }
    this.ends.prove(last);
    const counts = this.#signs(page).filter(isCount);
    return counts.length === 0 ? DONE : contradicted(page, this, counts);
  }

  #readTotal(page: PageFacts): Verdict | undefined {
    const before = this.total;
    if (page.total === null) return this.#exceeds(before);
    if (page.total !== page.records) this.#countsPage = false;
    // A number that equals the length of every page is not the total; only a second page can show this.
    if (this.#countsPage && this.pages > 1 && page.records > 0) {
      this.total = null;
      return undefined;
    }
    this.total = page.total;
    if (before !== null && this.total !== before) {
      return restart(`the total changed from ${before} to ${this.total} while paging`);
    }
    return this.#exceeds(this.total);
  }

  /** The total shows on the first page that the last ones cannot be read. */
  #isFull(): Verdict | undefined {
    const { maxRecords, mostRecords = Infinity, total, records } = this;
    if (this.pages === 1 && total !== null && total > mostRecords) {
      return tooFull(`the window holds ${total} records`, "Make the windows shorter", total);
    }
    if (maxRecords === undefined || !this.isPaged) return undefined;
    if (total === null ? records < maxRecords : total <= maxRecords) return undefined;
    const held = total === null ? `at least ${counted(records)}` : counted(total);
    return tooFull(
      `the window holds ${held}, and the API returns at most ${formatNumber(maxRecords)}`,
      "Make the windows shorter",
      total,
    );
  }

  /** Records that were added or deleted meanwhile would shift the pages. */
  #hasMoved(page: PageFacts): Verdict | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected === undefined || expected === page.fingerprint()) return undefined;
    return restart("the page that was read last now has different records");
  }

  #exceeds(total: number | null): Verdict | undefined {
    if (total === null || this.records <= total) return undefined;
    return restart(`the pages hold ${counted(this.records)}, but the API declares ${total}`);
  }

  #repeats(page: PageFacts): Verdict | undefined {
    if (page.records === 0) return undefined;
    const print = page.fingerprint();
    if (this.#seen.has(print)) {
      return failed(
        `page ${this.pages} repeats an earlier page`,
        'Check that the API supports the parameters of "paging"',
      );
    }
    this.#seen.add(print);
    return undefined;
  }
}

/** The verdict on pages that lead on forever. */
function endless(): Verdict {
  return failed(
    `${
      formatCount(MOST_EMPTY_PAGES, "page")
    } in a row are empty, and each reports that more follow`,
    'Check "paging" with deno task probe, or make the windows shorter',
  );
}

function counted(records: number): string {
  return formatCount(records, "record");
}
