// Owns paging by page number. If the API declares a total or a page count, all further pages are planned
// after the first, so that they can be fetched concurrently. Invariant: page numbers are requested without
// a gap, each once.
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { parseCount } from "./parse_count.ts";
import { DONE, failed, restart, type Tally, tooFull, WAIT } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

type PagePaging = Extract<Paging, { by: "page" }>;

/** Requests pages by number. */
export class PagePaginator implements Paginator {
  readonly #paging: PagePaging;
  readonly #tally: Tally;
  /** Pages planned so far. */
  #planned = 1;
  /** The page count that the API declares. */
  #pages: number | null = null;

  /** Creates the paginator of one reading. */
  constructor(paging: PagePaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** Returns the first step. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Returns the verdict on a page; plans all further pages if their count is known, else one. */
  next(page: PageFacts): Verdict {
    const tally = this.#tally;
    const decided = tally.add(page) ?? this.#readPages(page);
    if (decided !== undefined) return decided;
    if (this.#pages !== null && tally.pages >= this.#pages) return tally.end();
    const more = readMoreFlag(this.#paging.more, page);
    if (more === false) return tally.end();
    if (more === undefined && page.records === 0) return this.#emptyPage();
    if (more === undefined && this.#isShortAndLast(page.records)) return DONE;
    return tally.pages < this.#planned ? WAIT : this.#plan(this.#left(page.records));
  }

  #readPages(page: PageFacts): Verdict | undefined {
    if (this.#paging.pages === undefined) return undefined;
    const before = this.#pages;
    const declared = page.value(this.#paging.pages);
    if (declared === undefined || declared === null) return undefined;
    this.#pages = parseCount(declared);
    if (this.#pages === null) {
      return failed(
        `the page count at "${this.#paging.pages}" is ${shownValue(declared)}`,
        'Correct the path "pages" of "paging"',
      );
    }
    if (before === null || before === this.#pages) return undefined;
    return restart(`the page count changed from ${before} to ${this.#pages} while paging`);
  }

  #emptyPage(): Verdict {
    if (this.#pages === null) return this.#tally.empty();
    return failed(
      `page ${this.#tally.pages} of ${this.#pages} was empty`,
      "The API is inconsistent: try again later, or make the windows shorter",
    );
  }

  /** Without a total and a page count, a page that is not full is the last. */
  #isShortAndLast(records: number): boolean {
    if (this.#pages !== null || this.#tally.total !== null) return false;
    return this.#paging.size !== undefined && records < this.#paging.size;
  }

  /** Returns how many pages to plan after one of `records` records; more may turn out to be needed. */
  #left(records: number): number {
    const { pages, total, records: seen } = this.#tally;
    if (this.#pages !== null) return this.#pages - pages;
    return total === null || pages > 1 || records === 0 ? 1 : Math.ceil((total - seen) / records);
  }

  #plan(count: number): Verdict {
    const capped = this.#tally.cap(count);
    if (capped !== undefined) return capped;
    const { max_page: maxPage, first } = this.#paging;
    if (maxPage !== undefined && first + this.#planned + count - 1 > maxPage) {
      return tooFull(
        `its last page lies beyond page ${maxPage}, the largest that the API accepts`,
        "Make the windows shorter",
      );
    }
    const from = this.#planned;
    this.#planned += count;
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
