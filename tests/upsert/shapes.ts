// Creates tables and row shapes for the tests of this folder, from one short description of the columns.
import type { ColumnType, MergePolicy, Table } from "../../lib/config/schema/job_schema.ts";
import type { RowShape } from "../../lib/extract/row_shape.ts";
import type { LedgerEntry } from "../../lib/upsert/sql/ledger_sql.ts";

/** Type of a column, or type and policy, such as `["integer", "fill"]`. */
export type ColumnSpec = ColumnType | readonly [ColumnType, MergePolicy];

/** A table with these columns. */
export function tableOf(
  columns: Readonly<Record<string, ColumnSpec>>,
  rest: Partial<Table> = {},
): Table {
  return {
    key: [Object.keys(columns)[0]!],
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, spec]) => {
        const [type, merge] = typeof spec === "string" ? [spec, undefined] : spec;
        return [name, { type, merge, about: undefined }];
      }),
    ),
    merge: "replace",
    vanished: "keep",
    indexes: [],
    extend: false,
    references: {},
    ...rest,
  };
}

/** The shape of rows that fill all columns of a table, or those that are named. */
export function shapeOf(
  name: string,
  table: Table,
  columns = Object.keys(table.columns),
): RowShape {
  const version = table.version ?? [];
  return {
    id: `stream/${name}/${columns.join()}`,
    stream: "stream",
    table: name,
    columns,
    types: columns.map((column) => table.columns[column]!.type),
    merges: columns.map((column) =>
      version.includes(column) ? "latest" : table.columns[column]!.merge ?? table.merge
    ),
    key: table.key.map((column) => columns.indexOf(column)),
    version: version.map((column) => columns.indexOf(column)).filter((at) => at >= 0),
  };
}

/** A ledger entry, complete. */
export function windowOf(rest: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    job: "job",
    stream: "stream",
    scope: "",
    each: "",
    from: "2024-01-01",
    to: "2024-01-02",
    records: 1,
    rows: 1,
    rejected: 0,
    pages: 1,
    responseMs: 10,
    settled: true,
    fetchedAt: "2024-01-03T00:00:00Z",
    ...rest,
  };
}
