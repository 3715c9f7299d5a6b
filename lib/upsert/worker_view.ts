// Reads the workers of a job's last run for display. It changes nothing.
import { isMissingTable } from "./history.ts";
import { CLAIMS_TABLE, WORKERS_TABLE } from "./sql/worker_tables.ts";
import type { Target } from "./write/target.ts";

/** A worker as `status` shows it; field names are those of its JSON. */
export interface WorkerView {
  /** Id of the run that it works on. */
  readonly run: string;
  /** What its lines are marked with. */
  readonly name: string;
  /** Name of the machine. */
  readonly host: string;
  /** Process id on that machine. */
  readonly pid: number;
  /** When it started, ISO 8601. */
  readonly started_at: string;
  /** Its last heartbeat, ISO 8601. */
  readonly seen_at: string;
  /** When it left, ISO 8601; null while it works. */
  readonly ended_at: string | null;
  /** Windows that it has finished. */
  readonly windows: number;
  /** Windows that it has claimed and not finished. */
  readonly claimed: number;
  /** Requests that it has sent. */
  readonly requests: number;
  /** Rows that it has inserted or changed. */
  readonly rows: number;
  /** Requests a second, lately. */
  readonly per_second: number;
}

/**
 * The workers of the last run of a job, in the order in which they started; none in a database of an earlier
 * version.
 */
export async function readWorkers(
  target: Pick<Target, "query">,
  job: string,
): Promise<WorkerView[]> {
  const sql = `SELECT w.run, w.name, w.host, w.pid, w.started_at, w.seen_at, w.ended_at, w.windows,
    (SELECT count(*) FROM ${CLAIMS_TABLE} AS c WHERE c.job = w.job AND c.worker = w.worker),
    w.requests, w.rows, w.per_second FROM ${WORKERS_TABLE} AS w WHERE w.job = $1 ORDER BY w.started_at, w.name`;
  try {
    const { rows } = await target.query(sql, { parameters: [job], readOnly: true });
    return rows.map((row) => ({
      ...{ run: String(row[0]), name: String(row[1]), host: String(row[2]), pid: Number(row[3]) },
      ...{ started_at: String(row[4]), seen_at: String(row[5]) },
      ended_at: row[6] === null ? null : String(row[6]),
      ...{ windows: Number(row[7]), claimed: Number(row[8]), requests: Number(row[9]) },
      ...{ rows: Number(row[10]), per_second: Number(row[11]) },
    }));
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    return [];
  }
}
