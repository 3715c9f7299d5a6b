// Owns paging by offset: skip so many records, take so many. Where the source states a total, all further
// pages are handed out after the first, so that they can be asked side by side. Invariant: the offset of
// a step is the number of records on all pages before it; where a page held fewer than planned, the plan
// is thrown away and the rest is read page by page.
import type { Paging } from "../../config/schema/job_schema.ts";
import { moreOf } from "./more_flag.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { DONE, type Tally, tooFull, WAIT } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

type OffsetPaging = Extract<Paging, { by: "offset" }>;

/** Pages by number of records to skip. */
export class OffsetPaginator implements Paginator {
  readonly #paging: OffsetPaging;
  readonly #tally: Tally;
  /** Offsets handed out whose pages have not come yet, ascending. */
  #planned: number[] = [];

  /** A machine for one reading. */
  constructor(paging: OffsetPaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** The page that skips nothing. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Plans all further pages where the total is known, else one. */
  next(page: PageFacts): Verdict {
    const tally = this.#tally;
    const decided = tally.add(page);
    if (decided !== undefined) return decided;
    const more = moreOf(this.#paging.more, page);
    if (more === false) return tally.end();
    if (page.records === 0) return more ? tally.emptyAmid() : tally.empty();
    if (tally.total === null) {
      const isLast = more === undefined && page.records < this.#paging.size;
      return isLast ? DONE : this.#plan(1, page.records);
    }
    if (this.#planned[0] === tally.records) {
      this.#planned.shift();
      return WAIT;
    }
    const isPlanGone = this.#planned.length > 0;
    const count = tally.pages === 1 ? Math.ceil((tally.total - tally.records) / page.records) : 1;
    return this.#plan(count, page.records, isPlanGone);
  }

  /** Hands out `count` pages from the present offset on, `distance` records apart. */
  #plan(count: number, distance: number, anew = false): Verdict {
    const from = this.#tally.records;
    const capped = this.#tally.cap(count) ?? this.#beyond(from + (count - 1) * distance);
    if (capped !== undefined) return capped;
    const offsets = Array.from({ length: count }, (_, index) => from + index * distance);
    this.#planned = offsets.slice(1);
    const steps = offsets.map((offset) => this.#step(offset));
    return anew ? { kind: "more", steps, anew } : { kind: "more", steps };
  }

  #beyond(lastOffset: number): Verdict | undefined {
    const { max_offset: maxOffset } = this.#paging;
    if (maxOffset === undefined || this.#paging.first + lastOffset <= maxOffset) return undefined;
    return tooFull(
      `its last page lies beyond offset ${maxOffset}, the largest the source takes`,
      "Make the windows shorter",
    );
  }

  #step(offset: number): PageStep {
    const { in: where, offset_param, size_param, size } = this.#paging;
    const value = this.#paging.first + offset;
    const name = where === "path" ? "offset" : offset_param;
    const params: PageParam[] = [{ in: where, name, value }];
    const sizeIn = where === "path" ? "query" : where;
    if (size_param !== undefined) params.push({ in: sizeIn, name: size_param, value: size });
    return { params };
  }
}
