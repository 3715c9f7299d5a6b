// Decides in SQL whether the lease of a lock has ended. The server's clock decides, and a lease that runs out
// while the server is down, or just after it started again, lasts until its holder has had the time to renew
// it. Pure.

/** Time after the last renewal during which nobody else takes a lock. */
export const LEASE_MS = 15_000;
/** Time after the server's start within which a living holder has connected again and renewed its lease. */
const RENEWS_WITHIN = "interval '5 s'";
/** A lease that lasts this long after the server's start is long enough to be renewed. */
const LONG_ENOUGH = "interval '2 s'";
const STARTED = "pg_postmaster_start_time()";

/** A condition: the lease has ended, or was released. */
export function leaseEndedSql(leaseUntil: string): string {
  return `(${leaseUntil} IS NULL OR ${leaseUntil} <= clock_timestamp() AND ` +
    `(${leaseUntil} > ${STARTED} + ${LONG_ENOUGH} OR clock_timestamp() > ${STARTED} + ${RENEWS_WITHIN}))`;
}

/** A condition: the holder has connected since the server started, or has had the time to. */
export function hasConnectedSql(leaseUntil: string): string {
  return `(${leaseUntil} > ${STARTED} + interval '${LEASE_MS} ms' OR ` +
    `clock_timestamp() > ${STARTED} + ${RENEWS_WITHIN})`;
}
