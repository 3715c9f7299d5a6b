// Owns paging by cursor: each page holds the cursor of the next, or the time from which the next one begins.
// Invariant: no cursor is sent twice in one reading, so a loop is detected at its first repetition.
import { isScalar } from "../../extract/cast/exact_number.ts";
import { type Moment, parseIso } from "../../extract/cast/moment.ts";
import type { Paging } from "../../config/schema/job_schema.ts";
import { readMoreFlag } from "./more_flag.ts";
import { CountedPaginator } from "./counted_paginator.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import type { Place } from "./place.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { failed } from "./verdict.ts";
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
    const isTemplate = typeof first === "string";
    const param = { ...this.#cursorParam(first), ...isTemplate ? { isTemplate } : {} };
    return { params: [param, ...this.sizeParams(this.#sizeIn)] };
  }

  /** Continues a reading at its next cursor. */
  override continueAt(place: Place): PageStep {
    this.#remember(place.step.params[0]!.value);
    return super.continueAt(place);
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
    // Some APIs signal the end by returning the cursor of the request.
    if (page.records === 0 && textOf(next) === this.#last) return this.tally.end(page);
    const past = this.#passed(next, page);
    if (past !== undefined) return past;
    // At the end, an API that includes the record of the cursor returns only that record.
    if (
      this.#isOfRecord() && textOf(next) === this.#last && page.records < (this.paging.size ?? 2)
    ) {
      return this.tally.end(page);
    }
    return this.#follow(this.#typed(next));
  }

  /** The verdict on a cursor that has reached the edge of the window at which the pages end. */
  #passed(cursor: unknown, page: PageFacts): Verdict | undefined {
    const { first, until } = this.paging;
    if (until === undefined || first === undefined) return undefined;
    const [start, end] = [page.edge(String(first)), page.edge(until)];
    const side = comparedTimes(cursor, end);
    if (side === undefined) {
      return failed(
        `the cursor ${shownValue(cursor)} cannot be compared with ${shownValue(end)}`,
        'Write "first" and "until" of "paging" in the format of the cursor, such as {to|epoch_ms}',
      );
    }
    const isForward = (comparedTimes(start, end) ?? -1) <= 0;
    return (isForward ? side >= 0 : side < 0) ? this.tally.ended() : undefined;
  }

  /** A cursor that is taken from the last record exists on every page, so it does not declare another one. */
  #isOfRecord(): boolean {
    return this.paging.cursor.includes("[");
  }

  get #sizeIn(): PageParam["in"] {
    return this.paging.in === "header" ? "query" : this.paging.in;
  }

  /** Headers hold strings only; a numeric `first` declares that the body requires numbers. */
  #typed(given: unknown): unknown {
    const cursor = this.paging.step === undefined ? given : stepped(given, this.paging.step);
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

  /** Only a parameter of a JSON body takes arrays and objects, such as the sort values of the last record. */
  #canSend(cursor: unknown): boolean {
    const { in: where, cursor_param: param } = this.paging;
    if (!isScalar(cursor)) return where === "body" && param !== undefined;
    return typeof cursor !== "boolean";
  }

  #remember(cursor: unknown): void {
    this.#last = textOf(cursor);
    this.#sent.add(this.#last);
  }

  #cursorParam(value: unknown): PageParam {
    const { in: where, cursor_param: name } = this.paging;
    return name === undefined ? { in: "path", name: "cursor", value } : { in: where, name, value };
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

/** The cursor plus a number; one that is not an integer is unchanged, so it repeats. */
function stepped(cursor: unknown, step: number): unknown {
  const text = isScalar(cursor) ? String(cursor) : "";
  return /^-?\d+$/.test(text) ? String(BigInt(text) + BigInt(step)) : cursor;
}

/** Compares two times, written as integers of one unit or in ISO 8601; undefined where they are not. */
function comparedTimes(a: unknown, b: unknown): number | undefined {
  const [left, right] = [textOf(a), textOf(b)];
  if (/^-?\d+$/.test(left) && /^-?\d+$/.test(right)) {
    // Seconds and milliseconds differ in three digits: compared, they would end the window at once.
    const isOneUnit = Math.abs(left.length - right.length) < 3 || left.length < 6;
    return isOneUnit ? Number(BigInt(left) - BigInt(right)) : undefined;
  }
  const [x, y] = [parseIso(left), parseIso(right)];
  if (x === undefined || y === undefined) return undefined;
  const ms = ({ minute, offset, second, fraction }: Moment) =>
    (minute - (offset ?? 0)) * 60_000 + second * 1000 + Number(`0.${fraction || 0}`) * 1000;
  return ms(x) - ms(y);
}

function textOf(cursor: unknown): string {
  return isScalar(cursor) ? String(cursor) : JSON.stringify(cursor);
}
