// Owns what all paginators have in common: the declared paging and the tally of one reading. It decides nothing.
import type { PageParam, PageStep } from "../http/page_step.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import type { Place } from "./place.ts";
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

  /** Where a reading that follows cursors or links continues: at the next one. */
  placeAfter(_page: PageFacts, verdict: Verdict): Place | undefined {
    const step = verdict.kind === "more" && verdict.proof === undefined
      ? verdict.steps[0]
      : undefined;
    const { pages, records } = this.tally;
    return step && { pages, records, step };
  }

  /** Continues a reading; returns the first step. */
  continueAt(place: Place): PageStep {
    this.tally.continueAt(place);
    return place.step;
  }

  /** Where a reading that counts continues: at the page that was read last, which `step` requested. */
  protected placeAt(page: PageFacts, verdict: Verdict, step: PageStep): Place | undefined {
    if (verdict.kind !== "more" || verdict.proof !== undefined) return undefined;
    const { pages, records } = this.tally;
    return {
      pages: pages - 1,
      records: records - page.records,
      step,
      print: page.fingerprint(),
    };
  }

  /** The parameter that declares the page size, if the job has one. */
  protected sizeParams(where: PageParam["in"]): PageParam[] {
    const { size_param: name, size } = this.paging;
    return name === undefined || size === undefined ? [] : [{ in: where, name, value: size }];
  }
}
