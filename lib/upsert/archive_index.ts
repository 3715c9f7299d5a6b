// Keeps where archived responses lie, in the table hindcast_archive. Rows are written in the transaction that
// commits the rows of the response. Invariant: an entry is at most 100 bytes with its part of the index.
import type { SettledResponse } from "../archive/archive.ts";
import type { Row, RowSet } from "../extract/row_shape.ts";
import { ARCHIVE_TABLE, shapeOf } from "./sql/system_tables.ts";

const SHAPE = shapeOf(ARCHIVE_TABLE);

/** The rows that record where responses of a job lie, at an instant in epoch milliseconds. */
export function archiveRows(
  job: string,
  responses: readonly SettledResponse[],
  atMs: number,
): RowSet[] {
  if (responses.length === 0) return [];
  const today = new Date(atMs).toISOString().slice(0, 10);
  const rows = responses.map(({ file, offset, length, day }): Row => [
    ...[String(file), String(offset), String(length), day, today, job],
  ]);
  return [{ shape: SHAPE, rows }];
}
