// Owns what both databases have in common as targets: preparing tables, stamping, writing, reading. It gets a
// session and locks; nothing here knows which of the two databases it uses.
import type { Table } from "../../config/schema/job_schema.ts";
import type { RowSet } from "../../extract/row_shape.ts";
import { Failure } from "../../failure.ts";
import { CATALOG_SQL, readCatalog } from "../sql/catalog.ts";
import type { ExistingTable } from "../sql/catalog.ts";
import { DatabaseError } from "./database_error.ts";
import { quoteIdentifier } from "../sql/identifier.ts";
import type { Relation } from "../sql/merge_sql.ts";
import { retryDatabase } from "./database_retry.ts";
import type { DatabaseRetryOptions } from "./database_retry.ts";
import type { Locks } from "./locks.ts";
import type { Session } from "./session.ts";
import { readingSql } from "../sql/reading_sql.ts";
import { spool } from "./spool.ts";
import { LEDGER_TABLE } from "../sql/log_tables.ts";
import {
  FORGET_TRANSACTIONS_SQL,
  READ_STAMP_SQL,
  READ_TABLES_SQL,
  STAMP_TABLE,
  stampSql,
  SYSTEM_TABLES,
  TABLES_TABLE,
} from "../sql/system_tables.ts";
import { ledgerEntry, ledgerRows, readLedgerSql } from "../sql/ledger_sql.ts";
import { planTables } from "../sql/table_plan.ts";
import type { TableNotice, TablePlan } from "../sql/table_plan.ts";
import type { LockHolder, StatementRows, Target, Written } from "./target.ts";
import type { QueryOptions, QueryResult } from "./query.ts";
import { waitUntilWritable } from "./writable.ts";
import { Writer } from "./writer.ts";
import type { LedgerEntry } from "../sql/ledger_sql.ts";
import { NOTHING_WATCHED, type Watch } from "./watch.ts";
import { recordedOrder, type WatchedTable } from "../sql/vanished_sql.ts";

/** The parts of a target. */
interface TargetParts extends DatabaseRetryOptions {
  /** The kind of database. */
  readonly kind: Target["kind"];
  /** Its address without the password. */
  readonly label: string;
  /** The connection. */
  readonly session: Session;
  /** A string that distinguishes this database from any copy of it. */
  readonly identity: string;
  /** Reads that string again. */
  readonly readIdentity: () => Promise<string>;
  /** Returns a random UUID. */
  readonly randomId: () => string;
  /** The locks that this process holds on the target. */
  readonly locks: Locks;
  /** Reports to the user why something takes time. */
  readonly onWait: (message: string) => void;
}

/** Prevents two processes from creating the same tables at once. */
const CREATION_LOCK_SQL = "SELECT pg_advisory_xact_lock(hashtext('hindcast tables'))";
/** What another process that creates the same tables without that lock can cause. */
const CONCURRENTLY_CREATED = new Set(["23505", "42701", "42710", "42P07"]);
const MAX_CREATION_ATTEMPTS = 3;
/** SQLSTATE of a statement that changes data in a read-only transaction. */
const READ_ONLY_VIOLATION = "25006";
/** SQLSTATE of a canceled statement; a query that only reads is canceled when it takes too long. */
const CANCELED = "57014";

/** A target over a session. */
export class SqlTarget implements Target {
  readonly kind: Target["kind"];
  readonly label: string;
  watched: TablePlan["watched"] = new Map();
  readonly #parts: TargetParts;
  readonly #relations = new Map<string, Relation>();
  readonly #tables: Record<string, Table> = {};
  readonly #writer: Writer;
  #id = "";
  #identity: string;

  private constructor(parts: TargetParts) {
    this.kind = parts.kind;
    this.label = parts.label;
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#writer = new Writer({
      ...parts,
      relations: this.#relations,
      watchedTable: (name) => watchedTable(name, this.#tables[name]!),
      guards: () => parts.locks.guards(),
      lockLost: (cause) => parts.locks.lost(cause),
    });
  }

  /** Reads the stamp, if there is one. */
  static async open(parts: TargetParts): Promise<SqlTarget> {
    const target = new SqlTarget(parts);
    if ((await target.#catalog([STAMP_TABLE])).has(STAMP_TABLE)) await target.#readStamp();
    return target;
  }

  get id(): string {
    return this.#id;
  }

  get encryption(): Target["encryption"] {
    return this.#parts.session.encryption;
  }

  async prepare(tables: Readonly<Record<string, Table>>): Promise<readonly TableNotice[]> {
    refuseOwnTables(tables);
    Object.assign(this.#tables, tables, SYSTEM_TABLES);
    const { relations, notices, watched } = await this.#create(this.#tables);
    this.watched = watched;
    this.#relations.clear();
    for (const [name, relation] of relations) this.#relations.set(name, relation);
    return notices;
  }

  async examine(tables: Readonly<Record<string, Table>>): Promise<readonly TableNotice[]> {
    refuseOwnTables(tables);
    return (await this.#plan(tables)).notices;
  }

  async write(
    sets: readonly RowSet[],
    ledger: readonly LedgerEntry[],
    watch: Watch = NOTHING_WATCHED,
    checks: readonly string[] = [],
  ): Promise<Written> {
    return await this.#writer.write(sets, ledgerRows(ledger), watch, checks);
  }

  async transact(statements: readonly string[]): Promise<StatementRows[]> {
    const { session } = this.#parts;
    const steps = statements.map((sql) => ({ sql }));
    const run = () => retryDatabase(this.#parts, () => session.coordinate(steps));
    return (await failing("coordinate the workers", run)).map(({ rows }) => rows);
  }

  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const { session } = this.#parts;
    if (!options.readOnly) {
      return await failing("run the query", () => session.query(sql, options));
    }
    const query = readingSql(sql);
    return await this.#reading(() => session.query(query, options));
  }

  async *stream(
    sql: string,
    { parameters = [] }: { parameters?: readonly unknown[] } = {},
  ): AsyncGenerator<Record<string, unknown>> {
    const query = readingSql(sql);
    const { session } = this.#parts;
    yield* await this.#reading(() => spool((take) => session.readAll(query, parameters, take)));
  }

  async *readLedger(job: string): AsyncGenerator<LedgerEntry> {
    const existing = await this.#catalog([STAMP_TABLE, LEDGER_TABLE]);
    const ledger = existing.get(LEDGER_TABLE);
    if (ledger === undefined || !existing.has(STAMP_TABLE)) return;
    const sql = readLedgerSql(new Set(ledger.columns.keys()));
    for await (const record of this.stream(sql, { parameters: [job] })) yield ledgerEntry(record);
  }

  async countRows(tables: readonly string[]): Promise<Record<string, number>> {
    const existing = await this.#catalog(tables);
    const counted = tables.filter((name) => existing.has(name));
    if (counted.length === 0) return {};
    // One query for all: each query on a remote database costs its latency.
    const counts = counted.map((name) => `(SELECT count(*) FROM ${quoteIdentifier(name)})`);
    const { rows: [row] } = await this.query(`SELECT ${counts.join(", ")}`, { readOnly: true });
    return Object.fromEntries(counted.map((name, at) => [name, Number(row![at])]));
  }

  async lock(job: string, holder: LockHolder, isPrepared = false): Promise<AsyncDisposable> {
    const hasWaited = await waitUntilWritable(this, this.#parts);
    if (hasWaited && await this.failedOver()) await this.#readStamp();
    if (!isPrepared) await this.#create(SYSTEM_TABLES);
    return await this.#parts.locks.take(job, holder);
  }

  /** Closes the connections and releases the locks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.session[Symbol.asyncDispose]();
    await this.#parts.locks[Symbol.asyncDispose]();
  }

  async failedOver(): Promise<boolean> {
    const before = this.#identity;
    this.#identity = await failing("identify the database", this.#parts.readIdentity);
    return this.#identity !== before;
  }

  /** Creates or completes the tables, and stamps the database. */
  async #create(tables: Readonly<Record<string, Table>>): Promise<TablePlan> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#createOnce(tables);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        if (attempt >= MAX_CREATION_ATTEMPTS || !CONCURRENTLY_CREATED.has(error.code)) {
          throw error.toFailure("create the tables");
        }
      }
    }
  }

  async #createOnce(tables: Readonly<Record<string, Table>>): Promise<TablePlan> {
    const plan = await this.#plan(tables);
    const { randomId, session } = this.#parts;
    const stamp = this.#id === ""
      ? [stampSql(randomId(), this.#identity), ...FORGET_TRANSACTIONS_SQL]
      : [];
    const statements = [...plan.statements, ...stamp];
    if (statements.length === 0) return plan;
    const steps = [CREATION_LOCK_SQL, ...statements].map((sql) => ({ sql }));
    await retryDatabase(this.#parts, () => session.transact(steps));
    if (this.#id === "") await this.#readStamp();
    return plan;
  }

  async #plan(tables: Readonly<Record<string, Table>>): Promise<TablePlan> {
    const existing = await this.#catalog([...Object.keys(SYSTEM_TABLES), ...Object.keys(tables)]);
    const rows = existing.has(TABLES_TABLE)
      ? (await this.query(READ_TABLES_SQL, { readOnly: true })).rows
      : [];
    const recorded = new Map(rows.map(([name, created]) => [String(name), created === true]));
    const watched = new Map(
      rows.flatMap(([name, , isSo, key]): [string, string | null][] =>
        isSo === "true" ? [[String(name), key === null ? null : String(key)]] : []
      ),
    );
    return planTables(tables, { existing, recorded, watched });
  }

  async #readStamp(): Promise<void> {
    const { rows } = await this.query(READ_STAMP_SQL, {
      parameters: [this.#identity],
      readOnly: true,
    });
    this.#id = String(rows[0]?.[0] ?? "");
  }

  async #catalog(tables: readonly string[]): Promise<Map<string, ExistingTable>> {
    const parameters = [JSON.stringify([...new Set(tables)])];
    const { rows } = await this.query(CATALOG_SQL, { parameters, readOnly: true });
    return readCatalog(rows);
  }

  /** Runs something that only reads; retries errors that may pass. */
  #reading<T>(read: () => Promise<T>): Promise<T> {
    const passes = ({ passes, code }: DatabaseError) =>
      passes && code !== READ_ONLY_VIOLATION && code !== CANCELED;
    return failing("run the query", () => retryDatabase(this.#parts, read, passes));
  }
}

function refuseOwnTables(tables: Readonly<Record<string, Table>>): void {
  const own = Object.keys(tables).find((name) => Object.hasOwn(SYSTEM_TABLES, name));
  if (own === undefined) return;
  throw new Failure("configuration", `Cannot create table "${own}": Hindcast uses that name`, {
    hint: "Rename the table in the job",
  });
}

function watchedTable(table: string, { key, columns, vanished }: Table): WatchedTable {
  return {
    table,
    key: recordedOrder(key).map((column) => ({ column, type: columns[column]!.type })),
    action: vanished,
  };
}

async function failing<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code !== READ_ONLY_VIOLATION) throw error.toFailure(what);
    throw new Failure("target", `Cannot ${what}: ${error.message}`, {
      hint: "Write a query that only reads tables",
      cause: error,
    });
  }
}
