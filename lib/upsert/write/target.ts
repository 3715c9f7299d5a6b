// Owns the interface of a database that rows are written to: the one door to PostgreSQL, whether a
// server or the embedded one. Everything behind it is in this folder; nothing outside speaks SQL to a
// database. Rows and the ledger of the windows they complete commit together or not at all.
import type { Table } from "../../config/schema/job_schema.ts";
import type { Rejection } from "../../extract/extractor.ts";
import type { RowSet } from "../../extract/row_shape.ts";
import type { LedgerEntry } from "../sql/system_tables.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** What one write did. */
export interface Written {
  /** By table; a table without rows is not listed. */
  readonly counts: ReadonlyMap<string, WriteCounts>;
  /** Rows the database refused one by one; all others are written. */
  readonly rejected: readonly Rejection[];
}

/** The answer to a query: names of the columns and rows of plain values. */
export interface Answer {
  /** Names of the columns, in order. */
  readonly columns: string[];
  /** Numbers where they are exact, else text; dates as ISO text; `jsonb` and arrays as values. */
  readonly rows: unknown[][];
}

/** Who asks for the lock of a job. */
export interface LockHolder {
  /** Id of the run. */
  readonly run: string;
  /** Name of its machine. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
}

/** How a query is to be run. */
export interface QueryOptions {
  /** Values of `$1`, `$2` and so on. */
  readonly parameters?: readonly unknown[];
  /** Whether the database shall refuse to change anything. */
  readonly readOnly?: boolean;
}

/** A database that rows are written to. */
export interface Target extends AsyncDisposable {
  /** What it is. */
  readonly kind: "postgres" | "pglite";
  /** Its address without the password, for people. */
  readonly label: string;
  /** Its stamp, under which checkpoints are kept; empty until `prepare` or `lock` has stamped it. */
  readonly id: string;
  /**
   * Creates what is missing of the tables; never drops or narrows anything. Must come before `write`.
   *
   * @throws {Failure} of kind `target` where an existing table does not fit.
   */
  prepare(tables: Readonly<Record<string, Table>>): Promise<void>;
  /**
   * Merges rows into their tables and records finished windows, all in one transaction, tables in
   * dependency order. Each row that the database refuses counts as rejected of every window recorded. Sets of one shape are taken together, in order. Repeats itself where the
   * connection was lost; a row that the database refuses is rejected alone.
   *
   * @throws {Failure} of kind `target` where the database cannot take the rows, `locked` where the lock was lost.
   */
  write(sets: readonly RowSet[], ledger: readonly LedgerEntry[]): Promise<Written>;
  /**
   * Runs one statement of SQL.
   *
   * @throws {Failure} of kind `target` with the database's reason.
   */
  query(sql: string, options?: QueryOptions): Promise<Answer>;
  /** Runs one query and yields its rows as records, never holding more than `batchRows` (1,000 unless said) of them. */
  stream(
    sql: string,
    options?: { parameters?: readonly unknown[]; batchRows?: number },
  ): AsyncIterable<Record<string, unknown>>;
  /** The finished windows of a job, in the order in which they were fetched. */
  readLedger(job: string): AsyncIterable<LedgerEntry>;
  /** The number of rows of each of these tables; those that do not exist are left out. */
  countRows(tables: readonly string[]): Promise<Record<string, number>>;
  /**
   * Keeps every other run of the job off this target until it is disposed or this process dies. While
   * it is held, each write makes sure that it still is.
   *
   * @throws {Failure} of kind `locked`, saying who holds it and since when.
   */
  lock(job: string, holder: LockHolder): Promise<AsyncDisposable>;
}
