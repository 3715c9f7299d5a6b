// Owns the statements that bring rows into a table: staging, copying, merging. Pure text. A merge writes
// no row that would not change, decides column by column, and gives the same result when it is run
// again. The same policies in memory are merge_rows.ts; a property test holds the two together.
import type { RowShape } from "../../extract/row_shape.ts";
import { digest, quoteIdentifier, quoteIdentifiers } from "./identifier.ts";
import { isText, sqlType } from "./sql_type.ts";
import { TOUCHED } from "./table_sql.ts";

/** What a merge has to know about its table, beyond the shape of the rows. */
export interface Relation {
  /** Columns of the table's version, most significant first; the shape may lack some. */
  readonly version: readonly string[];
  /** Whether Hindcast keeps `updated_at`. */
  readonly touched: boolean;
  /** Whether the table is partitioned, so that `xmax` cannot be read back. */
  readonly partitioned: boolean;
}

/**
 * How rows are merged: `guard` lets `ON CONFLICT` find the rows that are there, which is best while few
 * are; `filter` first leaves out those that would not change, so that these are neither locked nor logged.
 */
export type MergeWay = "guard" | "filter";

/** Name of the staging table of a shape, the same in every session. */
export function stageName(shape: RowShape): string {
  return `hindcast_stage_${digest([shape.table, ...shape.columns, ...shape.types])}`;
}

/** The statement that makes the staging table in a session that has none; it empties itself at each commit. */
export function stageSql(shape: RowShape): string {
  const columns = shape.columns.map((name, at) =>
    `${quoteIdentifier(name)} ${sqlType(shape.types[at]!)}`
  );
  return `CREATE TEMPORARY TABLE IF NOT EXISTS ${stageName(shape)} (${
    columns.join(", ")
  }) ON COMMIT DELETE ROWS`;
}

/** The table of a shape, or its staging table, with the shape's columns, as `COPY` names them. */
export function copyInto(shape: RowShape, into: "table" | "stage"): string {
  const name = into === "table" ? quoteIdentifier(shape.table) : stageName(shape);
  return `${name} (${quoteIdentifiers(shape.columns)})`;
}

/** The statement that merges the staged rows; it answers one row: rows written, and inserted among them. */
export function mergeSql(shape: RowShape, relation: Relation, way: MergeWay): string {
  const table = quoteIdentifier(shape.table);
  const key = shape.key.map((at) => quoteIdentifier(shape.columns[at]!));
  const insert = `INSERT INTO ${table} AS o (${quoteIdentifiers(shape.columns)}) ` +
    `SELECT ${columnsOf("s", shape.columns)} FROM ${stageName(shape)} AS s` +
    (way === "filter" ? filterSql(shape, relation, table, key) : "") +
    ` ON CONFLICT (${key.join(", ")}) DO ${onConflict(shape, relation)}`;
  const match = (left: string, right: string) => matches(key, left, right);
  const [returning, isNew] = relation.partitioned
    // The outer query sees the table as it was before the statement.
    ? [
      columnsOf("o", key, false),
      `NOT EXISTS (SELECT FROM ${table} AS p WHERE ${match("p", "w")})`,
    ]
    : ["o.xmax = 0 AS inserted", "w.inserted"];
  return `WITH w AS (${insert} RETURNING ${returning}) ` +
    `SELECT count(*), count(*) FILTER (WHERE ${isNew}) FROM w`;
}

function filterSql(
  shape: RowShape,
  relation: Relation,
  table: string,
  key: readonly string[],
): string {
  const changed = changedSql(shape, relation, "s", "p");
  return ` LEFT JOIN ${table} AS p ON ${matches(key, "p", "s")} WHERE p.${key[0]} IS NULL` +
    (changed === undefined ? "" : ` OR ${changed}`);
}

function onConflict(shape: RowShape, relation: Relation): string {
  const changed = changedSql(shape, relation, "excluded", "o");
  if (changed === undefined) return "NOTHING";
  const sets = valueColumns(shape).map((at) =>
    `${quoteIdentifier(shape.columns[at]!)} = ${mergedSql(shape, relation, at, "excluded", "o")}`
  );
  if (relation.touched) sets.push(`${quoteIdentifier(TOUCHED)} = now()`);
  return `UPDATE SET ${sets.join(", ")} WHERE ${changed}`;
}

/**
 * Whether merging `fresh` into `old` changes a column; undefined where there is no column but the key.
 * Versions are compared once, not once for each column.
 */
function changedSql(
  shape: RowShape,
  relation: Relation,
  fresh: string,
  old: string,
): string | undefined {
  const columns = valueColumns(shape);
  if (columns.length === 0) return undefined;
  const before = columns.map((at) => `${old}.${quoteIdentifier(shape.columns[at]!)}`).join(", ");
  const differs = (newer: boolean) => {
    const merged = columns.map((at) => valueSql(shape, relation, at, fresh, old, newer));
    return `(${merged.join(", ")}) IS DISTINCT FROM (${before})`;
  };
  if (!columns.some((at) => dependsOnVersion(shape, relation, at))) return differs(true);
  const newer = isNewer(shape, relation, fresh, old);
  return `CASE WHEN ${newer} THEN ${differs(true)} ELSE ${differs(false)} END`;
}

/** The merged value of one column. */
function mergedSql(
  shape: RowShape,
  relation: Relation,
  at: number,
  fresh: string,
  old: string,
): string {
  const value = (newer: boolean) => valueSql(shape, relation, at, fresh, old, newer);
  if (!dependsOnVersion(shape, relation, at)) return value(true);
  return `CASE WHEN ${isNewer(shape, relation, fresh, old)} ` +
    `THEN ${value(true)} ELSE ${value(false)} END`;
}

/** The merged value of one column, given whether the fresh row is the newer one. */
function valueSql(
  shape: RowShape,
  relation: Relation,
  at: number,
  fresh: string,
  old: string,
  newer: boolean,
): string {
  const column = quoteIdentifier(shape.columns[at]!);
  const [ours, theirs] = [`${fresh}.${column}`, `${old}.${column}`];
  const collate = isText(shape.types[at]!) ? ` COLLATE "C"` : "";
  if (relation.version.includes(shape.columns[at]!)) return newer ? ours : theirs;
  switch (shape.merges[at]!) {
    case "replace":
      return ours;
    case "fill":
      return `COALESCE(${ours}, ${theirs})`;
    case "keep":
      return `COALESCE(${theirs}, ${ours})`;
    case "greatest":
      return `GREATEST(${ours}${collate}, ${theirs}${collate})`;
    case "least":
      return `LEAST(${ours}${collate}, ${theirs}${collate})`;
    case "latest":
      return newer ? `COALESCE(${ours}, ${theirs})` : `COALESCE(${theirs}, ${ours})`;
  }
}

function dependsOnVersion(shape: RowShape, relation: Relation, at: number): boolean {
  return shape.merges[at] === "latest" || relation.version.includes(shape.columns[at]!);
}

/**
 * Whether the version of `fresh` is that of `old` or greater: column by column, null lowest. A version
 * column that the shape lacks is null in `fresh`.
 */
function isNewer(shape: RowShape, relation: Relation, fresh: string, old: string): string {
  return relation.version.reduceRight((rest, column) => {
    const older = `${old}.${quoteIdentifier(column)}`;
    const at = shape.columns.indexOf(column);
    if (at < 0) return `(${older} IS NULL AND ${rest})`;
    const newer = `${fresh}.${quoteIdentifier(column)}`;
    const collate = isText(shape.types[at]!) ? ` COLLATE "C"` : "";
    return `(${newer}${collate} > ${older}${collate} OR (${older} IS NULL AND ${newer} IS NOT NULL)` +
      ` OR (${newer} IS NOT DISTINCT FROM ${older} AND ${rest}))`;
  }, "TRUE");
}

/** Indexes of the columns that are not the key's. */
function valueColumns(shape: RowShape): number[] {
  return shape.columns.map((_, at) => at).filter((at) => !shape.key.includes(at));
}

function columnsOf(alias: string, names: readonly string[], quote = true): string {
  return names.map((name) => `${alias}.${quote ? quoteIdentifier(name) : name}`).join(", ");
}

function matches(key: readonly string[], left: string, right: string): string {
  return key.map((column) => `${left}.${column} = ${right}.${column}`).join(" AND ");
}
