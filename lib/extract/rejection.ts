// Owns rejections: table, column, reason, and enough of the value and its record to find them again.
// Their size is bounded, however much the API sent.
import { Failure } from "../failure.ts";
import type { Frame } from "./value/each.ts";
import { cut, preview } from "./value/preview.ts";

/** A row, or a whole record, that was rejected, and why. */
export interface Rejection {
  /** The row's table. */
  readonly table: string;
  /** The column whose value was rejected; null where the record itself was. */
  readonly column: string | null;
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** The value, as JSON; at most 1 KiB. */
  readonly value: string;
  /** The element that contains it and the elements around that, as JSON; at most 1 KiB. */
  readonly record: string;
}

/** Most bytes of a value or record in a rejection, in UTF-8. */
const MAX_BYTES = 1024;

/** Rejections of one page after which the window fails: the response has another shape. */
export const MAX_REJECTIONS = 10_000;

/** Collects the rejections of one page. */
export class Rejections {
  /** The rejections so far. */
  readonly list: Rejection[] = [];
  /** Previews of the elements above rejected ones: one huge element may contain many. */
  readonly #above = new WeakMap<Frame, string>();

  /**
   * Adds one.
   *
   * @throws {Failure} of kind `window` when there are too many.
   */
  add(table: string, column: string | null, reason: string, value: unknown, frame: Frame): void {
    if (this.list.length >= MAX_REJECTIONS) {
      throw new Failure(
        "window",
        `Cannot read records: more than ${MAX_REJECTIONS} of one page were rejected; the last value ${reason}`,
        { hint: "See a record with deno task probe" },
      );
    }
    const record = frame.up === null ? preview(frame.element, MAX_BYTES) : cut(
      `${preview(frame.element, MAX_BYTES * 0.7)} in ${this.#previewAbove(frame.up)}`,
      MAX_BYTES,
    );
    this.list.push({ table, column, reason, value: preview(value, MAX_BYTES), record });
  }

  #previewAbove(frame: Frame): string {
    const known = this.#above.get(frame);
    if (known !== undefined) return known;
    const text = preview(frame.element, MAX_BYTES * 0.4) +
      (frame.up === null ? "" : ` in ${this.#previewAbove(frame.up)}`);
    this.#above.set(frame, text);
    return text;
  }
}
