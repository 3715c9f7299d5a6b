// Reads which process holds a job, for those that it keeps waiting: a run, an update by cron, or a command that
// changes the job's records. It changes nothing.
import { quoteLiteral } from "./sql/identifier.ts";
import { leaseEndedSql } from "./sql/lease_sql.ts";
import { RUNS_TABLE } from "./sql/log_tables.ts";
import { LOCKS_TABLE } from "./sql/system_tables.ts";
import type { Target } from "./write/target.ts";

/** The process that holds a job. */
export interface JobHolder {
  /** The process, its machine and when it took the lock, for display. */
  readonly where: string;
  /** Whether it is known to be an update by cron. */
  readonly isUpdate: boolean;
}

/** The process that holds the lock of a job; undefined if none does. Hindcast's own tables exist. */
export async function readHolder(
  target: Pick<Target, "transact">,
  job: string,
): Promise<JobHolder | undefined> {
  const named = quoteLiteral(job);
  const kind = `SELECT r.kind FROM ${RUNS_TABLE} AS r WHERE r.job = l.job AND r.run = l.run`;
  const [rows] = await target.transact([
    `SELECT concat('pid ', l.pid, ' on ', l.host, ' since ', ` +
    `to_char(l.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' UTC'), (${kind}) ` +
    `FROM ${LOCKS_TABLE} AS l WHERE l.job = ${named} AND NOT ${leaseEndedSql("l.lease_until")}`,
  ]);
  const row = rows![0];
  return row && { where: row[0]!, isUpdate: row[1] === "cron" };
}
