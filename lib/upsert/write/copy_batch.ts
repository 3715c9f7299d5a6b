// Owns the rows of one transaction: the rows of each shape, merged to one row per key and encoded for COPY.
// Merging yields to the event loop, so that a large batch never blocks it for long. It contains no SQL.
import { yieldToEventLoop } from "../../yield_to_event_loop.ts";
import type { Row, RowSet, RowShape } from "../../extract/row_shape.ts";
import { CopyText } from "../sql/copy_text.ts";
import { MergedRows } from "../sql/merge_rows.ts";

/** Rows of one shape that one statement writes into their table. */
export interface CopyBatch {
  /** Their shape. */
  readonly shape: RowShape;
  /** The rows. */
  readonly text: CopyText;
  /** Whether an earlier copy batch of the same write may contain the same keys. */
  readonly followsSame: boolean;
  /** For each row its place in the order in which the rows came: of equal keys the later one wins. */
  readonly arrival: readonly number[];
}

/** Rows merged before yielding to the event loop: less than a millisecond of work. */
const ROWS_AT_ONCE = 150;

/**
 * The copy batches of row sets: sets of one shape are merged in order, tables follow `order`, and rows the
 * order of their keys.
 *
 * @throws {RangeError} if a table is not in `order`.
 */
export async function copyBatchesOf(
  sets: readonly RowSet[],
  order: readonly string[],
): Promise<CopyBatch[]> {
  const rank = (shape: RowShape) => {
    const at = order.indexOf(shape.table);
    if (at < 0) throw new RangeError(`Cannot write to table "${shape.table}": it was not prepared`);
    return at;
  };
  const merged = [...await mergedSets(sets)].sort(([a], [b]) => rank(a) - rank(b));
  const copies = merged.flatMap(([shape, mergedRows]) =>
    mergedRows.inKeyOrder().map(({ rows, arrival }, round) => ({
      rows,
      copy: { shape, text: new CopyText(rows.length), followsSame: round > 0, arrival },
    }))
  );
  void encode(copies);
  return copies.map(({ copy }) => copy);
}

/** Encodes the batches one after the other, in the order in which they are sent. */
async function encode(copies: readonly { copy: CopyBatch; rows: readonly Row[] }[]): Promise<void> {
  for (const { copy, rows } of copies) await copy.text.encode(rows);
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

/** A row, and its place in the order in which the rows came. */
export interface ArrivedRow {
  /** The row. */
  readonly row: Row;
  /** Its place. */
  readonly at: number;
}

/** The rows of a copy batch, decoded, in the order in which they are written. */
export async function arrivedRows({ text, arrival }: CopyBatch): Promise<ArrivedRow[]> {
  return (await text.decode()).map((row, index) => ({ row, at: arrival[index]! }));
}

/** The copy batch with these rows instead of its own. */
export async function withRows(
  copy: CopyBatch,
  rows: readonly ArrivedRow[],
): Promise<CopyBatch> {
  const text = await new CopyText(rows.length).encode(rows.map(({ row }) => row));
  return { ...copy, text, arrival: rows.map(({ at }) => at) };
}

/** The copy batch in two halves, in the order in which the rows came, for keys that only the database considers equal. */
export async function halves(copy: CopyBatch): Promise<CopyBatch[]> {
  const rows = (await arrivedRows(copy)).sort((a, b) => a.at - b.at);
  const half = rows.length >> 1;
  return [
    await withRows(copy, rows.slice(0, half)),
    { ...await withRows(copy, rows.slice(half)), followsSame: true },
  ];
}
