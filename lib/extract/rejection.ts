// Owns what is kept of a row that could not be made: table, column, reason, and enough of the value and
// its record to find it again. Everything is bounded, whatever the source sent.
import { Failure } from "../failure.ts";
import type { Frame } from "./value/each.ts";
import { cut, preview } from "./value/preview.ts";

/** A row (or a whole record) that was not made, and why. */
export interface Rejection {
  /** The table it was for. */
  readonly table: string;
  /** The column whose value was refused; null where it was the record as such. */
  readonly column: string | null;
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** The value, as JSON; at most 1 KiB. */
  readonly value: string;
  /** The element it stood in and those around it, as JSON; at most 1 KiB. */
  readonly record: string;
}

/** Most bytes of a value or record that are kept, in UTF-8. */
const MAX_BYTES = 1024;

/** Rejections of one page after which the window fails: an answer of another shape, not some bad records. */
export const MAX_REJECTIONS = 10_000;

/** Gathers the rejections of one page. */
export class Rejections {
  /** Those gathered so far. */
  readonly list: Rejection[] = [];
  /** Previews of the elements above rejected ones: one of them may be huge and have many. */
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
        `Cannot read records: more than ${MAX_REJECTIONS} of one page were rejected, the last because the value ${reason}`,
        { hint: "deno task probe shows what a record looks like" },
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
