// Owns the description of a row that the database refused: table, column, reason, and enough of the row to
// find it, bounded in size. Pure.
import type { Rejection } from "../../extract/rejection.ts";
import type { Row, RowShape } from "../../extract/row_shape.ts";
import type { Refusal } from "./isolate_rows.ts";
import { preview } from "../../extract/value/preview.ts";

/** The most bytes of a value or a row that are kept. */
const KEPT_BYTES = 1024;

/** The rejection of a row that the database refused. */
export function rejectionOf(shape: RowShape, row: Row, refusal: Refusal): Rejection {
  const at = refusal.column === null ? -1 : shape.columns.indexOf(refusal.column);
  const named = Object.fromEntries(shape.columns.map((name, index) => [name, row[index] ?? null]));
  return {
    table: shape.table,
    column: at < 0 ? null : shape.columns[at]!,
    reason: `is refused by the database: ${refusal.reason.slice(0, KEPT_BYTES)}`,
    value: preview(at < 0 ? named : row[at] ?? null, KEPT_BYTES),
    record: preview(named, KEPT_BYTES),
  };
}
