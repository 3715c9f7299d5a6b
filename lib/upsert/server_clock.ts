// Reads the clock of the server, by which processes on several machines compare their own. It changes nothing.
import type { Target } from "./write/target.ts";

/** An expression: the server's clock in epoch milliseconds. */
export const CLOCK_SQL = "(extract(epoch FROM clock_timestamp()) * 1000)::double precision";

/** The server's clock in epoch milliseconds. */
export async function readServerClock(target: Pick<Target, "query">): Promise<number> {
  return Number((await target.query(`SELECT ${CLOCK_SQL}`, { readOnly: true })).rows[0]![0]);
}
