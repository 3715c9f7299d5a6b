// Owns the position of a feed: what a page declares about the next one, and whether the feed has ended for now. Pure.
// Invariant: a cursor is never interpreted, only compared with those before it; a feed that cannot continue fails.
import type { Stream } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import { shownValue } from "../report/text/shown_value.ts";

/** What is read before the first page. */
const NOTHING_READ = { cursor: null, pages: 0, records: 0 };

/** Longest cursor that is kept, in characters. */
const MOST_CURSOR_CHARS = 16_384;

/** Where the readings of a feed have arrived. */
export interface FeedPosition {
  /** Number of the last page that was committed, from 1; it never decreases. */
  readonly seq: number;
  /** Where the next reading continues; null if no response had a cursor yet. */
  readonly cursor: string | null;
  /** When the feed was begun, in epoch milliseconds. */
  readonly startedAt: number;
  /** When the last page was requested, in epoch milliseconds. */
  readonly readAt: number;
  /** Whether the feed had no more then. */
  readonly ended: boolean;
  /** Pages since the feed was begun. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Rows extracted from them. */
  readonly rows: number;
  /** What is committed of the reading `seq`, if it has not ended; the totals do not count it. */
  readonly part?: FeedPart | undefined;
}

/** The pages of a reading whose rows are committed although the reading has not ended. */
export interface FeedPart {
  /** Where its pages continue, as lib/fetch/paging/place.ts writes it. */
  readonly place: string;
  /** Pages read. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Rows extracted from them. */
  readonly rows: number;
  /** Rows of them that are rejected. */
  readonly rejected: number;
  /** The cursor at which the next reading continues, as far as these pages show. */
  readonly cursor: string | null;
}

/** One reading of a feed: a page, or all pages that `paging` finds. */
export interface FeedStep {
  /** Its number. */
  seq: number;
  /** The cursor that it sends; undefined at the start. */
  sent: string | undefined;
  /** Whether a run reads again what it has read before, because rows were rejected. */
  readonly isAgain: boolean;
  /** Whether it is the first of a run, so that another process may have continued the feed in between. */
  readonly isFirst: boolean;
  /** Whether its response comes from an archive, so that it moves no position. */
  readonly isReplay: boolean;
  /** Totals of the pages before it; undefined where the feed begins. */
  before: FeedPosition | undefined;
  /** The pages of it that an earlier run has committed, if the reading continues after them. */
  part?: FeedPart | undefined;
  /** What it found, once its last page was read. */
  reached?: FeedReached | undefined;
  /** Rows of the feed that are rejected once this page was written. */
  outstanding?: number | undefined;
  /** Equal for readings whose last pages have the same records; undefined without records. */
  print?: string | undefined;
}

/** What a reading of a feed has found. */
export interface FeedReached {
  /** Where the next one continues; null if no response had a cursor yet. */
  readonly cursor: string | null;
  /** Whether the feed has no more for now. */
  readonly ended: boolean;
}

/** The position of its feed that a page declares. */
export interface FeedMark {
  /** The value at the path of the cursor or link; a number as the API wrote it, in a string. */
  readonly cursor: unknown;
  /** Whether more pages follow; undefined if the page does not declare it. */
  readonly more: boolean | undefined;
  /** The parameter of the request that limits the page to as many records as it has, if there is one. */
  readonly full: string | undefined;
  /** Equal for pages with the same records. */
  readonly print: string;
  /** Where the pages of the reading continue; undefined if it must begin again, or has ended. */
  readonly place?: string | undefined;
}

/** Collects what the pages of one reading declare. */
export class FeedReading {
  readonly #stream: Stream;
  readonly #step: FeedStep;
  #cursor: unknown;
  #last: FeedMark | undefined;
  #pages: number;
  #records: number;

  /** A reading of a feed; the stream has `since`. */
  constructor(stream: Stream, step: FeedStep) {
    this.#stream = stream;
    this.#step = step;
    const { cursor, pages, records } = step.part ?? NOTHING_READ;
    [this.#cursor, this.#pages, this.#records] = [cursor, pages, records];
  }

  /** Adds a page; one with the index 0 begins the reading again. */
  add(index: number, records: number, mark: FeedMark | undefined): void {
    if (index === 0) {
      this.#step.part = this.#last = undefined;
      [this.#cursor, this.#pages, this.#records] = [null, 0, 0];
    }
    this.#records += records;
    if (mark === undefined) return;
    this.#last = mark;
    this.#pages++;
    const isWanted = this.#stream.since!.page === "last" || isAbsent(this.#cursor);
    if (isWanted && !isAbsent(mark.cursor)) this.#cursor = mark.cursor;
  }

  /** What has been read so far, except its rows; undefined if the reading cannot be continued after its last page. */
  get part(): Omit<FeedPart, "rows" | "rejected"> | undefined {
    const { isAgain, isReplay } = this.#step;
    const place = isAgain || isReplay ? undefined : this.#last?.place;
    const cursor = isAbsent(this.#cursor) ? null : this.#cursor;
    if (place === undefined || !isKept(cursor)) return undefined;
    return { place, pages: this.#pages, records: this.#records, cursor };
  }

  /**
   * The position of the reading.
   *
   * @throws Failure("window") if the feed cannot continue from here.
   */
  result(): Pick<FeedStep, "reached" | "print"> {
    const print = this.#records === 0 ? undefined : this.#last?.print;
    return { reached: this.#end(), print };
  }

  #end(): FeedReached {
    const more = this.#last?.more;
    if (isAbsent(this.#cursor)) return this.#withoutCursor(more);
    const cursor = this.#textOf(this.#cursor);
    const stays = cursor === this.#step.sent;
    if (this.#stream.paging.by !== "none") return { cursor, ended: true };
    if (stays) this.#refuseStandstill(more);
    return { cursor, ended: more === undefined ? stays || this.#records === 0 : !more };
  }

  #withoutCursor(more: boolean | undefined): FeedReached {
    if (more !== true && this.#records === 0) {
      return { cursor: this.#step.sent ?? null, ended: true };
    }
    const what = more === true ? "reports that more follow, but has" : "has records, but";
    throw this.#failure(
      `the response ${what} no value at "${this.#path}"`,
      `Correct the path "${this.#key}" of "since" with deno task probe`,
    );
  }

  /** A cursor that does not move although there is more would hide later records forever. */
  #refuseStandstill(more: boolean | undefined): void {
    if (more === true) {
      throw this.#failure(
        "the response reports that more follow, but returns the cursor that was sent",
        'Check "cursor" and "more" of "since" with deno task probe',
      );
    }
    const full = more === undefined ? this.#last?.full : undefined;
    if (full === undefined) return;
    throw this.#failure(
      `the page is full ("${full}" is ${this.#records}), but its cursor is the one that was sent`,
      `Raise "${full}", or write in "more" of "since" how the response says that more follow`,
    );
  }

  #textOf(cursor: unknown): string {
    if (typeof cursor !== "string") {
      throw this.#failure(
        `the value at "${this.#path}" is ${shownValue(cursor)}`,
        `Correct the path "${this.#key}" of "since"`,
      );
    }
    if (cursor.length <= MOST_CURSOR_CHARS) return cursor;
    throw this.#failure(
      `the cursor at "${this.#path}" has ${cursor.length} characters, more than ${MOST_CURSOR_CHARS}`,
      `Correct the path "${this.#key}" of "since"`,
    );
  }

  get #key(): "cursor" | "link" {
    return this.#stream.since!.link === undefined ? "cursor" : "link";
  }

  get #path(): string {
    return this.#stream.since![this.#key]!;
  }

  #failure(what: string, hint: string): Failure {
    return new Failure("window", `Cannot continue the feed: ${what}`, { hint });
  }
}

/** Whether a cursor can be kept. */
function isKept(cursor: unknown): cursor is string | null {
  return cursor === null || typeof cursor === "string" && cursor.length <= MOST_CURSOR_CHARS;
}

/** Whether a response has no cursor. */
function isAbsent(cursor: unknown): boolean {
  return cursor === undefined || cursor === null || cursor === "" || cursor === false;
}
