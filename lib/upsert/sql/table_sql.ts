// Owns the SQL that creates a job's tables where there are none. Pure text: the same job gives the same
// statements, so --dry-run shows exactly what would run. Changing an existing table is table_change.ts.
import type { Table } from "../../config/schema/job_schema.ts";
import { derivedName, quoteIdentifier, quoteIdentifiers, quoteLiteral } from "./identifier.ts";
import { sqlType } from "./sql_type.ts";
import { referenceParts, tableOrder } from "./table_order.ts";

/** Name of the column that says when a row last changed; the job may declare it as its own. */
export const TOUCHED = "updated_at";
/** How that column is declared where the job does not. */
export const TOUCHED_SQL = `${quoteIdentifier(TOUCHED)} timestamptz NOT NULL DEFAULT now()`;

/** Whether the table has the column that Hindcast itself keeps. */
export function isTouched(table: Table): boolean {
  return !Object.hasOwn(table.columns, TOUCHED);
}

/** The statements that make all tables of a job where there are none; foreign keys last, for they may form a circle. */
export function schemaSql(tables: Readonly<Record<string, Table>>): string[] {
  const names = tableOrder(tables);
  return [
    ...names.flatMap((name) => tableSql(name, tables[name]!)),
    ...names.flatMap((name) => foreignKeys(name, tables[name]!).map((key) => key.sql)),
  ];
}

/** The statements that make one table where there is none, with its indexes and comments but without foreign keys. */
export function tableSql(name: string, table: Table): string[] {
  const lines = [
    ...Object.entries(table.columns).map(([column, { type }]) => columnSql(column, type)),
    ...(isTouched(table) ? [TOUCHED_SQL] : []),
    `PRIMARY KEY (${quoteIdentifiers(table.key)})`,
  ];
  const create = `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(name)} (\n  ${
    lines.join(",\n  ")
  }\n)`;
  return [create, ...indexSql(name, table), ...comments(name, table).map((comment) => comment.sql)];
}

/** A column as `CREATE TABLE` and `ADD COLUMN` declare it. */
export function columnSql(name: string, type: Table["columns"][string]["type"]): string {
  return `${quoteIdentifier(name)} ${sqlType(type)}`;
}

/** The statements that make the job's further indexes where they are missing. */
export function indexSql(name: string, table: Table): string[] {
  return table.indexes.map((columns) => {
    const index = quoteIdentifier(derivedName([name, ...columns, "idx"]));
    return `CREATE INDEX IF NOT EXISTS ${index} ON ${quoteIdentifier(name)} (${
      quoteIdentifiers(columns)
    })`;
  });
}

/** The foreign keys of a table: each constraint's name and the statement that adds it. */
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

/** The comments of a table: what they are on (null for the table itself), their text and statement. */
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
