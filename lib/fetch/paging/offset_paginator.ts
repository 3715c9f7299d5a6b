// Owns paging by offset. If the API declares a total, all further pages are planned after the first, so
// that they can be fetched concurrently. Invariant: the offset of a step is the number of records on all
// pages before it; if a page held fewer than planned, the plan is discarded and the rest is read page by
// page.
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { DONE, type Tally, tooFull, WAIT } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

type OffsetPaging = Extract<Paging, { by: "offset" }>;

/** Requests pages by the number of records to skip. */
export class OffsetPaginator implements Paginator {
  readonly #paging: OffsetPaging;
  readonly #tally: Tally;
  /** Planned offsets whose pages have not arrived yet, ascending. */
  #planned: number[] = [];

  /** Creates the paginator of one reading. */
  constructor(paging: OffsetPaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** Returns the first step, which skips nothing. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Returns the verdict on a page; plans all further pages if the total is known, else one. */
  next(page: PageFacts): Verdict {
    const tally = this.#tally;
    const decided = tally.add(page);
    if (decided !== undefined) return decided;
    const more = readMoreFlag(this.#paging.more, page);
    if (more === false) return tally.end();
    if (page.records === 0) return more ? tally.emptyButMore() : tally.empty();
    if (tally.total === null) {
      const isLast = more === undefined && page.records < this.#paging.size;
      return isLast ? DONE : this.#plan(1, page.records);
    }
    if (this.#planned[0] === tally.records) {
      this.#planned.shift();
      return WAIT;
    }
    const isPlanWrong = this.#planned.length > 0;
    const count = tally.pages === 1 ? Math.ceil((tally.total - tally.records) / page.records) : 1;
    return this.#plan(count, page.records, isPlanWrong);
  }

  /** Plans `count` pages from the current offset on, `distance` records apart. */
  #plan(count: number, distance: number, replaces = false): Verdict {
    const from = this.#tally.records;
    const capped = this.#tally.cap(count) ?? this.#beyond(from + (count - 1) * distance);
    if (capped !== undefined) return capped;
    const offsets = Array.from({ length: count }, (_, index) => from + index * distance);
    this.#planned = offsets.slice(1);
    const steps = offsets.map((offset) => this.#step(offset));
    return replaces ? { kind: "more", steps, replaces } : { kind: "more", steps };
  }

  #beyond(lastOffset: number): Verdict | undefined {
    const { max_offset: maxOffset } = this.#paging;
    if (maxOffset === undefined || this.#paging.first + lastOffset <= maxOffset) return undefined;
    return tooFull(
      `its last page lies beyond offset ${maxOffset}, the largest that the API accepts`,
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
