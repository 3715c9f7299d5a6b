// Owns the entries of a run's processes in the table hindcast_workers: who works on it, since when, and what each
// has done. Whether a process is alive is known from its lock. It claims nothing.
import { quoteLiteral } from "./sql/identifier.ts";
import { claimLockSql, reapSql } from "./claim_table.ts";
import { hasConnectedSql, leaseEndedSql } from "./sql/lease_sql.ts";
import { LOCKS_TABLE } from "./sql/system_tables.ts";
import { RUNS_TABLE } from "./sql/log_tables.ts";
import { CLAIMS_TABLE, workerLock, WORKERS_TABLE } from "./sql/worker_tables.ts";
import { isMissingTable } from "./history.ts";
import type { Target } from "./write/target.ts";

/** A process that works on a run. */
export interface Worker {
  /** A fresh UUID. */
  readonly worker: string;
  /** What its lines are marked with. */
  readonly name: string;
  /** Name of the machine. */
  readonly host: string;
  /** Process id on that machine. */
  readonly pid: number;
}

/** What a worker has done so far. */
export interface WorkerCounts {
  /** Windows that are done. */
  readonly windows: number;
  /** Requests sent. */
  readonly requests: number;
  /** Rows inserted or changed. */
  readonly rows: number;
  /** Requests a second, lately. */
  readonly perSecond: number;
}

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

/** A run that others may join. */
export interface OpenRun {
  /** Its id. */
  readonly run: string;
  /** What it fetches. */
  readonly plan: unknown;
  /** The transaction in which it started: what later ones have committed is of this run. */
  readonly xid: number;
}

/** A lock whose holder shows no heartbeat. */
export interface SilentLock {
  /** Names it. */
  readonly token: string;
  /** When its lease ends; an opaque string that changes with each renewal. */
  readonly lease: string;
}

/** How long after its last heartbeat a process that holds no lock counts as gone. */
const SEEN_WITHIN = "interval '15 s'";

/** The lock `l` belongs to a process that may be alive. */
const LIVE = `NOT ${leaseEndedSql("l.lease_until")}`;

/** The workers of one job. */
export class WorkerTable {
  readonly #target: Pick<Target, "transact">;
  readonly #job: string;

  /** The tables must exist. */
  constructor(target: Pick<Target, "transact">, job: string) {
    this.#target = target;
    this.#job = quoteLiteral(job);
  }

  /**
   * Enters the process that starts a run, and forgets the workers of earlier runs. Returns a worker whose lock has
   * not ended, with whether it has lately shown a heartbeat, and enters nothing then.
   */
  async start(
    run: string,
    worker: Worker,
    shares: boolean,
  ): Promise<{ where: string; isAlive: boolean } | undefined> {
    const locked = `EXISTS (SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = 'worker ' || w.worker)`;
    const results = await this.#target.transact([
      claimLockSql(this.#job),
      `DELETE FROM ${LOCKS_TABLE} WHERE job IN (SELECT 'worker ' || worker FROM ${WORKERS_TABLE} ` +
      `WHERE job = ${this.#job}) AND ${leaseEndedSql("lease_until")}`,
      ...reapSql(this.#job),
      `DELETE FROM ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job} AND NOT ${locked}`,
      `SELECT 'pid ' || pid || ' on ' || host, seen_at > clock_timestamp() - interval '3 s' ` +
      `FROM ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job} ORDER BY seen_at DESC LIMIT 1`,
      `${this.#insertSql(run, worker, shares)} WHERE NOT EXISTS ` +
      `(SELECT FROM ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job})`,
    ]);
    const other = results.at(-2)![0];
    return other && { where: String(other[0]), isAlive: other[1] === "t" };
  }

  /** Enters a process that joins a run; its lock is held. */
  async join(run: string, worker: Worker): Promise<void> {
    await this.#target.transact([claimLockSql(this.#job), this.#insertSql(run, worker, true)]);
  }

  /** The run of the job that is in progress; undefined if there is none, or no process works on it any longer. */
  async openRun(): Promise<OpenRun | undefined> {
    const [rows] = await this.#target.transact([
      `SELECT r.run, r.plan::text, r.xid FROM ${RUNS_TABLE} AS r WHERE r.job = ${this.#job} ` +
      `AND r.ended_at IS NULL AND r.plan IS NOT NULL AND (EXISTS (SELECT FROM ${LOCKS_TABLE} AS l ` +
      `WHERE l.job = r.job AND l.run = r.run AND ${LIVE}) OR EXISTS ` +
      `(SELECT FROM ${WORKERS_TABLE} AS w JOIN ${LOCKS_TABLE} AS l ON l.job = 'worker ' || w.worker ` +
      `WHERE w.job = r.job AND w.run = r.run AND ${LIVE})) ` +
      "ORDER BY r.started_at DESC LIMIT 1",
    ]);
    const row = rows![0];
    return row && { run: row[0]!, plan: JSON.parse(row[1]!), xid: Number(row[2]) };
  }

  /** Whether all processes of a run claim their windows. */
  async allShare(run: string): Promise<boolean> {
    const [rows] = await this.#target.transact([
      `SELECT count(*) FROM ${WORKERS_TABLE} WHERE job = ${this.#job} AND run = ${
        quoteLiteral(run)
      } ` +
      `AND ended_at IS NULL AND NOT shares AND seen_at > clock_timestamp() - ${SEEN_WITHIN}`,
    ]);
    return rows![0]![0] === "0";
  }

  /** Records a heartbeat; returns how many other processes work on the run, and whether it has ended. */
  async beat(
    run: string,
    { worker }: Worker,
    counts: WorkerCounts,
  ): Promise<{ others: number; hasEnded: boolean }> {
    const [result] = await this.#target.transact([
      `UPDATE ${WORKERS_TABLE} SET ${countsSql(counts)} ` +
      `WHERE worker = ${
        quoteLiteral(worker)
      } RETURNING (SELECT count(*) FROM ${WORKERS_TABLE} AS o ` +
      `WHERE o.job = ${this.#job} AND o.run = ${quoteLiteral(run)} AND o.ended_at IS NULL ` +
      `AND o.seen_at > clock_timestamp() - ${SEEN_WITHIN} AND o.worker <> ${
        quoteLiteral(worker)
      }), EXISTS (SELECT FROM ${RUNS_TABLE} AS r ` +
      `WHERE r.job = ${this.#job} AND r.run = ${quoteLiteral(run)} AND r.ended_at IS NOT NULL)`,
    ]);
    return { others: Number(result![0]?.[0] ?? 0), hasEnded: result![0]?.[1] === "t" };
  }

  /** Records that a process claims its windows from now on. */
  async share({ worker }: Worker): Promise<void> {
    await this.#target.transact([
      `UPDATE ${WORKERS_TABLE} SET shares = true WHERE worker = ${quoteLiteral(worker)}`,
    ]);
  }

  /** Records that a process has left, with its summary. */
  async end({ worker }: Worker, counts: WorkerCounts, summary: unknown): Promise<void> {
    await this.#target.transact([
      `UPDATE ${WORKERS_TABLE} SET ended_at = clock_timestamp(), ${countsSql(counts)}, ` +
      `summary = ${quoteLiteral(JSON.stringify(summary))}::jsonb WHERE worker = ${
        quoteLiteral(worker)
      }`,
    ]);
  }

  /**
   * Records the end of a run if no other process works on it; returns whether the run has ended.
   */
  async finish(run: string, { worker }: Worker, summary: unknown): Promise<boolean> {
    const ofRun = `job = ${this.#job} AND run = ${quoteLiteral(run)}`;
    const results = await this.#target.transact([
      claimLockSql(this.#job),
      `UPDATE ${RUNS_TABLE} AS r SET ended_at = clock_timestamp(), xid = txid_current(), ` +
      `summary = ${
        quoteLiteral(JSON.stringify(summary))
      }::jsonb WHERE ${ofRun} AND ended_at IS NULL ` +
      `AND NOT EXISTS (SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = r.job AND l.run = r.run ` +
      `AND ${LIVE}) AND NOT EXISTS (SELECT FROM ${WORKERS_TABLE} AS w ` +
      `JOIN ${LOCKS_TABLE} AS l ON l.job = 'worker ' || w.worker WHERE w.job = r.job AND w.run = r.run ` +
      `AND w.worker <> ${quoteLiteral(worker)} AND ${LIVE})`,
      `SELECT ended_at IS NOT NULL FROM ${RUNS_TABLE} WHERE ${ofRun}`,
    ]);
    return results[2]![0]?.[0] !== "f";
  }

  /** The summaries of the other processes of a run that have left, and how many have not. */
  async others(
    run: string,
    { worker }: Worker,
  ): Promise<{ summaries: unknown[]; working: number }> {
    const [rows] = await this.#target.transact([
      `SELECT w.summary::text, w.ended_at IS NULL AND EXISTS (SELECT FROM ${LOCKS_TABLE} AS l ` +
      `WHERE l.job = 'worker ' || w.worker AND ${LIVE}) ` +
      `FROM ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job} AND w.run = ${quoteLiteral(run)} ` +
      `AND w.worker <> ${quoteLiteral(worker)}`,
    ]);
    return {
      summaries: rows!.flatMap(([text]) => text === null ? [] : [JSON.parse(text!)]),
      working: rows!.filter((row) => row[1] === "t").length,
    };
  }

  /**
   * Locks of the job and its workers without a heartbeat, though the connections of their holders could give
   * one: the token of each and its lease. Also whether there are claims of workers whose lease has ended.
   */
  async silent(): Promise<{ locks: SilentLock[]; hasExpired: boolean }> {
    const [rows, expired] = await this.#target.transact([
      `SELECT l.token, l.lease_until FROM ${LOCKS_TABLE} AS l WHERE (l.job = ${this.#job} OR l.job IN ` +
      `(SELECT 'worker ' || worker FROM ${WORKERS_TABLE} WHERE job = ${this.#job})) ` +
      `AND l.backend IS NOT NULL AND ${LIVE} AND ${
        hasConnectedSql("l.lease_until")
      } AND NOT EXISTS (SELECT FROM pg_locks AS p ` +
      `WHERE p.locktype = 'advisory' AND p.granted AND p.pid = l.backend ` +
      `AND (p.classid::bigint << 32 | p.objid::bigint) = ` +
      `hashtextextended('hindcast/' || current_schema() || '/' || l.job, 0))`,
      `SELECT EXISTS (SELECT FROM ${CLAIMS_TABLE} AS c WHERE c.job = ${this.#job} AND NOT EXISTS ` +
      `(SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = 'worker ' || c.worker ` +
      `AND ${LIVE}))`,
    ]);
    const locks = rows!.map(([token, lease]) => ({ token: token!, lease: lease! }));
    return { locks, hasExpired: expired![0]![0] === "t" };
  }

  /** Ends the leases of silent workers, unless they were renewed, and ends claims without a lease. */
  async expire(dead: readonly SilentLock[]): Promise<void> {
    const pairs = dead.map(({ token, lease }) =>
      `(${quoteLiteral(token)}::uuid, ${quoteLiteral(lease)}::timestamptz)`
    );
    const ending = `UPDATE ${LOCKS_TABLE} SET lease_until = NULL WHERE (token, lease_until) IN`;
    await this.#target.transact([
      claimLockSql(this.#job),
      ...dead.length === 0 ? [] : [`${ending} (${pairs.join(", ")})`],
      ...reapSql(this.#job),
    ]);
  }

  #insertSql(run: string, { worker, name, host, pid }: Worker, shares: boolean): string {
    const [id, ofRun, label, machine] = [worker, run, name, host].map(quoteLiteral);
    return `INSERT INTO ${WORKERS_TABLE} (worker, job, run, name, host, pid, started_at, seen_at, shares, ` +
      `windows, requests, rows, per_second) SELECT ${id}, ${this.#job}, ${ofRun}, ${label}, ${machine}, ` +
      `${pid}, clock_timestamp(), clock_timestamp(), ${shares}, 0, 0, 0, 0`;
  }
}

function countsSql({ windows, requests, rows, perSecond }: WorkerCounts): string {
  return `seen_at = clock_timestamp(), windows = ${windows}, requests = ${requests}, ` +
    `rows = ${rows}, per_second = ${perSecond}`;
}

/** The name of the lock of a worker. */
export const lockOf = ({ worker }: Worker): string => workerLock(worker);

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
