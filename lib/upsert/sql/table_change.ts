// Owns what is done about a table that exists already: columns, indexes, references and comments that
// the job has and the table lacks are added. Nothing is ever dropped, narrowed or retyped: where that
// would be needed, it says which column and what to do.
import type { Table } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import type { ExistingTable } from "./catalog.ts";
import { quoteIdentifier, quoteIdentifiers } from "./identifier.ts";
import { holds, sqlType } from "./sql_type.ts";
import {
  columnSql,
  comments,
  foreignKeys,
  indexSql,
  keepsUpdatedAt,
  UPDATED_AT,
  UPDATED_AT_SQL,
} from "./table_sql.ts";

/**
 * The statements that add what an existing table lacks, without foreign keys.
 *
 * @throws {Failure} of kind `target` where the table does not fit and only its owner can decide.
 */
export function changeSql(name: string, table: Table, existing: ExistingTable): string[] {
  for (const [column, { type }] of Object.entries(table.columns)) {
    const found = existing.columns.get(column);
    if (found !== undefined && !holds(found, type)) throw otherType(name, column, found, type);
  }
  requireKey(name, table, existing);
  requireNothingElse(name, table, existing);
  const missing = Object.entries(table.columns).filter(([column]) => !existing.columns.has(column));
  const added = missing.map(([column, { type }]) => columnSql(column, type));
  if (keepsUpdatedAt(table) && !existing.columns.has(UPDATED_AT)) added.push(UPDATED_AT_SQL);
  return [
    ...added.map((sql) => `ALTER TABLE ${quoteIdentifier(name)} ADD COLUMN IF NOT EXISTS ${sql}`),
    ...indexSql(name, table),
    ...comments(name, table)
      .filter(({ column, text }) => existing.comments.get(column ?? "") !== text)
      .map(({ sql }) => sql),
  ];
}

/** The foreign keys that are missing. */
export function missingForeignKeys(
  name: string,
  table: Table,
  existing: ExistingTable | undefined,
): string[] {
  return foreignKeys(name, table)
    .filter((key) => !existing?.constraints.includes(key.name))
    .map((key) => key.sql);
}

function otherType(
  name: string,
  column: string,
  found: string,
  type: Table["columns"][string]["type"],
): Failure {
  const [on, to] = [quoteIdentifier(column), sqlType(type)];
  return cannot(
    name,
    `its column "${column}" is "${found}", which does not hold every "${type}" of the job`,
    `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${on} TYPE ${to} USING ${on}::${to}; ` +
      "or give the column another type in the job",
  );
}

function requireKey(name: string, table: Table, existing: ExistingTable): void {
  const wanted = [...table.key].sort().join("\0");
  if (existing.uniqueKeys.some((key) => [...key].sort().join("\0") === wanted)) return;
  const key = quoteIdentifiers(table.key);
  throw cannot(
    name,
    `it has no unique index on its key (${key})`,
    `CREATE UNIQUE INDEX ON ${quoteIdentifier(name)} (${key})`,
  );
}

function requireNothingElse(name: string, table: Table, existing: ExistingTable): void {
  const column = existing.required.find((column) => !Object.hasOwn(table.columns, column));
  if (column === undefined) return;
  throw cannot(
    name,
    `its column "${column}" must have a value and the job gives it none`,
    `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${
      quoteIdentifier(column)
    } DROP NOT NULL; or map the column in the job`,
  );
}

function cannot(name: string, what: string, hint: string): Failure {
  return new Failure("target", `Cannot write to table "${name}": ${what}`, { hint });
}
