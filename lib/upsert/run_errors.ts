// Counts what a run has failed to fetch or to write, by the logs in the target: a process that was killed leaves no
// summary, and what it recorded counts nevertheless. It changes nothing.
import { quoteLiteral } from "./sql/identifier.ts";
import { FAILURES_TABLE, LEDGER_TABLE } from "./sql/log_tables.ts";
import type { Target } from "./write/target.ts";

/** What is missing after a run. */
export interface RunErrors {
  /** Windows that failed and were not fetched later. */
  readonly failed: number;
  /** Rows that were rejected. */
  readonly rejected: number;
}

/**
 * The errors that were recorded for a job from the transaction `sinceXid` on, in which its run started.
 *
 * @throws {Failure} of kind `target` if the logs cannot be read.
 */
export async function readRunErrors(
  target: Pick<Target, "query">,
  job: string,
  sinceXid: number,
): Promise<RunErrors> {
  const ofRun = `job = ${quoteLiteral(job)} AND xid >= ${sinceXid}`;
  const { rows: [row] } = await target.query(
    `WITH w AS (SELECT * FROM ${LEDGER_TABLE} WHERE ${ofRun}) SELECT
    (SELECT count(*) FROM ${FAILURES_TABLE} AS f WHERE ${ofRun} AND reason IS NOT NULL AND NOT EXISTS
      (SELECT FROM w WHERE w.stream = f.stream AND w.scope = f.scope AND w.each = f.each AND w.xid > f.xid
      AND (f."from" = '' OR w."from" COLLATE "C" < f."to" COLLATE "C" AND w."to" COLLATE "C" > f."from" COLLATE "C"))),
    (SELECT coalesce(sum(rejected), 0) FROM w WHERE pages > 0)`,
    { readOnly: true },
  );
  return { failed: Number(row![0]), rejected: Number(row![1]) };
}
