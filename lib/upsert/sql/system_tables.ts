// Owns the tables that Hindcast keeps in a target: its stamp, the logs, the holders of locks, the use of limits,
// and the tables it writes to; ledger_sql.ts has the rows of the ledger. The stamp is bound to the identity of the database: a copied or
// restored database gets a new one, so that no checkpoint describes the rows of another database.
import type { Table } from "../../config/schema/job_schema.ts";
import type { RowShape } from "../../extract/row_shape.ts";
import { quoteLiteral } from "./identifier.ts";
import { FAILURES_TABLE, LEDGER_TABLE, LOG_TABLES, RUNS_TABLE } from "./log_tables.ts";
import { ownTable, WINDOW_COLUMNS, WINDOW_KEY } from "./own_table.ts";
import { WORKER_TABLES } from "./worker_tables.ts";

/** The table with the stamp, in one row. */
export const STAMP_TABLE = "hindcast_target";
/** The table of current and previous holders of the job locks. */
export const LOCKS_TABLE = "hindcast_locks";
/** The table of the tables that jobs write to. */
export const TABLES_TABLE = "hindcast_tables";
/** Table of the use of each API's limits. */
export const LIMITS_TABLE = "hindcast_limits";

/** The table of the places of archived responses. */
export const ARCHIVE_TABLE = "hindcast_archive";
/** Table of the keys of the rows that each window returned, for tables whose rows can vanish. */
export const STATED_TABLE = "hindcast_stated";

/** Table of the pages of feeds that were read; the last page of each records where it continues. */
export const FEEDS_TABLE = "hindcast_feeds";

/** Table of the fields that the responses of each stream had. */
export const FIELDS_TABLE = "hindcast_fields";

/** Hindcast's own tables, in the form of a job's tables. */
export const SYSTEM_TABLES: Readonly<Record<string, Table>> = {
  [STAMP_TABLE]: ownTable("The identity of this database, which checkpoints record.", ["one"], {
    one: "boolean",
    id: "uuid",
    home: "text",
    created_at: "timestamptz",
  }),
  [LEDGER_TABLE]: ownTable(
    "Windows whose rows are in this database, recorded in the same transaction.",
    WINDOW_KEY,
    {
      ...WINDOW_COLUMNS,
      records: "bigint",
      rows: "bigint",
      settled: "boolean",
      // Between a boolean and a timestamp four bytes cost nothing: they would be padding.
      rejected: "integer",
      fetched_at: "timestamptz",
      pages: "integer",
      response_ms: "integer",
      digest: "text",
      unchanged: "integer",
    },
    [["job", "xid"]],
  ),
  [RUNS_TABLE]: ownTable("Runs of a job: their options and how they ended.", [
    "job",
    "run",
  ], {
    job: "text",
    run: "text",
    kind: "text",
    options: "jsonb",
    summary: "jsonb",
    started_at: "timestamptz",
    ended_at: "timestamptz",
    // What other workers need to join the run.
    plan: "jsonb",
  }),
  [FAILURES_TABLE]: ownTable(
    "Windows that failed, with the reason.",
    WINDOW_KEY,
    {
      ...WINDOW_COLUMNS,
      reason: "text",
      hint: "text",
      failed_at: "timestamptz",
    },
  ),
  [LOCKS_TABLE]: ownTable("The lease of a job: the run that may write its rows.", ["job"], {
    job: "text",
    token: "uuid",
    run: "text",
    host: "text",
    pid: "bigint",
    since: "timestamptz",
    lease_until: "timestamptz",
    // The server process that serves the holder alone; null behind a connection pooler.
    backend: "bigint",
  }),
  [LIMITS_TABLE]: ownTable(
    "How much of each limit of an API and account is used, by all jobs.",
    ["api_key", "limit"],
    {
      api_key: "text",
      limit: "text",
      next_at: "timestamptz",
      shares: "jsonb",
      margin_ms: "numeric",
      paused_until: "timestamptz",
      period_start: "timestamptz",
      used: "bigint",
      history: "jsonb",
      version: "bigint",
      alone: "jsonb",
    },
  ),
  [ARCHIVE_TABLE]: ownTable(
    "Places of the archived responses of committed pages, recorded in the same transaction.",
    ["file", "offset"],
    // A row and its index entry take 92 bytes if the name of the job has 11 characters. Instead of an
    // instant, as in other tables, it has the day on which it was written.
    {
      ...{ file: "bigint", offset: "integer", length: "integer" },
      ...{ day: "date", updated_at: "date", job: "text" },
      // Number of a further part of a long response, from 2; a null takes no space.
      part: "integer",
    },
  ),
  [FIELDS_TABLE]: ownTable(
    "Fields of the responses of each stream, from samples, and how they changed.",
    ["job", "stream", "path"],
    {
      ...{ job: "text", stream: "text", path: "text", mapped: "boolean", types: "text" },
      ...{ records: "bigint", present: "bigint", missing: "bigint", latest: "bigint" },
      ...{ example: "text", change: "text", changed_at: "timestamptz", since: "timestamptz" },
    },
  ),
  [FEEDS_TABLE]: ownTable(
    "Pages of feeds, recorded in the same transaction as their rows: a feed continues at the cursor of the last.",
    ["job", "stream", "scope", "each", "seq"],
    {
      ...{ job: "text", stream: "text", scope: "text", each: "text", seq: "bigint" },
      // The cursor that was sent, and the one at which the next page begins.
      ...{ sent: "text", cursor: "text" },
      // Whether the feed had no more.
      ended: "boolean",
      rejected: "integer",
      // Totals since the feed was begun.
      ...{ pages: "bigint", records: "bigint", rows: "bigint" },
      ...{ started_at: "timestamptz", read_at: "timestamptz" },
      // What is committed of a reading that has not ended, as JSON; the totals do not count it.
      part: "text",
    },
  ),
  [STATED_TABLE]: ownTable(
    "Keys of the rows that each window returned, for tables whose rows can vanish.",
    // The end before the start: a search for windows that overlap a recent one then scans few others.
    ["table", "job", "stream", "scope", "each", "to", "from", "token", "part"],
    {
      table: "text",
      job: "text",
      stream: "text",
      scope: "text",
      each: "text",
      // Civil minutes; 0 and 1 for a stream without windows.
      to: "bigint",
      from: "bigint",
      token: "text",
      part: "integer",
      keys: "text[]",
    },
  ),
  ...WORKER_TABLES,
  [TABLES_TABLE]: ownTable("Tables that jobs write to.", ["name"], {
    name: "text",
    // Whether Hindcast created the table; one that existed before belongs to somebody else.
    created: "boolean",
    since: "timestamptz",
    // Whether a job marks or deletes rows of it that vanished.
    watched: "boolean",
    // Describes the keys of its rows that are recorded.
    watched_key: "text",
  }),
};

/** Stamps the database, unless it has a stamp for that identity. */
export function stampSql(id: string, identity: string): string {
  return `INSERT INTO ${STAMP_TABLE} AS old (one, id, home, created_at) ` +
    `VALUES (true, ${quoteLiteral(id)}, ${
      quoteLiteral(identity)
    }, now()) ON CONFLICT (one) DO UPDATE ` +
    "SET id = excluded.id, home = excluded.home, created_at = excluded.created_at " +
    "WHERE old.home IS DISTINCT FROM excluded.home";
}

/**
 * Forgets the transactions of another cluster, which a restored dump contains: their numbers may be ahead of this
 * one's, and their rows would be read as new forever.
 */
export const FORGET_TRANSACTIONS_SQL: readonly string[] = [...LOG_TABLES].map((table) =>
  `UPDATE ${table} SET xid = NULL WHERE xid > txid_current()`
);

/** Reads the stamp, if it is for the identity `$1`. */
export const READ_STAMP_SQL = `SELECT id FROM ${STAMP_TABLE} WHERE home = $1`;

/** Reads which tables are known, whether Hindcast created them, and whether and by which keys their rows are watched. */
export const READ_TABLES_SQL: string =
  `SELECT name, created, to_jsonb(t) ->> 'watched', to_jsonb(t) ->> 'watched_key' ` +
  `FROM ${TABLES_TABLE} AS t`;

/** Records that jobs watch the rows of these tables, by the descriptions of their keys. */
export function watchTablesSql(tables: ReadonlyMap<string, string>): string {
  const rows = [...tables].map((row) => `(${row.map(quoteLiteral).join(", ")})`);
  return `UPDATE ${TABLES_TABLE} AS t SET watched = true, watched_key = w.key ` +
    `FROM (VALUES ${rows.join(", ")}) AS w (name, key) WHERE t.name = w.name`;
}

/** Forgets which rows of these tables windows have returned. */
export function forgetStatedSql(tables: readonly string[]): string {
  return `DELETE FROM ${STATED_TABLE} WHERE "table" IN (${tables.map(quoteLiteral).join(", ")})`;
}

/** Records tables that are not known yet. */
export function recordTablesSql(tables: ReadonlyMap<string, boolean>): string {
  const rows = [...tables].map(([name, created]) => `(${quoteLiteral(name)}, ${created}, now())`);
  return `INSERT INTO ${TABLES_TABLE} (name, created, since) VALUES ${rows.join(", ")} ` +
    "ON CONFLICT (name) DO NOTHING";
}

/** Records the tables that an earlier version created, which kept no list of them: it gave each an `updated_at`. */
export const RECORD_EARLIER_TABLES_SQL = `INSERT INTO ${TABLES_TABLE} (name, created, since)
SELECT c.relname, true, now() FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
AND a.attname = 'updated_at' AND a.atthasdef ON CONFLICT (name) DO NOTHING`;

/** The shape of the rows of one of Hindcast's own tables. */
export function shapeOf(table: string): RowShape {
  const { columns, key } = SYSTEM_TABLES[table]!;
  const names = Object.keys(columns);
  return {
    id: table,
    stream: "",
    table,
    columns: names,
    types: names.map((name) => columns[name]!.type),
    merges: names.map(() => "replace"),
    key: key.map((name) => names.indexOf(name)),
    version: [],
  };
}
