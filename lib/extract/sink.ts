// Owns what becomes of the rows that compiled code makes: they are gathered by entry, and one that has a
// refused value or no key is a rejection. One page at a time.
import type { Frame } from "./value/each.ts";
import { type Rejection, Rejections } from "./rejection.ts";
import type { RowSink } from "./row_code.ts";
import type { Row, RowSet, RowShape } from "./row_shape.ts";
import { Refusal } from "./value/value.ts";

/** Takes the rows and rejections of one page at a time. */
export class Sink implements RowSink {
  /** Refusals so far; the compiled code sets it back for each element. */
  refusals = 0;
  /** The rows of each entry. */
  rows: Row[][] = [];
  #rejections = new Rejections();
  readonly #shapes: readonly RowShape[];

  /** Makes a sink for the entries of a stream, by their shapes. */
  constructor(shapes: readonly RowShape[]) {
    this.#shapes = shapes;
  }

  /** Begins a page. */
  begin(): void {
    this.rows = this.#shapes.map(() => []);
    this.#rejections = new Rejections();
  }

  /** The rows of the page, by shape; shapes without rows are left out. */
  sets(): RowSet[] {
    return this.#shapes.map((shape, at): RowSet => ({ shape, rows: this.rows[at]! }))
      .filter(({ rows }) => rows.length > 0);
  }

  /** The rejections of the page. */
  rejected(): Rejection[] {
    return this.#rejections.list;
  }

  /** Rejects a row of an entry, or the element as such where no column is named. */
  reject(entry: number, column: string | null, reason: string, value: unknown, frame: Frame): void {
    this.#rejections.add(this.#shapes[entry]!.table, column, reason, value, frame);
  }

  /** A row is kept if the refused value was another table's and its key is whole. */
  settle(entry: number, row: unknown[], frame: Frame): void {
    const { columns, key } = this.#shapes[entry]!;
    const refused = row.findIndex((value) => value instanceof Refusal);
    if (refused >= 0) {
      const { reason, value } = row[refused] as Refusal;
      return this.reject(entry, columns[refused]!, reason, value, frame);
    }
    const missing = key.find((at) => row[at] === null);
    if (missing === undefined) return void this.rows[entry]!.push(row as Row);
    const reason = "is none, and the column is of the key";
    this.reject(entry, columns[missing]!, reason, null, frame);
  }
}
