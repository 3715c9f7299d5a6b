// Checks `tables`: keys, versions, indexes and references must name existing columns, merge policies must
// suit their columns, and PostgreSQL must accept the names. Pure.
import type { Table } from "../schema/job_schema.ts";
import type { JobPath, Scope } from "./scope.ts";

/** System columns of every PostgreSQL table (PostgreSQL manual, section 5.6). */
const SYSTEM_COLUMNS = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);
/** PostgreSQL allows 1,600, fewer for wide types. */
const MOST_COLUMNS = 1000;

/** Checks every table. */
export function resolveTables(scope: Scope): void {
  const tables = Object.entries(scope.job.tables);
  for (const [name, table] of tables) {
    const path = ["tables", name];
    if (name.toLowerCase().startsWith("hindcast_")) {
      scope.key(path, `table names that begin with "hindcast_" are reserved`);
    }
    if (name.toLowerCase().startsWith("pg_")) {
      scope.key(path, `PostgreSQL reserves table names that begin with "pg_"`);
    }
    resolveColumns(scope, path, table);
    resolveMerging(scope, path, table);
    resolveReferences(scope, path, table);
    resolveVanished(scope, path, table);
  }
  resolveOrder(scope);
}

function resolveColumns(scope: Scope, path: JobPath, table: Table): void {
  const names = Object.keys(table.columns);
  if (names.length === 0) scope.key([...path, "columns"], "a table requires at least one column");
  if (names.length > MOST_COLUMNS) {
    scope.key([...path, "columns"], `a table has more than ${MOST_COLUMNS} columns`);
  }
  for (const name of names) {
    if (!SYSTEM_COLUMNS.has(name)) continue;
    scope.key([...path, "columns", name], `"${name}" is a system column of PostgreSQL`);
  }
  const lists = [
    ["key", [table.key]],
    ["version", [table.version ?? []]],
    ["indexes", table.indexes],
  ] as const;
  for (const [key, columnLists] of lists) {
    columnLists.forEach((columns, index) => {
      const at = key === "indexes" ? [...path, key, index] : [...path, key];
      resolveColumnList(scope, at, columns, names);
    });
  }
}

function resolveColumnList(
  scope: Scope,
  path: JobPath,
  columns: readonly string[],
  names: readonly string[],
): void {
  columns.forEach((column, index) => {
    const at = [...path, index];
    if (!names.includes(column)) scope.unknown(at, "column", column, names);
    else if (columns.indexOf(column) < index) scope.value(at, `"${column}" is named twice`);
  });
}

function resolveMerging(scope: Scope, path: JobPath, table: Table): void {
  if (table.merge === "latest" && table.version === undefined) {
    scope.value(
      [...path, "merge"],
      `"latest" requires "version", the columns that determine which row is newer`,
    );
  }
  for (const [name, column] of Object.entries(table.columns)) {
    const at = [...path, "columns", name, "merge"];
    if (column.merge !== undefined && table.key.includes(name)) {
      scope.value(
        at,
        `"${name}" is part of the primary key and has no merge policy; remove "merge"`,
      );
    }
    if (column.merge === "latest" && table.version === undefined) {
      scope.value(
        at,
        `"latest" requires "version" of the table, the columns that determine which row is newer`,
      );
    }
    const policy = column.merge ?? table.merge;
    if ((policy === "greatest" || policy === "least") && column.type === "jsonb") {
      scope.value(at, `"${policy}" cannot compare values of type jsonb`);
    }
  }
}

/** Rows can only be marked in a column of Hindcast's own, and deleted if nothing that stays refers to them. */
function resolveVanished(scope: Scope, path: JobPath, { vanished, columns }: Table): void {
  const at = [...path, "vanished"];
  if (vanished === "mark" && Object.hasOwn(columns, "vanished_at")) {
    scope.value(at, `"mark" adds the column "vanished_at"; rename your column`);
  }
  if (vanished !== "delete") return;
  for (const [name, other] of Object.entries(scope.job.tables)) {
    const refers = Object.values(other.references).some((to) => to.split(".")[0] === path[1]);
    if (!refers || other.vanished === "delete") continue;
    scope.value(
      at,
      `rows of "${name}" refer to those of the table; write "vanished: delete" for "${name}" too, or "mark" here`,
    );
  }
}

function resolveReferences(scope: Scope, path: JobPath, table: Table): void {
  for (const [column, reference] of Object.entries(table.references)) {
    const at = [...path, "references", column];
    const own = Object.hasOwn(table.columns, column) ? table.columns[column] : undefined;
    if (own === undefined) {
      scope.unknown(at, "column", column, Object.keys(table.columns), { key: true });
    }
    const [tableName = "", columnName = "", ...rest] = reference.split(".");
    if (columnName === "" || rest.length > 0) {
      scope.value(at, `expected "table.column", found "${reference}"`);
      continue;
    }
    const target = scope.find("tables", tableName);
    if (target === undefined) {
      if (scope.isUnread("tables", tableName)) continue;
      scope.unknown(at, "table", tableName, Object.keys(scope.job.tables));
      continue;
    }
    const type = Object.hasOwn(target.columns, columnName) ? target.columns[columnName]?.type : "";
    if (type === "") scope.unknown(at, "column", columnName, Object.keys(target.columns));
    else if (target.key.length !== 1 || target.key[0] !== columnName) {
      scope.value(
        at,
        `a reference must name the primary key of a table; the key of "${tableName}" is ${target.key}`,
      );
    } else if (own !== undefined && own.type !== type) {
      scope.value(at, `"${column}" has type ${own.type}, but "${reference}" has type ${type}`);
    }
  }
}

/** Tables are written in the order of their references, so references must not form a cycle. */
function resolveOrder(scope: Scope): void {
  const done = new Set<string>();
  const visit = (name: string, stack: string[]): void => {
    const table = scope.find("tables", name);
    if (table === undefined || done.has(name)) return;
    for (const [column, reference] of Object.entries(table.references)) {
      const [target = ""] = reference.split(".");
      if (target === name) continue;
      if (stack.includes(target)) {
        const circle = [...stack.slice(stack.indexOf(target)), name, target].join(" -> ");
        scope.value(["tables", name, "references", column], `references form a cycle: ${circle}`);
      } else visit(target, [...stack, name]);
    }
    done.add(name);
  };
  for (const name of Object.keys(scope.job.tables)) visit(name, []);
}
