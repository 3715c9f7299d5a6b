// Reads the clock of the server, by which processes on several machines compare their own. It changes nothing.
import type { Target } from "./write/target.ts";

/** The server's clock in epoch milliseconds. */
export async function readServerClock(target: Pick<Target, "query">): Promise<number> {
  const sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision";
  return Number((await target.query(sql, { readOnly: true })).rows[0]![0]);
}
