// Finds the workers of a job that are gone: a lock whose holder could show by its connection that it is alive, and
// does not, and claims without a lock. How long a holder may be silent is for the caller to decide.
import { claimLockSql, reapSql } from "./claim_table.ts";
import { holdsAdvisorySql } from "./sql/advisory_lock.ts";
import { quoteLiteral } from "./sql/identifier.ts";
import { hasConnectedSql, leaseEndedSql } from "./sql/lease_sql.ts";
import { LOCKS_TABLE } from "./sql/system_tables.ts";
import { CLAIMS_TABLE, WORKERS_TABLE } from "./sql/worker_tables.ts";
import type { Target } from "./write/target.ts";

/** A lock whose holder shows no sign of life. */
export interface SilentLock {
  /** Names it. */
  readonly token: string;
  /** When its lease ends; an opaque string that changes with each renewal. */
  readonly lease: string;
}

/** Locks and claims of workers that may be gone. */
export interface Silence {
  /** Locks of the job and its workers whose holders are silent. */
  readonly locks: readonly SilentLock[];
  /** Whether there are claims of workers whose lease has ended. */
  readonly hasExpiredClaims: boolean;
}

/** The lock `l` belongs to a process that may be alive. */
const LIVE = `NOT ${leaseEndedSql("l.lease_until")}`;

/** The locks and claims of a job whose holders show no sign of life. */
export async function readSilence(target: Pick<Target, "transact">, job: string): Promise<Silence> {
  const named = quoteLiteral(job);
  const [silent, expired] = await target.transact([
    `SELECT l.token, l.lease_until FROM ${LOCKS_TABLE} AS l WHERE (l.job = ${named} OR l.job IN ` +
    `(SELECT 'worker ' || worker FROM ${WORKERS_TABLE} WHERE job = ${named})) ` +
    `AND l.backend IS NOT NULL AND ${LIVE} AND ${hasConnectedSql("l.lease_until")} ` +
    `AND NOT ${holdsAdvisorySql("l.backend", "l.job")}`,
    `SELECT EXISTS (SELECT FROM ${CLAIMS_TABLE} AS c WHERE c.job = ${named} AND NOT EXISTS ` +
    `(SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = 'worker ' || c.worker AND ${LIVE}))`,
  ]);
  const locks = silent!.map(([token, lease]) => ({ token: token!, lease: lease! }));
  return { locks, hasExpiredClaims: expired![0]![0] === "t" };
}

/** Ends the leases of dead holders, unless they were renewed, and deletes the claims of workers without a lease. */
export async function endLeases(
  target: Pick<Target, "transact">,
  job: string,
  dead: readonly SilentLock[],
): Promise<void> {
  const named = quoteLiteral(job);
  const pairs = dead.map(({ token, lease }) =>
    `(${quoteLiteral(token)}::uuid, ${quoteLiteral(lease)}::timestamptz)`
  );
  const ending = `UPDATE ${LOCKS_TABLE} SET lease_until = NULL WHERE (token, lease_until) IN`;
  await target.transact([
    claimLockSql(named),
    ...dead.length === 0 ? [] : [`${ending} (${pairs.join(", ")})`],
    ...reapSql(named),
  ]);
}
