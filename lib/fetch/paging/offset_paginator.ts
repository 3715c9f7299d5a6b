// Owns paging by offset. If the API declares a total, all further pages are planned after the first, so
// that they can be fetched concurrently. Invariant: the offset of a step is the number of records on all
// pages before it; if a page held fewer than planned, the plan is discarded and the rest is read page by
// page.
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import { CountedPaginator } from "./counted_paginator.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import type { Place } from "./place.ts";
import { WAIT } from "./tally.ts";
import { tooFull } from "./verdict.ts";
import type { PageStep } from "../http/page_step.ts";

/** The `paging` that this paginator follows. */
export type OffsetPaging = Extract<Paging, { by: "offset" }>;

/** Requests pages by the number of records to skip. */
export class OffsetPaginator extends CountedPaginator<OffsetPaging> {
  /** Planned offsets whose pages have not arrived yet, ascending. */
  #planned: number[] = [];

  /** Returns the first step, which skips nothing. */
  first(): PageStep {
    return this.#step(0);
  }

  /** Returns the verdict on a page; plans all further pages if the total is known, else one. */
  next(page: PageFacts): Verdict {
    const { tally } = this;
    const more = readMoreFlag(this.paging.more, page);
    const beyond = this.#beyond(tally.records + page.records);
    const decided = tally.add(page, { follows: more ?? false, beyond });
    if (decided !== undefined) return decided;
    if (more === false) return tally.ended();
    if (page.records === 0) return more ? tally.emptyButMore() : tally.empty(page);
    if (tally.total === null) {
      const isShort = more === undefined && page.records < this.paging.size;
      return isShort
        ? tally.finish(page, { beyond, shorterThan: this.paging.size })
        : this.#plan(1, page.records);
    }
    if (this.#planned[0] === tally.records) {
      this.#planned.shift();
      return WAIT;
    }
    const isPlanWrong = this.#planned.length > 0;
    const left = Math.max(1, Math.ceil((tally.total - tally.records) / page.records));
    return this.#plan(tally.pages === 1 ? left : 1, page.records, isPlanWrong);
  }

  /** Where a reading continues: at the page that was read last. */
  override placeAfter(page: PageFacts, verdict: Verdict): Place | undefined {
    return this.placeAt(page, verdict, this.#step(this.tally.records - page.records));
  }

  /** Plans `count` pages from the current offset on, `distance` records apart. */
  #plan(count: number, distance: number, replaces = false): Verdict {
    const from = this.tally.records;
    const capped = this.tally.cap(count) ?? this.#refused(from + (count - 1) * distance);
    if (capped !== undefined) return capped;
    const offsets = Array.from({ length: count }, (_, index) => from + index * distance);
    this.#planned = offsets.slice(1);
    const steps = offsets.map((offset) => this.#step(offset));
    return replaces ? { kind: "more", steps, replaces } : { kind: "more", steps };
  }

  /** The step beyond the last page, if the API accepts its offset. */
  #beyond(offset: number): PageStep | undefined {
    return this.#refused(offset) === undefined ? this.#step(offset) : undefined;
  }

  #refused(lastOffset: number): Verdict | undefined {
    const { max_offset: maxOffset } = this.paging;
    if (maxOffset === undefined || this.paging.first + lastOffset <= maxOffset) return undefined;
    return tooFull(
      `its last page is beyond offset ${maxOffset}, the largest that the API accepts`,
      "Make the windows shorter",
      this.tally.total,
    );
  }

  #step(offset: number): PageStep {
    const { in: where, offset_param } = this.paging;
    const value = this.paging.first + offset;
    const name = where === "path" ? "offset" : offset_param;
    const sizes = this.sizeParams(where === "path" ? "query" : where);
    return { params: [{ in: where, name, value }, ...sizes] };
  }
}
