// Owns the tables through which the processes of a run share its work: who they are, and which windows each
// of them has claimed. Whether a worker is alive is known from the lock under its name (job_lock.ts), not
// from these tables.
import type { Table } from "../../config/schema/job_schema.ts";
import { ownTable, WINDOW_COLUMNS, WINDOW_KEY } from "./own_table.ts";

/** The table of the processes of runs. */
export const WORKERS_TABLE = "hindcast_workers";
/** The table of claimed windows. */
export const CLAIMS_TABLE = "hindcast_claims";

/** The lock that a living worker holds. */
export function workerLock(worker: string): string {
  return `worker ${worker}`;
}

/** Both tables. */
export const WORKER_TABLES: Readonly<Record<string, Table>> = {
  [WORKERS_TABLE]: ownTable("Processes that work on runs.", ["worker"], {
    worker: "uuid",
    job: "text",
    run: "text",
    name: "text",
    host: "text",
    pid: "bigint",
    started_at: "timestamptz",
    seen_at: "timestamptz",
    ended_at: "timestamptz",
    // Whether its windows are claimed, so that others may join.
    shares: "boolean",
    windows: "bigint",
    requests: "bigint",
    rows: "bigint",
    per_second: "double",
    summary: "jsonb",
  }),
  [CLAIMS_TABLE]: ownTable(
    "Windows that a worker has claimed; no other worker fetches them.",
    WINDOW_KEY,
    {
      ...WINDOW_COLUMNS,
      worker: "uuid",
      token: "uuid",
      claimed_at: "timestamptz",
    },
  ),
};
