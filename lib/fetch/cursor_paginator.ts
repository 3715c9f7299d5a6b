// Owns paging by cursor: each page says what to send for the next. Invariant: no cursor is sent twice in
// one reading, so a source that goes in circles is noticed at the first repetition.
import type { Paging } from "../config/job_schema.ts";
import type { PageFacts, PageParam, Paginator, Step, Verdict } from "./paginator.ts";
import { shownValue } from "./shown_value.ts";
import { failed, type Tally } from "./tally.ts";

type CursorPaging = Extract<Paging, { by: "cursor" }>;

/** Pages by a cursor from the page before. */
export class CursorPaginator implements Paginator {
  readonly #paging: CursorPaging;
  readonly #tally: Tally;
  readonly #sent = new Set<string>();

  /** A machine for one reading. */
  constructor(paging: CursorPaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** The request without a cursor. */
  first(): Step {
    return { params: this.#sizeParams() };
  }

  /** The page of the cursor that this page holds. */
  next(page: PageFacts): Verdict {
    const decided = this.#tally.add(page);
    if (decided !== undefined) return decided;
    const more = this.#paging.more === undefined ? undefined : page.value(this.#paging.more);
    if (isFalse(more)) return this.#tally.end();
    const cursor = page.value(this.#paging.cursor);
    if (cursor === undefined || cursor === null || cursor === "" || cursor === false) {
      return more === undefined || more === null ? this.#tally.end() : this.#lost();
    }
    return this.#follow(typeof cursor === "bigint" ? String(cursor) : cursor);
  }

  #follow(cursor: unknown): Verdict {
    const { cursor: path, cursor_param: name, in: where } = this.#paging;
    if (typeof cursor !== "string" && typeof cursor !== "number") {
      return failed(
        `the cursor at "${path}" is ${shownValue(cursor)}`,
        'Correct the path "cursor" of "paging"',
      );
    }
    if (this.#sent.has(String(cursor))) {
      return failed(
        `page ${this.#tally.pages} leads back to the cursor "${String(cursor).slice(0, 80)}"`,
        'Look whether "cursor" and "cursor_param" of "paging" are the right ones',
      );
    }
    this.#sent.add(String(cursor));
    const params = [{ in: where, name, value: cursor }, ...this.#sizeParams()];
    return this.#tally.cap() ?? { kind: "more", steps: [{ params }] };
  }

  #lost(): Verdict {
    const { more, cursor } = this.#paging;
    return failed(
      `"${more}" says that there is more, and there is no cursor at "${cursor}"`,
      'Correct the path "cursor" of "paging"',
    );
  }

  #sizeParams(): PageParam[] {
    const { size_param: name, size } = this.#paging;
    const where = this.#paging.in === "header" ? "query" : this.#paging.in;
    return name === undefined || size === undefined ? [] : [{ in: where, name, value: size }];
  }
}

function isFalse(flag: unknown): boolean {
  return flag === false || flag === 0 || flag === "false" || flag === "0" || flag === "";
}
