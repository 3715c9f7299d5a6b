// Owns what is kept of a row that could not be made: table, column, reason, and enough of the value and
// its record to find it again. Everything is bounded, whatever the source sent.
import { Failure } from "../report/failure.ts";
import type { Frame } from "./each.ts";

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
    const record = frame.up === null
      ? preview(frame.element, MAX_BYTES)
      : cut(`${preview(frame.element, MAX_BYTES * 0.7)} in ${this.#previewAbove(frame.up)}`);
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

/** JSON of a value, cut off after so many bytes of UTF-8; never walks further than that. */
export function preview(value: unknown, maxBytes: number): string {
  let text = "";
  writeJson(value, maxBytes, (part) => {
    text += part;
    return text.length < maxBytes;
  });
  return cut(text, maxBytes);
}

/** The text, or as much of it as fits with a mark that there is more. */
function cut(text: string, maxBytes = MAX_BYTES): string {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(maxBytes);
  if (encoder.encodeInto(text, bytes).read === text.length) return text;
  const { read } = encoder.encodeInto(text, bytes.subarray(0, bytes.length - 3));
  return `${text.slice(0, read)}…`;
}

/** Writes JSON part by part until `write` says that it is enough. */
function writeJson(value: unknown, maxChars: number, write: (part: string) => boolean): boolean {
  if (value === undefined) return write("nothing");
  if (typeof value === "string") return write(JSON.stringify(value.slice(0, maxChars)));
  if (typeof value !== "object" || value === null) return write(String(value));
  if (Array.isArray(value)) {
    if (!write("[")) return false;
    for (let at = 0; at < value.length; at++) {
      if (at > 0 && !write(",")) return false;
      if (!writeJson(value[at], maxChars, write)) return false;
    }
    return write("]");
  }
  let before = "{";
  for (const key in value) {
    if (!write(`${before}${JSON.stringify(key.slice(0, maxChars))}:`)) return false;
    if (!writeJson((value as Record<string, unknown>)[key], maxChars, write)) return false;
    before = ",";
  }
  return write(before === "{" ? "{}" : "}");
}
