// Plans the changes of an existing table: columns, indexes, references and comments that the table is missing
// are added, if the table is Hindcast's own or the job declares `extend`. Nothing is ever dropped, narrowed
// or retyped: where that would be needed, the failure names the column and what to do. A complete table
// requires no statement, so it requires no lock and no right except to write rows.
import type { Table } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import type { ExistingColumn, ExistingTable } from "./catalog.ts";
import { columnFit } from "./column_fit.ts";
import { quoteIdentifier, quoteIdentifiers } from "./identifier.ts";
import { sqlType } from "./sql_type.ts";
import {
  columnSql,
  comments,
  foreignKeys,
  indexes,
  keepsUpdatedAt,
  UPDATED_AT,
  UPDATED_AT_SQL,
  VANISHED_AT,
  VANISHED_AT_SQL,
  XID,
  XID_SQL,
} from "./table_sql.ts";
import { LOG_TABLES } from "./log_tables.ts";

/**
 * Checks whether rows of the job can be written to an existing table.
 *
 * @throws {Failure} of kind `target` if the table does not fit, and only its owner can decide what to do.
 */
export function requireFit(name: string, table: Table, existing: ExistingTable): void {
  requireTable(name, existing);
  for (const [column, { type }] of Object.entries(table.columns)) {
    const found = existing.columns.get(column);
    if (found === undefined) continue;
    if (found.computed !== null) throw computed(name, column, found.computed);
    if (columnFit(found, type) === undefined) throw otherType(name, column, found, type);
  }
  requireInstant(name, table, existing);
  requireKey(name, table, existing);
  requireNothingElse(name, table, existing);
}

/** The statements that add what an existing table does not have, without foreign keys. */
export function changeSql(name: string, table: Table, existing: ExistingTable): string[] {
  const added = missingColumns(table, existing).map((column) =>
    columnSql(column, table.columns[column]!.type)
  );
  if (keepsUpdatedAt(table) && !existing.columns.has(UPDATED_AT)) added.push(UPDATED_AT_SQL);
  if (table.vanished === "mark" && !existing.columns.has(VANISHED_AT)) added.push(VANISHED_AT_SQL);
  return [
    ...added.map((sql) => `ALTER TABLE ${quoteIdentifier(name)} ADD COLUMN IF NOT EXISTS ${sql}`),
    ...(LOG_TABLES.has(name) && !existing.columns.has(XID) ? addXid(name) : []),
    ...indexes(name, table)
      .filter((index) => !existing.indexes.includes(index.name))
      .map(({ sql }) => sql),
    ...comments(name, table)
      .filter(({ column, text }) => existing.comments.get(column ?? "") !== text)
      .map(({ sql }) => sql),
  ];
}

/** Two statements, because a default that is added with its column rewrites the table. */
function addXid(name: string): string[] {
  return [
    `ALTER TABLE ${quoteIdentifier(name)} ADD COLUMN IF NOT EXISTS ${XID} bigint`,
    `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${XID} SET DEFAULT ${XID_SQL}`,
  ];
}

/**
 * Checks that a table that is not Hindcast's own has all columns of the job.
 *
 * @throws {Failure} of kind `target` that names the first missing column.
 */
export function requireColumns(name: string, table: Table, existing: ExistingTable): void {
  const [column] = missingColumns(table, existing);
  const isUnmarkable = table.vanished === "mark" && !existing.columns.has(VANISHED_AT);
  if (column === undefined && !isUnmarkable) return;
  const sql = column === undefined
    ? VANISHED_AT_SQL
    : columnSql(column, table.columns[column]!.type);
  throw cannot(
    name,
    `it existed before Hindcast and has no column "${column ?? VANISHED_AT}"`,
    `ALTER TABLE ${
      quoteIdentifier(name)
    } ADD COLUMN ${sql}; or set "extend: true" for the table in the job`,
  );
}

/** The column that marks rows may have existed before, as an instant. */
function requireInstant(name: string, { vanished }: Table, existing: ExistingTable): void {
  const found = existing.columns.get(VANISHED_AT);
  if (vanished !== "mark" || found === undefined || found.computed === null && isInstant(found)) {
    return;
  }
  throw otherType(name, VANISHED_AT, found, "timestamptz");
}

/** Whether a column holds instants. */
export function isInstant({ type }: ExistingColumn): boolean {
  return type === "timestamp with time zone";
}

function missingColumns(table: Table, existing: ExistingTable): string[] {
  return Object.keys(table.columns).filter((column) => !existing.columns.has(column));
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

const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
  S: "a sequence",
  i: "an index",
  c: "a composite type",
};

function requireTable(name: string, { kind }: ExistingTable): void {
  if (kind === "r" || kind === "p") return;
  throw cannot(
    name,
    `it is ${KINDS[kind] ?? "not a table"}`,
    "Rename the table in the job, and select from it in the view",
  );
}

function computed(name: string, column: string, how: "generated" | "identity"): Failure {
  const on = `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${quoteIdentifier(column)}`;
  return how === "generated"
    ? cannot(
      name,
      `its column "${column}" is generated by the database`,
      `Remove the column "${column}" from the table in the job`,
    )
    : cannot(
      name,
      `its column "${column}" is an identity column that is always generated`,
      `${on} SET GENERATED BY DEFAULT; or remove the column from the job`,
    );
}

function otherType(
  name: string,
  column: string,
  found: ExistingColumn,
  type: Table["columns"][string]["type"],
): Failure {
  const [on, to] = [quoteIdentifier(column), sqlType(type)];
  return cannot(
    name,
    `its column "${column}" is "${found.type}", which cannot hold "${type}" of the job`,
    `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${on} TYPE ${to} USING ${on}::${to}; ` +
      "or change the type of the column in the job",
  );
}

function requireKey(name: string, table: Table, existing: ExistingTable): void {
  const isKey = (columns: readonly string[]) =>
    [...columns].sort().join("\0") === [...table.key].sort().join("\0");
  if (existing.uniqueKeys.some(isKey)) return;
  const key = quoteIdentifiers(table.key);
  const create = `CREATE UNIQUE INDEX ON ${quoteIdentifier(name)} (${key})`;
  const deferrable = [...existing.deferrableKeys].find(([, columns]) => isKey(columns));
  if (deferrable === undefined) {
    throw cannot(name, `it has no unique index on its key (${key})`, create);
  }
  throw cannot(
    name,
    `the constraint "${
      deferrable[0]
    }" on its key (${key}) is deferrable, which ON CONFLICT does not support`,
    create,
  );
}

function requireNothingElse(name: string, table: Table, existing: ExistingTable): void {
  const column = existing.required.find((column) => !Object.hasOwn(table.columns, column));
  if (column === undefined) return;
  throw cannot(
    name,
    `its column "${column}" must not be null, has no default, and is not in the job`,
    `ALTER TABLE ${quoteIdentifier(name)} ALTER COLUMN ${
      quoteIdentifier(column)
    } DROP NOT NULL; or map the column in the job`,
  );
}

function cannot(name: string, what: string, hint: string): Failure {
  return new Failure("target", `Cannot write to table "${name}": ${what}`, { hint });
}
