// Owns what is written in one transaction: the rows of each shape, in the order of their tables, each
// load with one row per key. Gathering yields to the event loop, so that a large batch never holds it
// for long. It speaks no SQL.
import { setImmediate } from "node:timers";
import type { Row, RowSet, RowShape } from "../extract/row_shape.ts";
import { MergedRows } from "./merge_rows.ts";

/** Rows of one shape that go into their table by one statement. */
export interface Load {
  /** Their shape. */
  readonly shape: RowShape;
  /** The rows. */
  readonly rows: readonly Row[];
  /** Whether an earlier load of the same write may hold the same keys. */
  readonly followsSame: boolean;
}

/** Rows merged without a look at the event loop: about a millisecond's work. */
const ROWS_AT_ONCE = 500;

/**
 * The loads of row sets: sets of one shape taken together in their order, tables in the given order.
 *
 * @throws {RangeError} where a table is not in `order`.
 */
export async function loadsOf(sets: readonly RowSet[], order: readonly string[]): Promise<Load[]> {
  const gathered = new Map<RowShape, MergedRows>();
  let merged = 0;
  for (const { shape, rows } of sets) {
    let into = gathered.get(shape);
    if (into === undefined) gathered.set(shape, into = new MergedRows(shape));
    for (const row of rows) {
      into.add(row);
      if (++merged % ROWS_AT_ONCE === 0) await breathe();
    }
  }
  const rank = (shape: RowShape) => {
    const at = order.indexOf(shape.table);
    if (at < 0) throw new RangeError(`Cannot write to table "${shape.table}": it was not prepared`);
    return at;
  };
  return [...gathered]
    .sort(([a], [b]) => rank(a) - rank(b))
    .flatMap(([shape, { rounds }]) =>
      rounds.map((rows, round): Load => ({ shape, rows, followsSame: round > 0 }))
    );
}

/** The load in two halves, for rows that only the database takes for one and the same. */
export function halves(load: Load): Load[] {
  const half = load.rows.length >> 1;
  return [
    { ...load, rows: load.rows.slice(0, half) },
    { ...load, rows: load.rows.slice(half), followsSame: true },
  ];
}

/** Lets the event loop do what is due. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
