// Owns paging by cursor: each page holds the cursor of the next. Invariant: no cursor is sent twice in one
// reading, so a loop is detected at its first repetition.
import { isScalar } from "../../extract/cast/exact_number.ts";
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import { CountedPaginator } from "./counted_paginator.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { failed } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

/** The `paging` that this paginator follows. */
export type CursorPaging = Extract<Paging, { by: "cursor" }>;

/** Requests each page with the cursor of the page before. */
export class CursorPaginator extends CountedPaginator<CursorPaging> {
  readonly #sent = new Set<string>();
  /** The cursor of the last request. */
  #last: string | undefined;

  /** Returns the first step: without a cursor, or with the declared first one. */
  first(): PageStep {
    const { first } = this.paging;
    if (first === undefined) return { params: this.sizeParams(this.#sizeIn) };
    this.#remember(first);
    return { params: [this.#cursorParam(first), ...this.sizeParams(this.#sizeIn)] };
  }

  /** Returns the verdict on a page; its cursor leads to the next. */
  next(page: PageFacts): Verdict {
    const more = readMoreFlag(this.paging.more, page);
    const cursor = page.value(this.paging.cursor);
    const isLast = cursor === undefined || cursor === null || cursor === "" || cursor === false;
    const decided = this.tally.add(page, { follows: more ?? (!isLast && !this.#isOfRecord()) });
    if (decided !== undefined) return decided;
    if (this.tally.pages > 1 && page.records > 0) this.tally.ends.hasFollowed = true;
    if (more === false) return this.tally.ended();
    if (isLast) return more === undefined ? this.tally.end(page) : this.#lost();
    const next = this.paging.encoded ? decoded(cursor) : cursor;
    // Some APIs end by returning the cursor that they were sent.
    if (page.records === 0 && textOf(next) === this.#last) return this.tally.end(page);
    return this.#follow(this.#typed(next));
  }

  /** A cursor that is taken from the last record exists on every page, so it does not declare another one. */
  #isOfRecord(): boolean {
    return this.paging.cursor.includes("[");
  }

  get #sizeIn(): PageParam["in"] {
    return this.paging.in === "header" ? "query" : this.paging.in;
  }

  /** Headers hold strings only; a numeric `first` declares that the body requires numbers. */
  #typed(cursor: unknown): unknown {
    const isNumber = typeof this.paging.first === "number" && typeof cursor === "string" &&
      /^\d{1,15}$/.test(cursor);
    return isNumber ? Number(cursor) : cursor;
  }

  #follow(cursor: unknown): Verdict {
    const { cursor: path, size } = this.paging;
    if (!this.#canSend(cursor)) {
      return failed(
        `the cursor at "${path}" is ${shownValue(cursor)}`,
        'Correct the path "cursor" of "paging"',
      );
    }
    if (this.#sent.has(textOf(cursor))) {
      return failed(
        `page ${this.tally.pages} repeats the cursor "${textOf(cursor).slice(0, 80)}"`,
        'Check "cursor" and "cursor_param" of "paging"',
      );
    }
    this.#remember(cursor);
    const params = [this.#cursorParam(cursor), ...this.sizeParams(this.#sizeIn)];
    return this.tally.capRest(size) ?? { kind: "more", steps: [{ params }] };
  }

  /** Only a JSON body takes arrays and objects, such as the sort values of the last record. */
  #canSend(cursor: unknown): boolean {
    if (!isScalar(cursor)) return this.paging.in === "body";
    return typeof cursor !== "boolean";
  }

  #remember(cursor: unknown): void {
    this.#last = textOf(cursor);
    this.#sent.add(this.#last);
  }

  #cursorParam(value: unknown): PageParam {
    return { in: this.paging.in, name: this.paging.cursor_param, value };
  }

  #lost(): Verdict {
    const { more, cursor } = this.paging;
    const flag = typeof more === "object" ? more.path : more;
    return failed(
      `"${flag}" reports that more pages follow, but there is no cursor at "${cursor}"`,
      'Correct the path "cursor" of "paging"',
    );
  }
}

/** The cursor without its percent-encoding, which sending adds again; unchanged if it has none that is valid. */
function decoded(cursor: unknown): unknown {
  if (typeof cursor !== "string") return cursor;
  try {
    return decodeURIComponent(cursor);
  } catch {
    return cursor;
  }
}

function textOf(cursor: unknown): string {
  return isScalar(cursor) ? String(cursor) : JSON.stringify(cursor);
}
