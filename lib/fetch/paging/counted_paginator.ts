// Owns what all paginators have in common: the declared paging and the tally of one reading. It decides nothing.
import type { PageParam, PageStep } from "../http/page_step.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import type { Tally } from "./tally.ts";

/** A paginator that counts what it reads. */
export abstract class CountedPaginator<
  P extends { size_param?: string | undefined; size?: number | undefined },
> implements Paginator {
  /** The stream's paging. */
  protected readonly paging: P;
  /** Counts this reading. */
  protected readonly tally: Tally;

  /** Creates the paginator of one reading. */
  constructor(paging: P, tally: Tally) {
    this.paging = paging;
    this.tally = tally;
  }

  /** Returns the step to the first page. */
  abstract first(): PageStep;
  /** Takes the facts of the next page, in order, and returns the verdict on it. */
  abstract next(page: PageFacts): Verdict;

  /** The parameter that declares the page size, if the job has one. */
  protected sizeParams(where: PageParam["in"]): PageParam[] {
    const { size_param: name, size } = this.paging;
    return name === undefined || size === undefined ? [] : [{ in: where, name, value: size }];
  }
}
