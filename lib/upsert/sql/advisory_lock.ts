// The advisory lock by which the holder of a job's lock shows that its process is alive: PostgreSQL releases it when
// the connection ends. It decides nothing by itself; the lease does (lease_sql.ts). Pure.

/** The key of the advisory lock of a job; `job` is an expression. */
function advisoryKeySql(job: string): string {
  return `hashtextextended('hindcast/' || current_schema() || '/' || ${job}, 0)`;
}

/** A query that takes the advisory lock of a job, an expression, unless an exclusive one is held. */
export function takeAdvisorySql(job: string): string {
  return `SELECT pg_try_advisory_lock_shared(${advisoryKeySql(job)})`;
}

/** A condition: the server process `pid` holds the advisory lock of a job; both are expressions. */
export function holdsAdvisorySql(pid: string, job: string): string {
  return `EXISTS (SELECT FROM pg_locks AS a WHERE a.locktype = 'advisory' AND a.granted AND a.pid = ${pid} ` +
    `AND (a.classid::bigint << 32 | a.objid::bigint) = ${advisoryKeySql(job)})`;
}
