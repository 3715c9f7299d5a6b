// Owns paging by page number. If the API declares a total or a page count, all further pages are planned
// after the first, so that they can be fetched concurrently. Invariant: page numbers are requested without
// a gap, each once.
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import { CountedPaginator } from "./counted_paginator.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import type { Place } from "./place.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { parseCount } from "./parse_count.ts";
import { WAIT } from "./tally.ts";
import { failed, restart, tooFull } from "./verdict.ts";
import type { PageStep } from "../http/page_step.ts";

/** The `paging` that this paginator follows. */
export type PagePaging = Extract<Paging, { by: "page" }>;

/** Requests pages by number. */
export class PagePaginator extends CountedPaginator<PagePaging> {
  /** Pages planned so far. */
  #planned = 1;
  /** The page count that the API declares. */
  #pages: number | null = null;

  /** Returns the first step. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Returns the verdict on a page; plans all further pages if their count is known, else one. */
  next(page: PageFacts): Verdict {
    const { tally } = this;
    this.#planned = Math.max(this.#planned, tally.pages + 1);
    const wrong = this.#readPages(page);
    if (wrong !== undefined) return wrong;
    const more = readMoreFlag(this.paging.more, page);
    const beyond = this.#beyond();
    const isLast = this.#pages !== null && tally.pages + 1 >= this.#pages;
    const follows = more ?? (this.#pages !== null && !isLast);
    const decided = tally.add(page, { follows, beyond });
    if (decided !== undefined) return decided;
    if (isLast) return tally.end(page, { beyond });
    if (more === false) return tally.ended();
    if (more === undefined && page.records === 0) return this.#emptyPage(page);
    if (more === undefined && this.#isShort(page.records)) {
      return tally.finish(page, { beyond, shorterThan: this.paging.size! });
    }
    return tally.pages < this.#planned ? WAIT : this.#plan(this.#left(page.records));
  }

  /** Where a reading continues: at the page that was read last. */
  override placeAfter(page: PageFacts, verdict: Verdict): Place | undefined {
    return this.placeAt(page, verdict, this.#step(this.tally.pages - 1));
  }

  #readPages(page: PageFacts): Verdict | undefined {
    if (this.paging.pages === undefined) return undefined;
    const before = this.#pages;
    const declared = page.value(this.paging.pages);
    if (declared === undefined || declared === null) return undefined;
    this.#pages = parseCount(declared);
    if (this.#pages === null) {
      return failed(
        `the page count at "${this.paging.pages}" is ${shownValue(declared)}`,
        'Correct the path "pages" of "paging"',
      );
    }
    if (before === null || before === this.#pages) return undefined;
    return restart(`the page count changed from ${before} to ${this.#pages} while paging`);
  }

  #emptyPage(page: PageFacts): Verdict {
    if (this.#pages === null) return this.tally.empty(page);
    return failed(
      `page ${this.tally.pages} of ${this.#pages} was empty`,
      "The API is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** Without a total and a page count, a page that is not full ends the window. */
  #isShort(records: number): boolean {
    if (this.#pages !== null || this.tally.total !== null) return false;
    return this.paging.size !== undefined && records < this.paging.size;
  }

  /** Returns how many pages to plan after one of `records` records; more may turn out to be needed. */
  #left(records: number): number {
    const { pages, total, records: seen } = this.tally;
    if (this.#pages !== null) return this.#pages - pages;
    return total === null || pages > 1 || records === 0
      ? 1
      : Math.max(1, Math.ceil((total - seen) / records));
  }

  /** The step beyond the last page, if the API accepts its number; planned once it is taken. */
  #beyond(): PageStep | undefined {
    return this.#isAccepted(this.#planned) ? this.#step(this.#planned) : undefined;
  }

  #isAccepted(index: number): boolean {
    const { max_page: maxPage, first } = this.paging;
    return maxPage === undefined || first + index <= maxPage;
  }

  #plan(count: number): Verdict {
    const capped = this.tally.cap(count);
    if (capped !== undefined) return capped;
    if (!this.#isAccepted(this.#planned + count - 1)) {
      return tooFull(
        `its last page is beyond page ${this.paging.max_page}, the largest that the API accepts`,
        "Make the windows shorter",
        this.tally.total,
      );
    }
    const from = this.#planned;
    this.#planned += count;
    return { kind: "more", steps: Array.from({ length: count }, (_, i) => this.#step(from + i)) };
  }

  #step(index: number): PageStep {
    const { in: where, page_param, first } = this.paging;
    const name = where === "path" ? "page" : page_param;
    const sizes = this.sizeParams(where === "path" ? "query" : where);
    return { params: [{ in: where, name, value: first + index }, ...sizes] };
  }
}
