// Owns the rows of the ledger: what is recorded of each finished window, as rows to write and as records that were
// read. Pure. Invariant: a ledger of an earlier version is read with nulls for the columns that it does not have.
import type { Row, RowSet, RowShape } from "../../extract/row_shape.ts";
import { quoteIdentifier } from "./identifier.ts";
import { LEDGER_TABLE } from "./log_tables.ts";
import { shapeOf } from "./system_tables.ts";

/** A finished window in the target's ledger. */
export interface LedgerEntry {
  /** Name of the job. */
  readonly job: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters that the window was fetched with. */
  readonly scope: string;
  /** Canonical string of the `for_each` values; empty if there are none. */
  readonly each: string;
  /** First day (or minute) of the window; null for a stream without windows. */
  readonly from: string | null;
  /** The day (or minute) after the last one. */
  readonly to: string | null;
  /** Records in the responses. */
  readonly records: number;
  /** Rows extracted from them. */
  readonly rows: number;
  /** Rows that are not in the database, because they could not be extracted or were refused. */
  readonly rejected: number;
  /** Responses read to their end; 0 in the second entry of a window that is settled in part. */
  readonly pages: number;
  /** Milliseconds from a request to the end of its response, over all pages. */
  readonly responseMs: number;
  /** Whether the window is final. */
  readonly settled: boolean;
  /** Instant in ISO 8601, with zone. */
  readonly fetchedAt: string;
  /** A hash of the window's rows, for a stream that is fetched again at given ages; else absent. */
  readonly digest?: string | undefined;
  /** How many fetches in a row found these rows, for such a stream. */
  readonly unchanged?: number | undefined;
}

/** The shape of the ledger's rows. */
const LEDGER_SHAPE: RowShape = shapeOf(LEDGER_TABLE);

const ledgerColumns = LEDGER_SHAPE.columns;

/** Ledger entries as rows; a null date is an empty string, because keys cannot be null. */
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
    String(entry.pages),
    String(Math.round(entry.responseMs)),
    entry.digest ?? null,
    entry.unchanged === undefined ? null : String(entry.unchanged),
  ]);
  return { shape: LEDGER_SHAPE, rows };
}

/** The row of a window, or of a page of a feed, with `more` rejected rows. */
export function withRejected({ columns }: RowShape, row: Row, more: number): Row {
  const at = columns.indexOf("rejected");
  return row.with(at, String(Number(row[at]) + more));
}

/**
 * Reads the ledger of the job `$1`, in the order in which its windows were fetched. Columns that a ledger
 * of an earlier version does not have are null.
 */
export function readLedgerSql(existing: ReadonlySet<string>): string {
  const columns = ledgerColumns.map((name) =>
    existing.has(name) ? quoteIdentifier(name) : `NULL AS ${quoteIdentifier(name)}`
  );
  return `SELECT ${columns.join(", ")} FROM ${LEDGER_TABLE} WHERE job = $1 ORDER BY fetched_at`;
}

/** The ledger entry in a record of that query. */
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
    pages: Number(record.pages ?? 0),
    responseMs: Number(record.response_ms ?? 0),
    settled: record.settled === true,
    fetchedAt: String(record.fetched_at),
  };
}
