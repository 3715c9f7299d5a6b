// Owns the entries of a run's processes in the table hindcast_workers: who works on it, since when, and what each
// has done. Whether a process is alive is known from its lock (silent_locks.ts). It claims nothing.
import { quoteLiteral } from "./sql/identifier.ts";
import { claimLockSql, reapSql } from "./claim_table.ts";
import { leaseEndedSql } from "./sql/lease_sql.ts";
import { CLOCK_SQL } from "./server_clock.ts";
import { LOCKS_TABLE } from "./sql/system_tables.ts";
import { RUNS_TABLE } from "./sql/log_tables.ts";
import { CLAIMS_TABLE, workerLock, WORKERS_TABLE } from "./sql/worker_tables.ts";
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

/** A run that others may join. */
export interface OpenRun {
  /** Its id. */
  readonly run: string;
  /** What it fetches. */
  readonly plan: unknown;
  /**
   * The transaction in which it started: whatever later transactions commit belongs to this run. Each phase of an
   * update starts again under the ID of the update.
   */
  readonly xid: number;
  /** Whether all of its processes claim their windows. */
  readonly allShare: boolean;
}

/** How the process that starts a run has entered. */
export interface Entry {
  /** Whether windows are claimed from the start. */
  readonly isShared: boolean;
  /** The server's clock, epoch milliseconds. */
  readonly serverMs: number;
}

/** A worker of an earlier run that prevents a new run from starting. */
export interface EarlierWorker {
  /** The process and its machine, for display. */
  readonly where: string;
  /** Whether it has lately shown a heartbeat. */
  readonly isAlive: boolean;
}

/** The run that a process has joined. */
export interface JoinedRun {
  /** The transaction in which it started. */
  readonly xid: number;
  /** Whether it ends with the process that started it, as an update does. */
  readonly isUpdate: boolean;
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
   * Enters the process that starts a run, and forgets workers that have left or are dead. Workers that are left of an
   * earlier phase of the same run keep their claims, so windows are claimed from the start then. Returns a worker of
   * another run whose lock has not ended, and enters nothing then.
   */
  async start(run: string, worker: Worker, shares: boolean): Promise<Entry | EarlierWorker> {
    const ofJob = `FROM ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job}`;
    const ofOthers = `${ofJob} AND w.run <> ${quoteLiteral(run)}`;
    const locked = `EXISTS (SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = 'worker ' || w.worker)`;
    const results = await this.#target.transact([
      claimLockSql(this.#job),
      `DELETE FROM ${LOCKS_TABLE} AS l USING ${WORKERS_TABLE} AS w WHERE w.job = ${this.#job} ` +
      `AND l.job = 'worker ' || w.worker ` +
      `AND (w.ended_at IS NOT NULL OR ${leaseEndedSql("l.lease_until")})`,
      ...reapSql(this.#job),
      `DELETE ${ofJob} AND NOT ${locked}`,
      `SELECT 'pid ' || pid || ' on ' || host, seen_at > clock_timestamp() - interval '3 s' ` +
      `${ofOthers} ORDER BY seen_at DESC LIMIT 1`,
      `${this.#insertSql(run, worker, `${shares} OR EXISTS (SELECT ${ofJob})`)} ` +
      `WHERE NOT EXISTS (SELECT ${ofOthers}) RETURNING shares, ${CLOCK_SQL}`,
    ]);
    const [[other], [entry]] = [results.at(-2)!, results.at(-1)!];
    if (other !== undefined) return { where: String(other[0]), isAlive: other[1] === "t" };
    return { isShared: entry![0] === "t", serverMs: Number(entry![1]) };
  }

  /** Enters a process that joins a run; its lock is held. */
  async join(run: string, worker: Worker): Promise<void> {
    await this.#target.transact([claimLockSql(this.#job), this.#insertSql(run, worker, "true")]);
  }

  /** The run of the job that is in progress; undefined if there is none, or if no process works on it. */
  async openRun(): Promise<OpenRun | undefined> {
    const [rows] = await this.#target.transact([
      `SELECT r.run, r.plan::text, r.xid, NOT EXISTS (SELECT FROM ${WORKERS_TABLE} AS w ` +
      "WHERE w.job = r.job AND w.run = r.run AND w.ended_at IS NULL AND NOT w.shares " +
      `AND w.seen_at > clock_timestamp() - ${SEEN_WITHIN}) FROM ${RUNS_TABLE} AS r WHERE r.job = ${this.#job} ` +
      `AND r.ended_at IS NULL AND r.plan IS NOT NULL AND (EXISTS (SELECT FROM ${LOCKS_TABLE} AS l ` +
      `WHERE l.job = r.job AND l.run = r.run AND ${LIVE}) OR EXISTS ` +
      `(SELECT FROM ${WORKERS_TABLE} AS w JOIN ${LOCKS_TABLE} AS l ON l.job = 'worker ' || w.worker ` +
      `WHERE w.job = r.job AND w.run = r.run AND ${LIVE})) ` +
      "ORDER BY r.started_at DESC LIMIT 1",
    ]);
    const row = rows![0];
    return row &&
      { run: row[0]!, plan: JSON.parse(row[1]!), xid: Number(row[2]), allShare: row[3] === "t" };
  }

  /** Whether a process that works on a run holds the job: the one that started the run. */
  async isHeld(run: string): Promise<boolean> {
    const [rows] = await this.#target.transact([`SELECT ${this.#heldSql(run)}`]);
    return rows![0]![0] === "t";
  }

  /**
   * Records a heartbeat; returns how many other processes work on the run, and whether the run that this process has
   * joined is over.
   */
  async beat(
    run: string,
    { worker }: Worker,
    counts: WorkerCounts,
    joined?: JoinedRun,
  ): Promise<{ others: number; hasEnded: boolean }> {
    const [result] = await this.#target.transact([
      `UPDATE ${WORKERS_TABLE} SET ${countsSql(counts)} ` +
      `WHERE worker = ${
        quoteLiteral(worker)
      } RETURNING (SELECT count(*) FROM ${WORKERS_TABLE} AS o ` +
      `WHERE o.job = ${this.#job} AND o.run = ${quoteLiteral(run)} AND o.ended_at IS NULL ` +
      `AND o.seen_at > clock_timestamp() - ${SEEN_WITHIN} AND o.worker <> ${
        quoteLiteral(worker)
      }), ${joined === undefined ? "false" : this.#endedSql(run, joined)}`,
    ]);
    return { others: Number(result![0]?.[0] ?? 0), hasEnded: result![0]?.[1] === "t" };
  }

  /** Whether a run has ended, or its next phase has started, or the process that an update ends with is gone. */
  #endedSql(run: string, { xid, isUpdate }: JoinedRun): string {
    const ended = `EXISTS (SELECT FROM ${RUNS_TABLE} AS r WHERE r.job = ${this.#job} ` +
      `AND r.run = ${quoteLiteral(run)} AND (r.ended_at IS NOT NULL OR r.xid <> ${xid}))`;
    return isUpdate ? `${ended} OR NOT ${this.#heldSql(run)}` : ended;
  }

  #heldSql(run: string): string {
    return `EXISTS (SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = ${this.#job} ` +
      `AND l.run = ${quoteLiteral(run)} AND ${LIVE})`;
  }

  /** Records that a process claims its windows from now on. */
  async share({ worker }: Worker): Promise<void> {
    await this.#target.transact([
      `UPDATE ${WORKERS_TABLE} SET shares = true WHERE worker = ${quoteLiteral(worker)}`,
    ]);
  }

  /** Records that a process has left, with its summary, and returns its claims. */
  async end({ worker }: Worker, counts: WorkerCounts, summary: unknown): Promise<void> {
    const id = quoteLiteral(worker);
    await this.#target.transact([
      `DELETE FROM ${CLAIMS_TABLE} WHERE job = ${this.#job} AND worker = ${id}`,
      `UPDATE ${WORKERS_TABLE} SET ended_at = clock_timestamp(), ${countsSql(counts)}, ` +
      `summary = ${quoteLiteral(JSON.stringify(summary))}::jsonb WHERE worker = ${id}`,
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

  /** The summaries of the other processes of a run, null for one that left none, and how many have not left. */
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
      summaries: rows!.map(([text]) => text === null ? null : JSON.parse(text!)),
      working: rows!.filter((row) => row[1] === "t").length,
    };
  }

  #insertSql(run: string, { worker, name, host, pid }: Worker, shares: string): string {
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
