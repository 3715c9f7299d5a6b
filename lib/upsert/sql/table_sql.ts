// Owns the SQL that creates the tables of a job. Pure: the same job gives the same statements, so --dry-run
// shows exactly what would run. table_change.ts changes existing tables.
import type { Table } from "../../config/schema/job_schema.ts";
import { derivedName, quoteIdentifier, quoteIdentifiers, quoteLiteral } from "./identifier.ts";
import { LOG_TABLES } from "./log_tables.ts";
import { sqlType } from "./sql_type.ts";
import { referenceParts, tableOrder } from "./table_order.ts";

/** Name of the column that records when a row last changed, unless the job declares a column of that name. */
export const UPDATED_AT = "updated_at";
/** The declaration of that column. */
export const UPDATED_AT_SQL = `${quoteIdentifier(UPDATED_AT)} timestamptz NOT NULL DEFAULT now()`;

/** Name of the column that records when the API no longer returned a row. */
export const VANISHED_AT = "vanished_at";
/** The declaration of that column. */
export const VANISHED_AT_SQL = `${quoteIdentifier(VANISHED_AT)} timestamptz`;

/** Name of the column that records which transaction wrote a row of a log (system_tables.ts). */
export const XID = "xid";
/** Its value: the transaction that is running, never reused. */
export const XID_SQL = "txid_current()";

/** Whether Hindcast maintains `updated_at`: the job does not declare it. */
export function keepsUpdatedAt(table: Table): boolean {
  return !Object.hasOwn(table.columns, UPDATED_AT);
}

/** The statements that create all tables of a job; foreign keys come last, because they can form a cycle. */
export function schemaSql(tables: Readonly<Record<string, Table>>): string[] {
  const names = tableOrder(tables);
  return [
    ...names.flatMap((name) => tableSql(name, tables[name]!)),
    ...names.flatMap((name) => foreignKeys(name, tables[name]!).map((key) => key.sql)),
  ];
}

/** The statements that create one table with its indexes and comments, without foreign keys. */
export function tableSql(name: string, table: Table): string[] {
  const lines = [
    ...Object.entries(table.columns).map(([column, { type }]) => columnSql(column, type)),
    ...(keepsUpdatedAt(table) ? [UPDATED_AT_SQL] : []),
    ...(LOG_TABLES.has(name) ? [`${XID} bigint DEFAULT ${XID_SQL}`] : []),
    ...(table.vanished === "mark" ? [VANISHED_AT_SQL] : []),
    `PRIMARY KEY (${quoteIdentifiers(table.key)})`,
  ];
  const create = `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(name)} (\n  ${
    lines.join(",\n  ")
  }\n)`;
  return [
    create,
    ...indexes(name, table).map(({ sql }) => sql),
    ...comments(name, table).map(({ sql }) => sql),
  ];
}

/** A column as `CREATE TABLE` and `ADD COLUMN` declare it. */
export function columnSql(name: string, type: Table["columns"][string]["type"]): string {
  return `${quoteIdentifier(name)} ${sqlType(type)}`;
}

/** The indexes that the job declares: the name of each and the statement that creates it. */
export function indexes(name: string, table: Table): { name: string; sql: string }[] {
  return table.indexes.map((columns) => {
    const index = derivedName([name, ...columns, "idx"]);
    const sql = `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(index)} ` +
      `ON ${quoteIdentifier(name)} (${quoteIdentifiers(columns)})`;
    return { name: index, sql };
  });
}

/** The foreign keys of a table: the name of each constraint and the statement that adds it. */
export function foreignKeys(name: string, table: Table): { name: string; sql: string }[] {
  return Object.entries(table.references).map(([column, reference]) => {
    const constraint = derivedName([name, column, "fkey"]);
    const { table: other, column: target } = referenceParts(reference);
    const sql =
      `ALTER TABLE ${quoteIdentifier(name)} ADD CONSTRAINT ${quoteIdentifier(constraint)} ` +
      `FOREIGN KEY (${quoteIdentifier(column)}) REFERENCES ${quoteIdentifier(other)} (${
        quoteIdentifier(target)
      })`;
    return { name: constraint, sql };
  });
}

/** The comments of a table: the column (null for the table itself), the text and the statement. */
export function comments(
  name: string,
  table: Table,
): { column: string | null; text: string; sql: string }[] {
  const own = table.about === undefined ? [] : [{ column: null, text: table.about }];
  const columns = Object.entries(table.columns).flatMap(([column, { about }]) =>
    about === undefined ? [] : [{ column, text: about }]
  );
  return [...own, ...columns].map(({ column, text }) => {
    const on = column === null
      ? `TABLE ${quoteIdentifier(name)}`
      : `COLUMN ${quoteIdentifier(name)}.${quoteIdentifier(column)}`;
    return { column, text, sql: `COMMENT ON ${on} IS ${quoteLiteral(text)}` };
  });
}
