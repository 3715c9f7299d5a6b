// Owns paging by page number. Where the source states a total or the number of pages, all further pages
// are handed out after the first, so that they can be asked side by side. Invariant: page numbers are
// asked without a gap, each once.
import type { Paging } from "../../config/schema/job_schema.ts";
import { moreOf } from "./more_flag.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { wholeNumber } from "./stated_number.ts";
import { DONE, failed, restart, type Tally, tooFull, WAIT } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

type PagePaging = Extract<Paging, { by: "page" }>;

/** Pages by number. */
export class PagePaginator implements Paginator {
  readonly #paging: PagePaging;
  readonly #tally: Tally;
  /** Pages handed out so far. */
  #asked = 1;
  /** Number of pages the source states. */
  #pages: number | null = null;

  /** A machine for one reading. */
  constructor(paging: PagePaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** The first page. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Plans all further pages where their number is known, else one. */
  next(page: PageFacts): Verdict {
    const tally = this.#tally;
    const decided = tally.add(page) ?? this.#readPages(page);
    if (decided !== undefined) return decided;
    if (this.#pages !== null && tally.pages >= this.#pages) return tally.end();
    const more = moreOf(this.#paging.more, page);
    if (more === false) return tally.end();
    if (more === undefined && page.records === 0) return this.#emptyPage();
    if (more === undefined && this.#isShortAndLast(page.records)) return DONE;
    return tally.pages < this.#asked ? WAIT : this.#plan(this.#left(page.records));
  }

  #readPages(page: PageFacts): Verdict | undefined {
    if (this.#paging.pages === undefined) return undefined;
    const before = this.#pages;
    const stated = page.value(this.#paging.pages);
    if (stated === undefined || stated === null) return undefined;
    this.#pages = wholeNumber(stated);
    if (this.#pages === null) {
      return failed(
        `the number of pages at "${this.#paging.pages}" is ${shownValue(stated)}`,
        'Correct the path "pages" of "paging"',
      );
    }
    if (before === null || before === this.#pages) return undefined;
    return restart(`the number of pages changed from ${before} to ${this.#pages} while paging`);
  }

  #emptyPage(): Verdict {
    if (this.#pages === null) return this.#tally.empty();
    return failed(
      `page ${this.#tally.pages} of ${this.#pages} was empty`,
      "The source is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** Without a total and a number of pages, a page that is not full is the last. */
  #isShortAndLast(records: number): boolean {
    if (this.#pages !== null || this.#tally.total !== null) return false;
    return this.#paging.size !== undefined && records < this.#paging.size;
  }

  /** Pages to ask after one of `records` records; more may turn out to be needed. */
  #left(records: number): number {
    const { pages, total, records: seen } = this.#tally;
    if (this.#pages !== null) return this.#pages - pages;
    return total === null || pages > 1 || records === 0 ? 1 : Math.ceil((total - seen) / records);
  }

  #plan(count: number): Verdict {
    const capped = this.#tally.cap(count);
    if (capped !== undefined) return capped;
    const { max_page: maxPage, first } = this.#paging;
    if (maxPage !== undefined && first + this.#asked + count - 1 > maxPage) {
      return tooFull(
        `its last page lies beyond page ${maxPage}, the largest the source takes`,
        "Make the windows shorter",
      );
    }
    const from = this.#asked;
    this.#asked += count;
    return { kind: "more", steps: Array.from({ length: count }, (_, i) => this.#step(from + i)) };
  }

  #step(index: number): PageStep {
    const { in: where, page_param, first, size_param, size } = this.#paging;
    const name = where === "path" ? "page" : page_param;
    const params: PageParam[] = [{ in: where, name, value: first + index }];
    if (size_param !== undefined && size !== undefined) {
      params.push({ in: where === "path" ? "query" : where, name: size_param, value: size });
    }
    return { params };
  }
}
