// Keeps the places of archived responses, in the table hindcast_archive. Rows are written in the transaction that
// commits the rows of the response. Invariant: an entry is at most 100 bytes with its part of the index.
import type { SettledResponse } from "../archive/archive.ts";
import type { Row, RowSet } from "../extract/row_shape.ts";
import type { CommittedReading } from "../archive/interrupted.ts";
import type { Place } from "../fetch/page_archive.ts";
import { isMissingColumn, isMissingTable } from "./history.ts";
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
  const sql = `SELECT stream, scope, each, extract(epoch FROM fetched_at) * 1000, "from", "to" ` +
    `FROM ${LEDGER_TABLE} WHERE job = $1 AND fetched_at >= to_timestamp($2::double precision / 1000)`;
  const { rows } = await target.query(sql, { parameters: [job, sinceMs], readOnly: true });
  return rows.map(([stream, scope, each, at, from, to]) => ({
    ...{ stream: String(stream), scope: String(scope), each: String(each) },
    ...{ from: String(from) || null, to: String(to) || null },
    at: Math.round(Number(at)),
  }));
}

/** The archived responses of a job whose rows were committed. */
export interface ArchiveHoldings {
  /** Number of responses. */
  readonly responses: number;
  /** Their compressed bytes. */
  readonly bytes: number;
  /** First and last day on which a window begins; null without windows. */
  readonly from: string | null;
  /** See `from`. */
  readonly to: string | null;
}

/** The archived responses of a job; undefined if there are none. */
export async function archiveHoldings(
  target: Pick<Target, "query">,
  job: string,
): Promise<ArchiveHoldings | undefined> {
  const read = (count: string) =>
    target.query(
      `SELECT ${count}, sum(length), min(day)::text, max(day)::text FROM ${ARCHIVE_TABLE} ` +
        "WHERE job = $1",
      { parameters: [job], readOnly: true },
    );
  const result = await read("count(*) FILTER (WHERE part IS NULL)").catch((error) => {
    if (isMissingColumn(error)) return read("count(*)");
    if (isMissingTable(error)) return undefined;
    throw error;
  });
  const [responses, bytes, from, to] = result?.rows[0] ?? [0];
  if (Number(responses) === 0) return undefined;
  return {
    ...{ responses: Number(responses), bytes: Number(bytes) },
    ...{ from: from === null ? null : String(from), to: to === null ? null : String(to) },
  };
}

/** The places of a job's responses, as recorded in the target; none in a database of an earlier version. */
export async function* recordedPlaces(
  target: Pick<Target, "stream">,
  job: string,
): AsyncGenerator<Place & { day: string | null }> {
  const sql = `SELECT file::text AS file, "offset", length, day::text AS day
    FROM ${ARCHIVE_TABLE} WHERE job = $1`;
  try {
    for await (const { file, offset, length, day } of target.stream(sql, { parameters: [job] })) {
      const place = { file: BigInt(String(file)), offset: Number(offset), length: Number(length) };
      yield { ...place, day: day === null ? null : String(day) };
    }
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
}

/** Forgets the responses in deleted files. */
export async function forgetFiles(
  target: Pick<Target, "query">,
  files: readonly bigint[],
): Promise<void> {
  const sql = `DELETE FROM ${ARCHIVE_TABLE} WHERE file IN ` +
    "(SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))";
  await target.query(sql, { parameters: [JSON.stringify(files.map(String))] })
    .catch((error) => {
      if (!isMissingTable(error)) throw error;
    });
}

/** The rows that record the places of a job's responses, at an instant in epoch milliseconds. */
export function archiveRows(
  job: string,
  responses: readonly SettledResponse[],
  atMs: number,
): RowSet[] {
  if (responses.length === 0) return [];
  const today = new Date(atMs).toISOString().slice(0, 10);
  const rows = responses.map(({ file, offset, length, day, part }): Row => [
    ...[String(file), String(offset), String(length), day, today, job],
    part === null ? null : String(part),
  ]);
  return [{ shape: SHAPE, rows }];
}
