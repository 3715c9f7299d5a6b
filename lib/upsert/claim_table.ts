// Claims windows for a worker, in the table hindcast_claims, and reads what the others have done. Each call is one
// transaction in one message that holds a lock of the job, so it works through a pooler. Invariant: a window, or
// a part of it, belongs to one living worker, and is not claimed again once it is in the ledger.
import type { Track } from "../plan/scope.ts";
import { formatCivil, parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { quoteLiteral } from "./sql/identifier.ts";
import { FAILURES_TABLE, LEDGER_TABLE } from "./sql/log_tables.ts";
import { leaseEndedSql } from "./sql/lease_sql.ts";
import { LOCKS_TABLE } from "./sql/system_tables.ts";
import { type Logs, logsOf, logsStatement } from "./read_logs.ts";
import { CLAIMS_TABLE } from "./sql/worker_tables.ts";
import type { StatementRows, Target } from "./write/target.ts";

/** A window that a worker wants. */
export interface WantedWindow {
  /** Canonical string of the `for_each` values. */
  readonly each: string;
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Names the claim; a fresh UUID. */
  readonly token: string;
}

/** A window that another worker has claimed. */
export interface ClaimedWindow extends Track {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
}

/** What a worker claims. */
export interface ClaimRequest {
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters. */
  readonly scope: string;
  /** The windows that it wants, in order. */
  readonly wanted: readonly WantedWindow[];
  /** The most windows that it wants: others may have claimed the first ones. */
  readonly limit: number;
  /**
   * Set if no windows follow the wanted ones: at least this many are granted, and at most half of the worker's share
   * of the free ones, so that all workers end together.
   */
  readonly atLeast?: number | undefined;
}

/** What the others have done. */
export interface Others {
  /** What they have claimed. */
  readonly claims: readonly ClaimedWindow[];
  /** What was committed since the mark. */
  readonly logs: Logs;
}

/** The claims of one worker of a job. */
export class ClaimTable {
  readonly #target: Pick<Target, "transact">;
  readonly #name: string;
  readonly #job: string;
  readonly #worker: string;

  /** The tables must exist. */
  constructor(target: Pick<Target, "transact">, job: string, worker: string) {
    this.#target = target;
    this.#name = job;
    this.#job = quoteLiteral(job);
    this.#worker = quoteLiteral(worker);
  }

  /**
   * Claims windows that are free and were not committed since a mark up to which the logs are known; returns
   * the tokens that were granted, and what others have done in the stream. The logs are read before the lock
   * is taken.
   */
  async claim(
    request: ClaimRequest,
    mark: string | undefined,
  ): Promise<Others & { granted: ReadonlySet<string> }> {
    const results = await this.#target.transact([
      logsStatement(this.#name, mark),
      `${claimLockSql(this.#job)}, ${HASHED_SQL}`,
      this.#insertSql(request, mark),
      this.#readSql([request.stream]),
    ]);
    const rows = results.at(-1)!;
    const own = rows.filter((row) => row[5] === "t").map((row) => String(row[6]));
    return { granted: new Set(own), claims: claimed(rows), logs: logsOf(results[0]!, mark) };
  }

  /** What others have done in streams since a mark. The logs are read last: they hold the claims that ended. */
  async others(streams: readonly string[], mark: string | undefined): Promise<Others> {
    const results = await this.#target.transact([
      this.#readSql(streams),
      logsStatement(this.#name, mark),
    ]);
    return { claims: claimed(results[0]!), logs: logsOf(results[1]!, mark) };
  }

  /** Returns claims. */
  async release(tokens: readonly string[]): Promise<void> {
    if (tokens.length > 0) await this.#target.transact([this.completionSql(tokens)]);
  }

  /**
   * The statement that ends claims in the transaction of their rows, which also checks that the worker still
   * holds its lock. A repetition deletes nothing.
   */
  completionSql(tokens: readonly string[]): string {
    return `DELETE FROM ${CLAIMS_TABLE} WHERE job = ${this.#job} AND ${tokenIn(tokens)}`;
  }

  #insertSql(
    { stream, scope, wanted, limit, atLeast }: ClaimRequest,
    mark: string | undefined,
  ): string {
    const rows = wanted.map(({ each, window, token }, at) => ({
      at,
      each,
      from: window === null ? "" : formatCivil(window.from),
      to: window === null ? "" : formatCivil(window.to),
      token,
    }));
    const [ofStream, ofScope] = [quoteLiteral(stream), quoteLiteral(scope)];
    const overlaps = (alias: string) =>
      `${alias}.stream = ${ofStream} AND ${alias}.scope = ${ofScope} AND ${alias}.each = c.each ` +
      `AND (c."from" = '' OR ${alias}."from" COLLATE "C" < c."to" COLLATE "C" ` +
      `AND ${alias}."to" COLLATE "C" > c."from" COLLATE "C")`;
    const unseen = mark === undefined
      ? []
      : [LEDGER_TABLE, FAILURES_TABLE].map((table) =>
        ` AND NOT EXISTS (SELECT FROM (${this.#unseenSql(table, mark)}) AS w WHERE ${
          overlaps("w")
        })`
      );
    return `INSERT INTO ${CLAIMS_TABLE} (job, stream, scope, each, "from", "to", worker, token, claimed_at)
WITH free AS (SELECT * FROM json_to_recordset(${
      quoteLiteral(JSON.stringify(rows))
    }) AS c(at integer, each text, "from" text, "to" text, token uuid)
WHERE NOT EXISTS (SELECT FROM ${CLAIMS_TABLE} AS o WHERE o.job = ${this.#job} AND ${
      overlaps("o")
    })${unseen.join("")})
SELECT ${this.#job}, ${ofStream}, ${ofScope}, each, "from", "to", ${this.#worker}, token, now()
FROM free ORDER BY at LIMIT ${this.#limitSql(limit, atLeast)} ON CONFLICT DO NOTHING`;
  }

  #limitSql(limit: number, atLeast: number | undefined): string {
    if (atLeast === undefined) return `${limit}`;
    const others = `(SELECT count(DISTINCT worker) FROM ${CLAIMS_TABLE} ` +
      `WHERE job = ${this.#job} AND worker <> ${this.#worker})`;
    return `least(${limit}, greatest(${atLeast}, (SELECT count(*) FROM free) / 2 / (1 + ${others})))`;
  }

  /**
   * What was committed to a log since a mark. `OFFSET 0` keeps the conditions on a track outside the subquery: before
   * the table was analyzed, they would make PostgreSQL read the whole log by its key instead of its end by the
   * transactions.
   */
  #unseenSql(table: string, mark: string): string {
    const snapshot = `${quoteLiteral(mark)}::txid_snapshot`;
    return `SELECT stream, scope, each, "from", "to" FROM ${table} WHERE job = ${this.#job} ` +
      `AND xid >= txid_snapshot_xmin(${snapshot}) AND NOT txid_visible_in_snapshot(xid, ${snapshot}) OFFSET 0`;
  }

  #readSql(streams: readonly string[]): string {
    return `SELECT stream, scope, each, "from", "to", worker = ${this.#worker}, token
FROM ${CLAIMS_TABLE} WHERE job = ${this.#job} AND stream IN (${
      streams.map(quoteLiteral).join(", ")
    })`;
  }
}

/**
 * Claims are short-lived, so PostgreSQL's statistics of their table are never right: assuming it is empty, it would
 * compare each wanted window with each claim. Ends with the transaction.
 */
const HASHED_SQL = "set_config('enable_nestloop', 'off', true)";

/** Takes the lock under which a job's claims change, until the end of the transaction. */
export function claimLockSql(job: string): string {
  return "SELECT pg_advisory_xact_lock(hashtextextended(" +
    `'hindcast claims ' || current_schema() || '/' || ${job}, 0))`;
}

/**
 * Ends the claims of workers whose lease has ended: first their locks, so that a worker that continues finds
 * its lock gone and commits nothing.
 */
export function reapSql(job: string): string[] {
  return [
    `DELETE FROM ${LOCKS_TABLE} WHERE job IN (SELECT 'worker ' || worker FROM ${CLAIMS_TABLE} ` +
    `WHERE job = ${job}) AND ${leaseEndedSql("lease_until")}`,
    `DELETE FROM ${CLAIMS_TABLE} AS c WHERE c.job = ${job} AND NOT EXISTS ` +
    `(SELECT FROM ${LOCKS_TABLE} AS l WHERE l.job = 'worker ' || c.worker)`,
  ];
}

function tokenIn(tokens: readonly string[]): string {
  return `token IN (${tokens.map(quoteLiteral).join(", ")})`;
}

function claimed(rows: StatementRows): ClaimedWindow[] {
  return rows.filter((row) => row[5] !== "t").map(([stream, scope, each, from, to]) => {
    const window = from === "" ? null : { from: parseCivil(from!)!, to: parseCivil(to!)! };
    return { stream: stream!, scope: scope!, each: each!, window };
  });
}
