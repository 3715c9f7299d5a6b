// Owns the statements that write rows into a table: staging, copying, merging. Pure. A merge writes no row
// that would not change, decides column by column, and is idempotent. merge_rows.ts implements the same
// policies in memory; a property test compares the two.
import type { RowShape } from "../../extract/row_shape.ts";
import { VALUE } from "./column_fit.ts";
import type { ColumnFit } from "./column_fit.ts";
import { digest, quoteIdentifier, quoteIdentifiers } from "./identifier.ts";
import { isText, sqlType } from "./sql_type.ts";
import { UPDATED_AT, VANISHED_AT, XID, XID_SQL } from "./table_sql.ts";

/** What a merge needs to know about its table in addition to the shape of the rows. */
export interface Relation {
  /** Version columns of the table, most significant first; a shape need not have all of them. */
  readonly version: readonly string[];
  /** Whether Hindcast maintains `updated_at`. */
  readonly keepsUpdatedAt: boolean;
  /** Whether each row carries the transaction that wrote it last, in `xid`. Defaults to false. */
  readonly keepsXid?: boolean;
  /** Whether a row that comes back is no longer marked as vanished. */
  readonly keepsVanishedAt?: boolean;
  /** Whether the table is partitioned, so that `xmax` cannot be returned. */
  readonly partitioned: boolean;
  /** How values get into columns of an existing table; a column that is not listed has the job's type. */
  readonly fits?: Fits;
  /** Whether a trigger of the table can drop rows, so that they have to be counted. Defaults to false. */
  readonly hasRowTrigger?: boolean;
  /** Whether a constraint of the table can be checked as late as at the commit. Defaults to false. */
  readonly hasDeferrable?: boolean;
}

/**
 * How rows are merged: `guard` lets `ON CONFLICT` find existing rows, which is best while there are few;
 * `filter` first removes rows that would not change, so that they are neither locked nor written to WAL.
 */
export type MergeStrategy = "guard" | "filter";

/** How values get into the columns of a table, by column. */
export type Fits = ReadonlyMap<string, ColumnFit>;
const NO_FITS: Fits = new Map();

/** Name of the staging table of a shape, the same in every session. */
export function stageName(shape: RowShape, fits: Fits = NO_FITS): string {
  const types = shape.columns.map((name, at) => fits.get(name)?.stageType ?? shape.types[at]!);
  const checks = shape.columns.map((name) => fits.get(name)?.check ?? "");
  return `hindcast_stage_${digest([shape.table, ...shape.columns, ...types, ...checks])}`;
}

/**
 * The statement that creates the staging table. `DELETE ROWS` keeps it, empty, for the next transaction of
 * the session, which saves 1.3 ms each time; `DROP` leaves nothing for the next user of the session.
 */
export function stageSql(
  shape: RowShape,
  fits: Fits = NO_FITS,
  onCommit: "DELETE ROWS" | "DROP" = "DELETE ROWS",
): string {
  const columns = shape.columns.map((name, at) => {
    const { stageType, check } = fits.get(name) ?? { stageType: sqlType(shape.types[at]!) };
    const column = quoteIdentifier(name);
    const condition = check?.replaceAll(VALUE, () => column);
    return `${column} ${stageType}` +
      (condition === undefined ? "" : ` CONSTRAINT ${CHECK_PREFIX}${at} CHECK (${condition})`);
  });
  const name = stageName(shape, fits);
  return `CREATE TEMPORARY TABLE IF NOT EXISTS ${name} (${
    columns.join(", ")
  }) ON COMMIT ${onCommit}`;
}

const CHECK_PREFIX = "hindcast_fit_";

/** The column whose value does not fit, from the name of the constraint that refused it. */
export function misfitColumn(shape: RowShape, constraint: string): string | undefined {
  if (!constraint.startsWith(CHECK_PREFIX)) return undefined;
  return shape.columns[Number(constraint.slice(CHECK_PREFIX.length))];
}

/** The table of a shape, or its staging table, with the shape's columns, for `COPY`. */
export function copyInto(shape: RowShape, into: "table" | "stage", fits: Fits = NO_FITS): string {
  const name = into === "table" ? quoteIdentifier(shape.table) : stageName(shape, fits);
  return `${name} (${quoteIdentifiers(shape.columns)})`;
}

/**
 * The statement that merges the staged rows; it returns one row: rows written, how many of them were
 * inserted, and, for a table whose trigger can drop rows, how many were to be written.
 */
export function mergeSql(shape: RowShape, relation: Relation, strategy: MergeStrategy): string {
  const table = quoteIdentifier(shape.table);
  const key = shape.key.map((at) => quoteIdentifier(shape.columns[at]!));
  const source = `SELECT ${columnsOf("s", shape.columns)} FROM ${stagedSql(shape, relation)} AS s` +
    (strategy === "filter" ? filterSql(shape, relation, table, key) : "");
  const isCounted = relation.hasRowTrigger === true;
  const insert = `INSERT INTO ${table} AS o (${quoteIdentifiers(shape.columns)}) ` +
    (isCounted ? "SELECT * FROM f" : source) +
    ` ON CONFLICT (${key.join(", ")}) DO ${onConflict(shape, relation)}`;
  const match = (left: string, right: string) => matches(key, left, right);
  const [returning, isNew] = relation.partitioned
    // The outer query sees the table as it was before the statement.
    ? [
      columnsOf("o", key, false),
      `NOT EXISTS (SELECT FROM ${table} AS p WHERE ${match("p", "w")})`,
    ]
    : ["o.xmax = 0 AS inserted", "w.inserted"];
  return `WITH ${isCounted ? `f AS MATERIALIZED (${source}), ` : ""}` +
    `w AS (${insert} RETURNING ${returning}) SELECT count(*), count(*) FILTER (WHERE ${isNew})` +
    `${isCounted ? ", (SELECT count(*) FROM f)" : ""} FROM w`;
}

/** The staged rows, with values of the types of the table. */
function stagedSql(shape: RowShape, { fits = NO_FITS }: Relation): string {
  const stage = stageName(shape, fits);
  if (!shape.columns.some((name) => fits.get(name)?.castTo !== undefined)) return stage;
  const columns = shape.columns.map((name) => {
    const [column, castTo] = [quoteIdentifier(name), fits.get(name)?.castTo];
    return castTo === undefined ? column : `${column}::${castTo} AS ${column}`;
  });
  return `(SELECT ${columns.join(", ")} FROM ${stage})`;
}

function filterSql(
  shape: RowShape,
  relation: Relation,
  table: string,
  key: readonly string[],
): string {
  const changed = changedSql({ shape, relation, fresh: "s", old: "p" });
  return ` LEFT JOIN ${table} AS p ON ${matches(key, "p", "s")} WHERE p.${key[0]} IS NULL` +
    (changed === undefined ? "" : ` OR ${changed}`);
}

function onConflict(shape: RowShape, relation: Relation): string {
  const merge: Merge = { shape, relation, fresh: "excluded", old: "o" };
  const changed = changedSql(merge);
  if (changed === undefined) return "NOTHING";
  const sets = valueColumns(shape).map((at) =>
    `${quoteIdentifier(shape.columns[at]!)} = ${mergedSql(merge, at)}`
  );
  if (relation.keepsUpdatedAt) sets.push(`${quoteIdentifier(UPDATED_AT)} = now()`);
  if (relation.keepsXid) sets.push(`${XID} = ${XID_SQL}`);
  if (relation.keepsVanishedAt) sets.push(`${quoteIdentifier(VANISHED_AT)} = NULL`);
  return `UPDATE SET ${sets.join(", ")} WHERE ${changed}`;
}

/** The merge of the row `fresh` into the row `old`, both of them aliases in SQL. */
interface Merge {
  readonly shape: RowShape;
  readonly relation: Relation;
  readonly fresh: string;
  readonly old: string;
}

/**
 * Whether the merge changes a column; undefined if all columns are key columns. Versions are compared once,
 * not once per column.
 */
function changedSql(merge: Merge): string | undefined {
  const { shape, old } = merge;
  const columns = valueColumns(shape);
  const isBack = `${old}.${quoteIdentifier(VANISHED_AT)} IS NOT NULL`;
  if (columns.length === 0) return merge.relation.keepsVanishedAt ? isBack : undefined;
  const changed = changedColumnsSql(merge, columns);
  return merge.relation.keepsVanishedAt ? `(${changed} OR ${isBack})` : changed;
}

function changedColumnsSql(merge: Merge, columns: readonly number[]): string {
  const { shape, old } = merge;
  const before = columns.map((at) => `${old}.${quoteIdentifier(shape.columns[at]!)}`).join(", ");
  const differs = (isNewer: boolean) => {
    const merged = columns.map((at) => valueSql(merge, at, isNewer));
    return `(${merged.join(", ")}) IS DISTINCT FROM (${before})`;
  };
  if (!columns.some((at) => dependsOnVersion(merge, at))) return differs(true);
  return `CASE WHEN ${isNewer(merge)} THEN ${differs(true)} ELSE ${differs(false)} END`;
}

/** The merged value of one column. */
function mergedSql(merge: Merge, at: number): string {
  if (!dependsOnVersion(merge, at)) return valueSql(merge, at, true);
  return `CASE WHEN ${isNewer(merge)} THEN ${valueSql(merge, at, true)} ` +
    `ELSE ${valueSql(merge, at, false)} END`;
}

/** The merged value of one column, given whether the fresh row is newer. */
function valueSql({ shape, relation, fresh, old }: Merge, at: number, isNewer: boolean): string {
  const column = quoteIdentifier(shape.columns[at]!);
  const [ours, theirs] = [`${fresh}.${column}`, `${old}.${column}`];
  const collate = collation(shape, relation, at);
  if (relation.version.includes(shape.columns[at]!)) return isNewer ? ours : theirs;
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
      return isNewer ? `COALESCE(${ours}, ${theirs})` : `COALESCE(${theirs}, ${ours})`;
  }
}

function dependsOnVersion({ shape, relation }: Merge, at: number): boolean {
  return shape.merges[at] === "latest" || relation.version.includes(shape.columns[at]!);
}

/**
 * Whether the version of `fresh` equals that of `old` or is greater: column by column, null lowest. A
 * version column that the shape does not have is null in `fresh`.
 */
function isNewer({ shape, relation, fresh, old }: Merge): string {
  return relation.version.reduceRight((rest, column) => {
    const older = `${old}.${quoteIdentifier(column)}`;
    const at = shape.columns.indexOf(column);
    if (at < 0) return `(${older} IS NULL AND ${rest})`;
    const newer = `${fresh}.${quoteIdentifier(column)}`;
    const collate = collation(shape, relation, at);
    return `(${newer}${collate} > ${older}${collate} OR (${older} IS NULL AND ${newer} IS NOT NULL)` +
      ` OR (${newer} IS NOT DISTINCT FROM ${older} AND ${rest}))`;
  }, "TRUE");
}

function collation(shape: RowShape, { fits = NO_FITS }: Relation, at: number): string {
  const isCollatable = fits.get(shape.columns[at]!)?.isCollatable ?? isText(shape.types[at]!);
  return isCollatable ? ` COLLATE "C"` : "";
}

/** Indexes of the columns that are not part of the key. */
function valueColumns(shape: RowShape): number[] {
  return shape.columns.map((_, at) => at).filter((at) => !shape.key.includes(at));
}

function columnsOf(alias: string, names: readonly string[], quote = true): string {
  return names.map((name) => `${alias}.${quote ? quoteIdentifier(name) : name}`).join(", ");
}

function matches(key: readonly string[], left: string, right: string): string {
  return key.map((column) => `${left}.${column} = ${right}.${column}`).join(" AND ");
}
