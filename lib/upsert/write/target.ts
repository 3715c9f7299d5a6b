// Owns the interface of a database that rows are written to, whether a PostgreSQL server or the embedded
// database. Everything that implements it is in this folder; no other code sends SQL. Rows and the ledger
// entries of the windows that they complete commit together or not at all.
import type { Table } from "../../config/schema/job_schema.ts";
import type { Rejection } from "../../extract/extractor.ts";
import type { RowSet } from "../../extract/row_shape.ts";
import type { Encryption, QueryOptions, QueryResult } from "./query.ts";
import type { TableNotice } from "../sql/table_plan.ts";
import type { Vanished } from "../../config/schema/table_schema.ts";
import type { Watch } from "./watch.ts";
import type { LedgerEntry } from "../sql/ledger_sql.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** The result of a write. */
export interface Written {
  /** The counts of each table that has rows. */
  readonly counts: ReadonlyMap<string, WriteCounts>;
  /** Rows that the database refused; all others are written. */
  readonly rejected: readonly Rejection[];
}

/** The process that takes the lock of a job. */
export interface LockHolder {
  /** The id of the run. */
  readonly run: string;
  /** The name of the machine. */
  readonly host: string;
  /** The process id on that machine. */
  readonly pid: number;
}

/** The rows of one statement, in PostgreSQL's text format. */
export type StatementRows = readonly (readonly (string | null)[])[];

/** A database that rows are written to. A new kind of database implements it, as ../postgres and ../pglite do. */
export interface Target extends AsyncDisposable {
  /** The kind of database. */
  readonly kind: "postgres" | "pglite";
  /** Its address without the password, for display. */
  readonly label: string;
  /** How the connection is protected. */
  readonly encryption: Encryption;
  /** Its stamp, under which checkpoints are stored; empty until `prepare` or `lock` has created it. */
  readonly id: string;
  /**
   * Creates what is missing of the tables; never drops or narrows anything. Must come before `write`.
   * Returns what the user should know about tables that existed before Hindcast and are new to it.
   *
   * @throws {Failure} of kind `target` if an existing table does not fit.
   */
  prepare(tables: Readonly<Record<string, Table>>): Promise<readonly TableNotice[]>;
  /** What happens to rows that vanish, by table, where a job watches for them; empty before `prepare`. */
  readonly watched: ReadonlyMap<string, Vanished>;
  /** What `prepare` would report, without changing anything. */
  examine(tables: Readonly<Record<string, Table>>): Promise<readonly TableNotice[]>;
  /**
   * Merges rows into their tables and records finished windows in one transaction, tables in dependency
   * order. Sets of one shape are merged in order. Retries after a lost connection. A row that the database
   * refuses is rejected alone, and counts as rejected for every window that is recorded. Rows that the
   * windows of `watch` no longer return are marked or deleted, unless a row was rejected. `checks` are
   * statements that fail with a division by zero where the rows must not be written.
   *
   * @throws {Failure} of kind `target` if the database cannot take the rows, `locked` if the lock was lost.
   */
  write(
    sets: readonly RowSet[],
    ledger: readonly LedgerEntry[],
    watch?: Watch,
    checks?: readonly string[],
  ): Promise<Written>;
  /**
   * Runs statements in one transaction and one message, independent of the writes; each takes a new snapshot. Returns
   * the rows of each, as strings. Retries after a lost connection, so it must not matter if they run twice.
   *
   * @throws {Failure} of kind `target` with the reason of the database.
   */
  transact(statements: readonly string[]): Promise<StatementRows[]>;
  /**
   * Runs one SQL statement.
   *
   * @throws {Failure} of kind `target` with the reason of the database.
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /** Runs one query that only reads, and yields its rows as records; no transaction is open meanwhile. */
  stream(
    sql: string,
    options?: { parameters?: readonly unknown[] },
  ): AsyncIterable<Record<string, unknown>>;
  /** The finished windows of a job, in the order in which they were fetched. */
  readLedger(job: string): AsyncIterable<LedgerEntry>;
  /** The number of rows of each of these tables; those that do not exist are left out. */
  countRows(tables: readonly string[]): Promise<Record<string, number>>;
  /**
   * Keeps every other run of the job off this target until it is disposed or this process dies. While
   * it is held, each write checks that it still is. `isPrepared` declares that `prepare` has created
   * Hindcast's own tables; they are created otherwise.
   *
   * @throws {Failure} of kind `locked`, saying who holds it and since when.
   */
  lock(job: string, holder: LockHolder, isPrepared?: boolean): Promise<AsyncDisposable>;
  /**
   * Whether the database became another copy of itself since it was opened or this was last called, as when a standby
   * was promoted: its last commits may be missing.
   *
   * @throws {Failure} of kind `target` if it cannot be reached.
   */
  failedOver(): Promise<boolean>;
}
