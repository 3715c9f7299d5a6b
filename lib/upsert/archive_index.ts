// Keeps where archived responses lie, in the table hindcast_archive. Rows are written in the transaction that
// commits the rows of the response. Invariant: an entry is at most 100 bytes with its part of the index.
import type { SettledResponse } from "../archive/archive.ts";
import type { Row, RowSet } from "../extract/row_shape.ts";
import type { CommittedReading } from "../archive/interrupted.ts";
import type { Target } from "./write/target.ts";
import { LEDGER_TABLE } from "./sql/log_tables.ts";
import { ARCHIVE_TABLE, shapeOf } from "./sql/system_tables.ts";

const SHAPE = shapeOf(ARCHIVE_TABLE);

/** The readings of a job that the ledger has since an instant, epoch milliseconds. */
export async function committedSince(
  target: Pick<Target, "query">,
  job: string,
  sinceMs: number,
): Promise<CommittedReading[]> {
  const sql = "SELECT stream, scope, each, extract(epoch FROM fetched_at) * 1000 " +
    `FROM ${LEDGER_TABLE} WHERE job = $1 AND fetched_at >= to_timestamp($2::double precision / 1000)`;
  const { rows } = await target.query(sql, { parameters: [job, sinceMs], readOnly: true });
  return rows.map(([stream, scope, each, at]) => ({
    ...{ stream: String(stream), scope: String(scope), each: String(each) },
    at: Math.round(Number(at)),
  }));
}

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
