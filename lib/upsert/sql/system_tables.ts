// Owns the tables that Hindcast itself keeps in a target: its stamp, the ledger of finished windows and
// the holders of locks. The stamp names the database that holds it: a copy or a restored one gets a new
// stamp, so that no checkpoint ever speaks of rows that another database holds.
import type { Table } from "../../config/schema/job_schema.ts";
import type { Row, RowSet, RowShape } from "../../extract/row_shape.ts";
import { quoteIdentifier, quoteLiteral } from "./identifier.ts";

/** A finished window, as the target records it. */
export interface LedgerEntry {
  /** Name of the job. */
  readonly job: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical text of the parameters the window was fetched with. */
  readonly scope: string;
  /** Canonical text of the `for_each` values; empty where there are none. */
  readonly each: string;
  /** First day (or minute) of the window; null for a stream without windows. */
  readonly from: string | null;
  /** Day (or minute) after the last. */
  readonly to: string | null;
  /** Records the source answered. */
  readonly records: number;
  /** Rows made of them. */
  readonly rows: number;
  /** Rows of it that are not in the database, because they could not be read or were refused. */
  readonly rejected: number;
  /** Whether the window may not change any more. */
  readonly settled: boolean;
  /** Instant in ISO 8601, with zone. */
  readonly fetchedAt: string;
}

/** Table with the one row of the stamp. */
export const STAMP_TABLE = "hindcast_target";
/** Table of finished windows. */
export const LEDGER_TABLE = "hindcast_windows";
/** Table of who holds, or last held, the lock of each job. */
export const LOCKS_TABLE = "hindcast_locks";

/** The tables Hindcast keeps for itself, described as a job's are. */
export const SYSTEM_TABLES: Readonly<Record<string, Table>> = {
  [STAMP_TABLE]: ownTable("Which database this is, as checkpoints know it.", ["one"], {
    one: "boolean",
    id: "uuid",
    home: "text",
    created_at: "timestamptz",
  }),
  [LEDGER_TABLE]: ownTable(
    "Windows whose rows are in this database, recorded in the same transaction.",
    ["job", "stream", "scope", "each", "from", "to"],
    {
      job: "text",
      stream: "text",
      scope: "text",
      each: "text",
      from: "text",
      to: "text",
      records: "bigint",
      rows: "bigint",
      settled: "boolean",
      // Beside a boolean and before a timestamp four bytes cost nothing: they are padding otherwise.
      rejected: "integer",
      fetched_at: "timestamptz",
    },
  ),
  [LOCKS_TABLE]: ownTable("Which run writes a job's rows at present.", ["job"], {
    job: "text",
    token: "uuid",
    run: "text",
    host: "text",
    pid: "bigint",
    since: "timestamptz",
  }),
};

const ledger = SYSTEM_TABLES[LEDGER_TABLE]!;
const ledgerColumns = Object.keys(ledger.columns);

/** The shape of the ledger's rows. */
export const LEDGER_SHAPE: RowShape = {
  id: LEDGER_TABLE,
  stream: "",
  table: LEDGER_TABLE,
  columns: ledgerColumns,
  types: ledgerColumns.map((name) => ledger.columns[name]!.type),
  merges: ledgerColumns.map(() => "replace"),
  key: ledger.key.map((name) => ledgerColumns.indexOf(name)),
  version: [],
};

/** Ledger entries as rows of their table; a null date is an empty text there, for keys have no nulls. */
export function ledgerRows(entries: readonly LedgerEntry[]): RowSet {
  const rows = entries.map((entry): Row => [
    entry.job,
    entry.stream,
    entry.scope,
    entry.each,
    entry.from ?? "",
    entry.to ?? "",
    String(entry.records),
    String(entry.rows),
    String(entry.settled),
    String(entry.rejected),
    entry.fetchedAt,
  ]);
  return { shape: LEDGER_SHAPE, rows };
}

const rejectedAt = ledgerColumns.indexOf("rejected");

/** The ledger's rows with so many more rejected of each window. */
export function withRejected(rows: readonly Row[], more: number): Row[] {
  return rows.map((row) => row.with(rejectedAt, String(Number(row[rejectedAt]) + more)));
}

/**
 * Reads the ledger of the job that is `$1`, in the order in which its windows were fetched. What a
 * ledger of an earlier version lacks of columns is null.
 */
export function readLedgerSql(existing: ReadonlySet<string>): string {
  const columns = ledgerColumns.map((name) =>
    existing.has(name) ? quoteIdentifier(name) : `NULL AS ${quoteIdentifier(name)}`
  );
  return `SELECT ${columns.join(", ")} FROM ${LEDGER_TABLE} WHERE job = $1 ORDER BY fetched_at`;
}

/** The ledger entry that a record of that query is. */
export function ledgerEntry(record: Record<string, unknown>): LedgerEntry {
  return {
    job: String(record.job),
    stream: String(record.stream),
    scope: String(record.scope),
    each: String(record.each),
    from: String(record.from) || null,
    to: String(record.to) || null,
    records: Number(record.records),
    rows: Number(record.rows),
    rejected: Number(record.rejected ?? 0),
    settled: record.settled === true,
    fetchedAt: String(record.fetched_at),
  };
}

/** Stamps the database whose home is given, unless it bears a stamp of that home already. */
export function stampSql(id: string, home: string): string {
  return `INSERT INTO ${STAMP_TABLE} AS old (one, id, home, created_at) ` +
    `VALUES (true, ${quoteLiteral(id)}, ${
      quoteLiteral(home)
    }, now()) ON CONFLICT (one) DO UPDATE ` +
    "SET id = excluded.id, home = excluded.home, created_at = excluded.created_at " +
    "WHERE old.home IS DISTINCT FROM excluded.home";
}

/** Reads the stamp, where it is of the home that is `$1`. */
export const READ_STAMP_SQL = `SELECT id FROM ${STAMP_TABLE} WHERE home = $1`;

function ownTable(
  about: string,
  key: string[],
  columns: Record<string, Table["columns"][string]["type"]>,
): Table {
  return {
    about,
    key,
    columns: Object.fromEntries(
      Object.entries(columns).map((
        [name, type],
      ) => [name, { type, merge: undefined, about: undefined }]),
    ),
    merge: "replace",
    indexes: [],
    references: {},
  };
}
