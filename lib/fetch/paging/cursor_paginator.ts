// Owns paging by cursor: each page says what to send for the next. Invariant: no cursor is sent twice in
// one reading, so a source that goes in circles is noticed at the first repetition.
import type { Paging } from "../../config/schema/job_schema.ts";
import { jsonText } from "../../extract/value/json_text.ts";
import { moreOf } from "./more_flag.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { failed, type Tally } from "./tally.ts";
import type { PageParam } from "../http/page_step.ts";
import type { PageStep } from "../http/page_step.ts";

type CursorPaging = Extract<Paging, { by: "cursor" }>;

/** Pages by a cursor from the page before. */
export class CursorPaginator implements Paginator {
  readonly #paging: CursorPaging;
  readonly #tally: Tally;
  readonly #sent = new Set<string>();
  /** The cursor that was sent last. */
  #last: string | undefined;

  /** A machine for one reading. */
  constructor(paging: CursorPaging, tally: Tally) {
    this.#paging = paging;
    this.#tally = tally;
  }

  /** The request without a cursor, or with the one that the source wants first. */
  first(): PageStep {
    const { first } = this.#paging;
    if (first === undefined) return { params: this.#sizeParams() };
    this.#remember(first);
    return { params: [this.#cursorParam(first), ...this.#sizeParams()] };
  }

  /** The page of the cursor that this page holds. */
  next(page: PageFacts): Verdict {
    const decided = this.#tally.add(page);
    if (decided !== undefined) return decided;
    const more = moreOf(this.#paging.more, page);
    if (more === false) return this.#tally.end();
    const cursor = page.value(this.#paging.cursor);
    if (cursor === undefined || cursor === null || cursor === "" || cursor === false) {
      return more === undefined ? this.#tally.end() : this.#lost();
    }
    // Some sources say that nothing follows by giving back the cursor that they were sent.
    if (page.records === 0 && textOf(cursor) === this.#last) return this.#tally.end();
    return this.#follow(this.#typed(cursor));
  }

  /** A header has texts only; a first value that is a number says that the body wants numbers. */
  #typed(cursor: unknown): unknown {
    const isNumber = typeof this.#paging.first === "number" && typeof cursor === "string" &&
      /^\d{1,15}$/.test(cursor);
    return isNumber ? Number(cursor) : cursor;
  }

  #follow(cursor: unknown): Verdict {
    const { cursor: path, size } = this.#paging;
    if (!this.#canSend(cursor)) {
      return failed(
        `the cursor at "${path}" is ${shownValue(cursor)}`,
        'Correct the path "cursor" of "paging"',
      );
    }
    if (this.#sent.has(textOf(cursor))) {
      return failed(
        `page ${this.#tally.pages} leads back to the cursor "${textOf(cursor).slice(0, 80)}"`,
        'Look whether "cursor" and "cursor_param" of "paging" are the right ones',
      );
    }
    this.#remember(cursor);
    const params = [this.#cursorParam(cursor), ...this.#sizeParams()];
    return this.#tally.capRest(size) ?? { kind: "more", steps: [{ params }] };
  }

  /** Only a JSON body takes lists and maps, such as the sort values of the last record. */
  #canSend(cursor: unknown): boolean {
    if (typeof cursor === "object") return this.#paging.in === "body";
    return typeof cursor !== "boolean";
  }

  #remember(cursor: unknown): void {
    this.#last = textOf(cursor);
    this.#sent.add(this.#last);
  }

  #cursorParam(value: unknown): PageParam {
    return { in: this.#paging.in, name: this.#paging.cursor_param, value };
  }

  #lost(): Verdict {
    const { more, cursor } = this.#paging;
    const flag = typeof more === "object" ? more.path : more;
    return failed(
      `"${flag}" says that there is more, and there is no cursor at "${cursor}"`,
      'Correct the path "cursor" of "paging"',
    );
  }

  #sizeParams(): PageParam[] {
    const { size_param: name, size } = this.#paging;
    const where = this.#paging.in === "header" ? "query" : this.#paging.in;
    return name === undefined || size === undefined ? [] : [{ in: where, name, value: size }];
  }
}

function textOf(cursor: unknown): string {
  return typeof cursor === "object" ? jsonText(cursor) : String(cursor);
}
