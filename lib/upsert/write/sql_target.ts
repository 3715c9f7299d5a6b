// Owns what both databases have in common as targets: making tables, stamping, writing, reading. The two
// doors give it a session and a strategy to lock; nothing here knows which of the two it is talking to.
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
import type { Session } from "./session.ts";
import {
  LEDGER_TABLE,
  ledgerEntry,
  ledgerRows,
  READ_STAMP_SQL,
  readLedgerSql,
  STAMP_TABLE,
  stampSql,
  SYSTEM_TABLES,
} from "../sql/system_tables.ts";
import { changeSql, missingForeignKeys } from "../sql/table_change.ts";
import { tableOrder } from "../sql/table_order.ts";
import { keepsUpdatedAt, tableSql } from "../sql/table_sql.ts";
import type { Answer, LockHolder, QueryOptions, Target, Written } from "./target.ts";
import { Writer } from "./write_rows.ts";
import type { LedgerEntry } from "../sql/system_tables.ts";

/** What a door gives. */
export interface TargetParts extends DatabaseRetryOptions {
  /** Which of the two it is. */
  readonly kind: Target["kind"];
  /** Its address without the password. */
  readonly label: string;
  /** The connection. */
  readonly session: Session;
  /** Text that tells this database from any copy of it. */
  readonly identity: string;
  /** Makes a random UUID. */
  readonly randomId: () => string;
  /** The locks this process holds on the target. */
  readonly locks: Locks;
}

/** The locks a process holds on a target. */
export interface Locks extends AsyncDisposable {
  /** Takes the lock of a job; the tables Hindcast keeps for itself are there. */
  take(job: string, holder: LockHolder): Promise<AsyncDisposable>;
  /** Statements that fail unless every lock is still held. */
  guards(): readonly string[];
  /** Takes again, after a lost connection, what was lost with it. */
  renew(): Promise<void>;
}

/** Keeps two processes from making the same tables at once. */
const CREATION_LOCK_SQL = "SELECT pg_advisory_xact_lock(hashtext('hindcast tables'))";
/** What another process that makes the same tables, unlocked, may cause. */
const CONCURRENTLY_CREATED = new Set(["23505", "42701", "42710", "42P07"]);
const MAX_CREATION_ATTEMPTS = 3;
/** SQLSTATE of a statement that changes data where only reading is allowed. */
const READ_ONLY_VIOLATION = "25006";

/** The cursors of this process, numbered. */
let cursors = 0;

/** A target over a session. */
export class SqlTarget implements Target {
  readonly kind: Target["kind"];
  readonly label: string;
  readonly #parts: TargetParts;
  readonly #relations = new Map<string, Relation>();
  readonly #tables: Record<string, Table> = {};
  readonly #writer: Writer;
  #id = "";

  private constructor(parts: TargetParts) {
    this.kind = parts.kind;
    this.label = parts.label;
    this.#parts = parts;
    this.#writer = new Writer({
      ...parts,
      relations: this.#relations,
      guards: () => parts.locks.guards(),
      renew: () => parts.locks.renew(),
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

  async prepare(tables: Readonly<Record<string, Table>>): Promise<void> {
    const own = Object.keys(tables).find((name) => Object.hasOwn(SYSTEM_TABLES, name));
    if (own !== undefined) {
      throw new Failure(
        "configuration",
        `Cannot make table "${own}": Hindcast keeps it for itself`,
        {
          hint: "Give the table another name in the job",
        },
      );
    }
    Object.assign(this.#tables, tables, SYSTEM_TABLES);
    await this.#make(this.#tables);
  }

  async write(sets: readonly RowSet[], ledger: readonly LedgerEntry[]): Promise<Written> {
    return await this.#writer.write(sets, ledgerRows(ledger));
  }

  async query(sql: string, options: QueryOptions = {}): Promise<Answer> {
    const run = () => this.#parts.session.query(sql, options);
    return options.readOnly ? await this.#reading(run) : await failing("run the query", run);
  }

  async *stream(
    sql: string,
    options: { parameters?: readonly unknown[]; batchRows?: number } = {},
  ): AsyncGenerator<Record<string, unknown>> {
    const { parameters = [], batchRows = 1000 } = options;
    const { session } = this.#parts;
    // Held over the commit: no transaction stays open while the caller takes its time.
    const cursor = `hindcast_cursor_${++cursors}`;
    const query = sql.replace(/[\s;]+$/, "");
    const declare = `DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR ${query}`;
    await this.#reading(() => session.query(declare, { parameters }));
    try {
      for (;;) {
        const { columns, rows } = await this.query(`FETCH ${batchRows} FROM ${cursor}`);
        for (const row of rows) {
          yield Object.fromEntries(columns.map((name, at) => [name, row[at]]));
        }
        if (rows.length < batchRows) return;
      }
    } finally {
      await session.query(`CLOSE ${cursor}`).catch(() => {});
    }
  }

  async *readLedger(job: string): AsyncGenerator<LedgerEntry> {
    const existing = await this.#catalog(Object.keys(SYSTEM_TABLES));
    if (existing.size < Object.keys(SYSTEM_TABLES).length) return;
    const columns = new Set(existing.get(LEDGER_TABLE)!.columns.keys());
    const records = this.stream(readLedgerSql(columns), { parameters: [job] });
    for await (const record of records) yield ledgerEntry(record);
  }

  async countRows(tables: readonly string[]): Promise<Record<string, number>> {
    const existing = await this.#catalog(tables);
    const counted = tables.filter((name) => existing.has(name));
    if (counted.length === 0) return {};
    // One query for all: a database far away answers each of many in its own time.
    const counts = counted.map((name) => `(SELECT count(*) FROM ${quoteIdentifier(name)})`);
    const { rows: [row] } = await this.query(`SELECT ${counts.join(", ")}`, { readOnly: true });
    return Object.fromEntries(counted.map((name, at) => [name, Number(row![at])]));
  }

  async lock(job: string, holder: LockHolder): Promise<AsyncDisposable> {
    if (this.#id === "") await this.#make(SYSTEM_TABLES);
    return await this.#parts.locks.take(job, holder);
  }

  /** Closes the connections and gives the locks back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.session[Symbol.asyncDispose]();
    await this.#parts.locks[Symbol.asyncDispose]();
  }

  /** Makes or completes the tables and stamps the database. */
  async #make(tables: Readonly<Record<string, Table>>): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        await this.#makeOnce(tables);
        break;
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        if (tries >= MAX_CREATION_ATTEMPTS || !CONCURRENTLY_CREATED.has(error.code)) {
          throw error.toFailure("make the tables");
        }
      }
    }
    await this.#readStamp();
  }

  async #makeOnce(tables: Readonly<Record<string, Table>>): Promise<void> {
    const names = tableOrder(tables);
    const existing = await this.#catalog(names);
    const statements = [
      ...names.flatMap((name) => completing(name, tables[name]!, existing.get(name))),
      ...names.flatMap((name) => missingForeignKeys(name, tables[name]!, existing.get(name))),
      stampSql(this.#parts.randomId(), this.#parts.identity),
    ];
    const steps = [CREATION_LOCK_SQL, ...statements].map((sql) => ({ sql }));
    await retryDatabase(this.#parts, () => this.#parts.session.transact(steps));
    this.#relations.clear();
    for (const name of names) {
      const table = tables[name]!;
      this.#relations.set(name, {
        version: table.version ?? [],
        keepsUpdatedAt: keepsUpdatedAt(table),
        partitioned: existing.get(name)?.partitioned ?? false,
      });
    }
  }

  async #readStamp(): Promise<void> {
    const { rows } = await this.query(READ_STAMP_SQL, {
      parameters: [this.#parts.identity],
      readOnly: true,
    });
    this.#id = String(rows[0]?.[0] ?? "");
  }

  async #catalog(tables: readonly string[]): Promise<Map<string, ExistingTable>> {
    const parameters = [JSON.stringify(tables)];
    const { rows } = await this.query(CATALOG_SQL, { parameters, readOnly: true });
    return readCatalog(rows);
  }

  /** Runs something that only reads; repeated while the reason to fail may pass. */
  #reading<T>(read: () => Promise<T>): Promise<T> {
    const passes = (error: DatabaseError) => error.passes && error.code !== READ_ONLY_VIOLATION;
    return failing("run the query", () => retryDatabase(this.#parts, read, passes));
  }
}

async function failing<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code !== READ_ONLY_VIOLATION) throw error.toFailure(what);
    throw new Failure("target", `Cannot ${what}: ${error.message}`, {
      hint: "Write a query that only reads",
      cause: error,
    });
  }
}

function completing(name: string, table: Table, existing: ExistingTable | undefined): string[] {
  return existing === undefined ? tableSql(name, table) : changeSql(name, table, existing);
}
