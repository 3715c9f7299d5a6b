// Collects the rows that compiled code extracts, by entry. A row with a cast failure or without a key
// becomes a rejection; a row with an ambiguous time waits for the rows around it. One page at a time.
import type { Frame } from "./value/each.ts";
import { resolveTimes } from "./local_order.ts";
import { type Rejection, Rejections } from "./rejection.ts";
import type { RowSink } from "./row_code.ts";
import type { Row, RowSet, RowShape } from "./row_shape.ts";
import { Refusal, Unresolved } from "./value/value.ts";

/** Collects the rows and rejections of one page at a time. */
export class Sink implements RowSink {
  /** Cast failures so far; the compiled code resets it for each element. */
  refusals = 0;
  /** The rows of each entry. */
  rows: Row[][] = [];
  #rejections = new Rejections();
  /** The rows with ambiguous times, and their elements, by entry. */
  #unresolved = new Map<number, Map<Row, Frame>>();
  readonly #shapes: readonly RowShape[];

  /** Creates a sink for the entries of a stream, by their shapes. */
  constructor(shapes: readonly RowShape[]) {
    this.#shapes = shapes;
  }

  /** Begins a page. */
  begin(): void {
    this.rows = this.#shapes.map(() => []);
    this.#rejections = new Rejections();
    this.#unresolved.clear();
  }

  /** Ends a page: decides on ambiguous times, and rejects the rows that stay ambiguous. */
  end(): void {
    for (const [entry, frames] of this.#unresolved) {
      const { columns } = this.#shapes[entry]!;
      for (let at = 0; at < columns.length; at++) this.#resolve(entry, at);
      this.rows[entry] = this.rows[entry]!.filter((row) => {
        const frame = frames.get(row);
        return frame === undefined || !this.#rejects(entry, row, frame);
      });
    }
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
    const refused = row.find((value) => value instanceof Refusal && !(value instanceof Unresolved));
    if (refused !== undefined) return void this.#rejects(entry, row, frame);
    const { columns, key } = this.#shapes[entry]!;
    const missing = key.find((at) => row[at] === null);
    if (missing !== undefined) {
      const reason = "is null, and the column is part of the primary key";
      return this.reject(entry, columns[missing]!, reason, null, frame);
    }
    if (row.some((value) => value instanceof Unresolved)) {
      const frames = this.#unresolved.get(entry) ?? new Map();
      this.#unresolved.set(entry, frames.set(row as Row, frame));
    }
    this.rows[entry]!.push(row as Row);
  }

  /** Rejects a row that contains a cast failure. */
  #rejects(entry: number, row: readonly unknown[], frame: Frame): boolean {
    const refused = row.findIndex((value) => value instanceof Refusal);
    if (refused < 0) return false;
    const { reason, value } = row[refused] as Refusal;
    this.reject(entry, this.#shapes[entry]!.columns[refused]!, reason, value, frame);
    return true;
  }

  /** Decides on the ambiguous times of a column. Rows that differ only in a time of their key have distinct times. */
  #resolve(entry: number, at: number): void {
    const { key } = this.#shapes[entry]!;
    const isKey = key.includes(at);
    for (const rows of groupsOf(this.rows[entry]!, isKey ? key.filter((one) => one !== at) : [])) {
      const known = rows.filter((row) => row[at] !== null);
      const values = known.map((row) => row[at] as string | Unresolved);
      if (!values.some((value) => value instanceof Unresolved)) continue;
      const times = values.map((value) => value instanceof Unresolved ? value.texts : value);
      for (const [index, text] of resolveTimes(times, isKey).entries()) {
        if (text !== undefined) known[index]![at] = text;
      }
    }
  }
}

/** Rows with equal values in some columns, in order. */
function groupsOf(rows: readonly Row[], columns: readonly number[]): Row[][] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(columns.map((at) => row[at])));
  return [...groups.values()];
}
