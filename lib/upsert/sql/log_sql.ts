// Owns the query that reads the logs of a job in a target: completely, or what was committed since a mark. A
// mark is a snapshot: a row is new unless its transaction had been committed in it, so that one that began
// earlier and commits later is not missed, and nothing is read twice. Pure.
import { FAILURES_TABLE, LEDGER_TABLE, RUNS_TABLE } from "./log_tables.ts";

/** The columns of each log that exist; a database of an earlier version does not have all of them. */
export type LogColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the columns of the logs that exist: the table and a column in each row. */
export const LOG_COLUMNS_SQL = `SELECT c.relname, a.attname
FROM unnest(ARRAY['${LEDGER_TABLE}', '${FAILURES_TABLE}', '${RUNS_TABLE}']) AS name
JOIN pg_class c ON c.oid = to_regclass(quote_ident(name)) JOIN pg_attribute a ON a.attrelid = c.oid
WHERE a.attnum > 0 AND NOT a.attisdropped`;

/** Between the entries of windows. */
export const ENTRY_SEPARATOR = ";";
/** Flags of an entry. */
export const FLAGS = { empty: 1, settled: 2, measured: 4, detailed: 8 } as const;

/**
 * Reads the logs of the job `$1`; `since` is a mark that an earlier reading returned, as `$2`. Rows are a kind
 * and five strings:
 *
 * - `mark`: the mark of this reading.
 * - `windows`: stream, scope, `for_each` values, entries `from,to,flags,xid[,rejected,fetched at]`, sums of what
 *   they measured. Entries without a transaction are of an earlier version and have 0.
 * - `failure`, `run`: the row as JSON, in the order of the transactions.
 */
export function readLogsSql(isSince: boolean, columns?: LogColumns): string {
  const parts = [
    "SELECT 'mark' AS kind, txid_current_snapshot()::text, NULL::text, NULL::text, NULL::text, NULL::text",
    ...(has(columns, LEDGER_TABLE) ? [windowsSql(isSince, columns)] : []),
    ...[FAILURES_TABLE, RUNS_TABLE].flatMap((table) =>
      has(columns, table) ? [rowsSql(table, isSince, columns)] : []
    ),
  ];
  return parts.join("\nUNION ALL\n");
}

/** Whether rows can be read by their transactions: the logs have the column. */
export function hasTransactions(columns: LogColumns): boolean {
  return [LEDGER_TABLE, FAILURES_TABLE, RUNS_TABLE].every((table) =>
    columns.get(table)?.has("xid") === true
  );
}

function has(columns: LogColumns | undefined, table: string): boolean {
  return columns === undefined || columns.has(table);
}

function windowsSql(isSince: boolean, columns: LogColumns | undefined): string {
  const known = columns?.get(LEDGER_TABLE);
  const column = (name: string, type: string) =>
    known === undefined || known.has(name) ? `w.${name}` : `NULL::${type}`;
  const [rejected, xid] = [column("rejected", "integer"), column("xid", "bigint")];
  const { empty, settled, measured, detailed } = FLAGS;
  return `SELECT 'windows', stream, scope, each, string_agg("from" || ',' || "to" || ',' ||
    (CASE WHEN records = 0 THEN ${empty} ELSE 0 END + CASE WHEN settled THEN ${settled} ELSE 0 END +
    CASE WHEN pages IS NULL THEN 0 ELSE ${measured} END +
    CASE WHEN is_detailed THEN ${detailed} ELSE 0 END) || ',' || xid || CASE WHEN is_detailed
    THEN ',' || rejected || ',' || round(extract(epoch FROM fetched_at) * 1000) ELSE '' END,
    '${ENTRY_SEPARATOR}'), concat_ws(',', count(*) FILTER (WHERE pages > 0), coalesce(sum(pages), 0),
    coalesce(sum(records) FILTER (WHERE pages > 0), 0), coalesce(sum(rows) FILTER (WHERE pages > 0), 0),
    coalesce(sum(response_ms), 0))
  FROM (SELECT stream, scope, each, "from", "to", records, rows, settled, fetched_at,
    coalesce(${rejected}, 0) AS rejected, ${column("pages", "integer")} AS pages,
    ${column("response_ms", "integer")} AS response_ms, coalesce(${xid}, 0) AS xid,
    ${rejected} > 0 OR "from" = '' OR ${xid} IS NULL AS is_detailed
    FROM ${LEDGER_TABLE} AS w WHERE job = $1${sinceSql(isSince)} ORDER BY ${xid}) AS w
  GROUP BY stream, scope, each`;
}

function rowsSql(table: string, isSince: boolean, columns: LogColumns | undefined): string {
  const isOrdered = columns === undefined || columns.get(table)?.has("xid") === true;
  const order = table === RUNS_TABLE ? "started_at" : isOrdered ? "xid, failed_at" : "failed_at";
  const kind = table === RUNS_TABLE ? "run" : "failure";
  return `SELECT * FROM (SELECT '${kind}', to_jsonb(t)::text, NULL::text, NULL::text, NULL::text, NULL::text
  FROM ${table} AS t WHERE job = $1${sinceSql(isSince)} ORDER BY ${order}) AS ${kind}`;
}

function sinceSql(isSince: boolean): string {
  return isSince
    ? " AND xid >= txid_snapshot_xmin($2::txid_snapshot) AND NOT txid_visible_in_snapshot(xid, $2::txid_snapshot)"
    : "";
}
