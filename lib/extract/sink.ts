// Collects the rows that compiled code extracts, by entry. A row with a cast failure or without a key
// becomes a rejection. One page at a time.
import type { Frame } from "./value/each.ts";
import { type Rejection, Rejections } from "./rejection.ts";
import type { RowSink } from "./row_code.ts";
import type { Row, RowSet, RowShape } from "./row_shape.ts";
import { Refusal } from "./value/value.ts";

/** Collects the rows and rejections of one page at a time. */
export class Sink implements RowSink {
  /** Cast failures so far; the compiled code resets it for each element. */
  refusals = 0;
  /** The rows of each entry. */
  rows: Row[][] = [];
  #rejections = new Rejections();
  readonly #shapes: readonly RowShape[];

  /** Creates a sink for the entries of a stream, by their shapes. */
  constructor(shapes: readonly RowShape[]) {
    this.#shapes = shapes;
  }

  /** Begins a page. */
  begin(): void {
    this.rows = this.#shapes.map(() => []);
    this.#rejections = new Rejections();
  }

  /** The rows of the page, by shape; shapes without rows are omitted. */
  sets(): RowSet[] {
    return this.#shapes.map((shape, at): RowSet => ({ shape, rows: this.rows[at]! }))
      .filter(({ rows }) => rows.length > 0);
  }

  /** The rejections of the page. */
  rejected(): Rejection[] {
    return this.#rejections.list;
  }

  /** Rejects a row of an entry, or the element itself where no column is named. */
  reject(entry: number, column: string | null, reason: string, value: unknown, frame: Frame): void {
    this.#rejections.add(this.#shapes[entry]!.table, column, reason, value, frame);
  }

  /** Keeps a row if the cast failure belongs to another table and its key is complete. */
  settle(entry: number, row: unknown[], frame: Frame): void {
    const { columns, key } = this.#shapes[entry]!;
    const refused = row.findIndex((value) => value instanceof Refusal);
    if (refused >= 0) {
      const { reason, value } = row[refused] as Refusal;
      return this.reject(entry, columns[refused]!, reason, value, frame);
    }
    const missing = key.find((at) => row[at] === null);
    if (missing === undefined) return void this.rows[entry]!.push(row as Row);
    const reason = "is null, and the column is part of the primary key";
    this.reject(entry, columns[missing]!, reason, null, frame);
  }
}
