// Owns what is written in one transaction: the rows of each shape with one row per key, which are encoded
// from then on. Making it yields to the event loop, so that a large batch never holds it for long. It
// speaks no SQL.
import { yieldToEventLoop } from "../../yield_to_event_loop.ts";
import type { Row, RowSet, RowShape } from "../../extract/row_shape.ts";
import { CopyText } from "../sql/copy_text.ts";
import { MergedRows } from "../sql/merge_rows.ts";

/** Rows of one shape that go into their table by one statement. */
export interface Load {
  /** Their shape. */
  readonly shape: RowShape;
  /** The rows. */
  readonly text: CopyText;
  /** Whether an earlier load of the same write may hold the same keys. */
  readonly followsSame: boolean;
}

/** Rows merged without a look at the event loop: less than a millisecond's work. */
const ROWS_AT_ONCE = 150;

/**
 * The loads of row sets: sets of one shape taken together in their order, tables in the given order.
 *
 * @throws {RangeError} where a table is not in `order`.
 */
export async function loadsOf(sets: readonly RowSet[], order: readonly string[]): Promise<Load[]> {
  const rank = (shape: RowShape) => {
    const at = order.indexOf(shape.table);
    if (at < 0) throw new RangeError(`Cannot write to table "${shape.table}": it was not prepared`);
    return at;
  };
  const merged = [...await mergedSets(sets)].sort(([a], [b]) => rank(a) - rank(b));
  const loads = merged.flatMap(([shape, { rounds }]) =>
    rounds.map((rows, round) => ({
      rows,
      load: { shape, text: new CopyText(rows.length), followsSame: round > 0 },
    }))
  );
  void encode(loads);
  return loads.map(({ load }) => load);
}

/** One after the other, in the order in which they are sent. */
async function encode(loads: readonly { load: Load; rows: readonly Row[] }[]): Promise<void> {
  for (const { load, rows } of loads) await load.text.encode(rows);
}

async function mergedSets(sets: readonly RowSet[]): Promise<Map<RowShape, MergedRows>> {
  const gathered = new Map<RowShape, MergedRows>();
  let merged = 0;
  for (const { shape, rows } of sets) {
    let into = gathered.get(shape);
    if (into === undefined) gathered.set(shape, into = new MergedRows(shape));
    for (const row of rows) {
      into.add(row);
      if (++merged % ROWS_AT_ONCE === 0) await yieldToEventLoop();
    }
  }
  return gathered;
}

/** The load with these rows of it. */
export async function withRows(load: Load, rows: readonly Row[]): Promise<Load> {
  return { ...load, text: await new CopyText(rows.length).encode(rows) };
}

/** The load in two halves, for rows that only the database takes for one and the same. */
export async function halves(load: Load): Promise<Load[]> {
  const rows = await load.text.decode();
  const half = rows.length >> 1;
  return [
    await withRows(load, rows.slice(0, half)),
    { ...await withRows(load, rows.slice(half)), followsSame: true },
  ];
}
