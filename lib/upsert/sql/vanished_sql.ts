// Owns the statement that finds the rows that vanished: rows that a window returned when it was fetched
// before, that it did not return now, and that no other window returned last. It marks or deletes them, and
// forgets what the earlier fetch returned. Pure. Invariant: a row that no fetch has returned is never touched,
// and neither is one that may be outside the windows that were read.
import type { Vanished } from "../../config/schema/table_schema.ts";
import type { RowShape } from "../../extract/row_shape.ts";
import { comparable } from "./comparable.ts";
import { quoteIdentifier, quoteLiteral } from "./identifier.ts";
import type { Relation } from "./merge_sql.ts";
import { sqlType } from "./sql_type.ts";
import { STATED_TABLE } from "./system_tables.ts";
import { UPDATED_AT, VANISHED_AT } from "./table_sql.ts";

/** A window that was read completely and had no rejected row. */
export interface ReadWindow {
  /** Name of the job. */
  readonly job: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters. */
  readonly scope: string;
  /** Canonical string of the `for_each` values. */
  readonly each: string;
  /** First civil minute; 0 for a stream without windows. */
  readonly from: number;
  /** Civil minute after the last; 1 for a stream without windows. */
  readonly to: number;
  /** The fetch that read it. */
  readonly token: string;
}

/** The key columns of a watched table, in the order in which they are recorded, and what happens to its rows. */
export interface WatchedTable {
  /** Name of the table. */
  readonly table: string;
  /** The key's columns and their types. */
  readonly key: readonly { readonly column: string; readonly type: RowShape["types"][number] }[];
  /** What happens to rows that vanished; `keep` only forgets what was returned before. */
  readonly action: Vanished;
}

/** Turns off the settings of the merge, which force nested loops: sets of keys are compared by hash. */
const COMPARING_SQL = `PERFORM ${
  ["hashjoin", "mergejoin", "seqscan", "bitmapscan"]
    .map((name) => `set_config('enable_${name}', 'on', true)`).join(", ")
}`;

const TRACK = ["job", "stream", "scope", "each"] as const;

/** The setting of the transaction that holds the number of rows that vanished. */
const COUNT_SETTING = "hindcast.vanished";
/** Reads the number of rows that the last statement marked or deleted. */
export const VANISHED_COUNT_SQL: string = `SELECT current_setting('${COUNT_SETTING}')`;

/**
 * The statement for the windows that one transaction completes. A block, because planning the comparison
 * costs more than a window of new rows, and most windows are fetched for the first time.
 */
export function vanishedSql(
  watched: WatchedTable,
  relation: Relation,
  windows: readonly ReadWindow[],
): string {
  const block = `DECLARE hindcast_count bigint := 0; BEGIN
IF ${isStatedSql(watched.table, windows)} THEN
${COMPARING_SQL};
${comparisonSql(watched, relation, windows)};
END IF;
PERFORM set_config('${COUNT_SETTING}', hindcast_count::text, true);
END`;
  return `DO LANGUAGE plpgsql ${quoteLiteral(block)}`;
}

function comparisonSql(
  watched: WatchedTable,
  relation: Relation,
  windows: readonly ReadWindow[],
): string {
  const { table, action } = watched;
  const returns = `s."table" = ${quoteLiteral(table)}`;
  const isOfTrack = TRACK.map((column) => `s.${column} = r.${column}`).join(" AND ");
  const overlaps = `${isOfTrack} AND s."to" > r."from" AND s."from" < r."to"`;
  const steps = [
    `r (job, stream, scope, each, "from", "to", token) AS (VALUES ${
      windows.map(valuesOf).join(", ")
    })`,
    `old AS (DELETE FROM ${STATED_TABLE} AS s USING r WHERE ${returns} AND ${overlaps} ` +
    `AND s.token <> r.token RETURNING s.ctid AS place, s.*, r."from" AS first, r."to" AS past)`,
    `fresh AS (SELECT k FROM ${STATED_TABLE} AS s JOIN r ON ${overlaps} AND s.token = r.token, ` +
    `unnest(s.keys) AS k WHERE ${returns} AND EXISTS (SELECT FROM old))`,
    `gone AS (SELECT k FROM old, unnest(old.keys) AS k EXCEPT SELECT k FROM fresh)`,
    restSql(),
  ];
  if (action !== "keep") {
    // The statement sees the table as it was, so what it deletes must be left out.
    const isSought = isLoose(watched, relation)
      ? "EXISTS (SELECT FROM gone)"
      : "k IN (SELECT k FROM gone)";
    steps.push(
      `live AS (SELECT k FROM ${STATED_TABLE} AS s, unnest(s.keys) AS k WHERE ${returns} ` +
        `AND ${isSought} AND s.ctid NOT IN (SELECT place FROM old) ` +
        `UNION ALL SELECT k FROM old, unnest(old.keys) AS k ` +
        `WHERE old."from" < old.first OR old."to" > old.past)`,
      `lost AS (SELECT k FROM gone EXCEPT SELECT k FROM live)`,
      `done AS (${actionSql(watched, relation)})`,
    );
  }
  const count = action === "keep" ? "0" : "(SELECT count(*) FROM done)";
  return `WITH ${steps.join(",\n")}\nSELECT ${count} INTO hindcast_count`;
}

/** Keys that an earlier, longer fetch returned for dates outside this one are kept for those dates. */
function restSql(): string {
  const rest = `ARRAY(SELECT k FROM unnest(old.keys) AS k WHERE k IN (SELECT k FROM gone))`;
  const part = (to: string, from: string, condition: string) =>
    `SELECT "table", job, stream, scope, each, ${to}, ${from}, token, part, ${rest} FROM old ` +
    `WHERE ${condition}`;
  return `rest AS (INSERT INTO ${STATED_TABLE} ("table", job, stream, scope, each, "to", "from", token, part, keys) ` +
    `${part("first", `"from"`, `"from" < first`)} UNION ALL ${
      part(`"to"`, "past", `"to" > past`)
    })`;
}

/** Whether the database considers keys equal that are recorded as different strings, such as those of citext. */
function isLoose({ key }: WatchedTable, { fits }: Relation): boolean {
  return key.some(({ column, type }) => fits?.has(column) || type === "jsonb");
}

function actionSql(watched: WatchedTable, relation: Relation): string {
  const { table, key, action } = watched;
  const name = quoteIdentifier(table);
  const values = key.map(({ column, type }, at) => {
    const fit = relation.fits?.get(column);
    const text = key.length === 1 ? "k" : `(k::jsonb ->> ${at})`;
    const value = `${text}::${fit?.stageType ?? sqlType(type)}`;
    return `${fit?.castTo === undefined ? value : `${value}::${fit.castTo}`} AS k${at}`;
  });
  const matches = key.map(({ column }, at) => `t.${quoteIdentifier(column)} = g.k${at}`);
  const matching = (keys: string) =>
    `(SELECT ${values.join(", ")} FROM ${keys}) AS g WHERE ${matches.join(" AND ")}`;
  const except = isLoose(watched, relation) ? ["fresh", "live"] : [];
  const from = [
    matching("lost"),
    ...except.map((keys) => `NOT EXISTS (SELECT FROM ${matching(keys)})`),
  ]
    .join(" AND ");
  if (action === "delete") return `DELETE FROM ${name} AS t USING ${from} RETURNING 1`;
  const mark = quoteIdentifier(VANISHED_AT);
  const sets = [mark, ...(relation.keepsUpdatedAt ? [quoteIdentifier(UPDATED_AT)] : [])];
  return `UPDATE ${name} AS t SET ${sets.map((column) => `${column} = now()`).join(", ")} ` +
    `FROM ${from} AND t.${mark} IS NULL RETURNING 1`;
}

function valuesOf({ job, stream, scope, each, from, to, token }: ReadWindow): string {
  const track = [job, stream, scope, each].map(quoteLiteral).join(", ");
  return `(${track}, ${from}::bigint, ${to}::bigint, ${quoteLiteral(token)})`;
}

/** The condition that earlier keys of the windows are still recorded. */
export function isStatedSql(table: string, windows: readonly ReadWindow[]): string {
  const isOfTrack = TRACK.map((column) => `s.${column} = r.${column}`).join(" AND ");
  return `EXISTS (SELECT FROM ${STATED_TABLE} AS s, (VALUES ${windows.map(valuesOf).join(", ")}) ` +
    `AS r (job, stream, scope, each, "from", "to", token) WHERE s."table" = ${
      quoteLiteral(table)
    } AND ${isOfTrack} AND s."to" > r."from" AND s."from" < r."to" AND s.token <> r.token)`;
}

/** The columns of a key in the order in which their values are recorded: jobs that list them differently agree. */
export function recordedOrder(key: readonly string[]): string[] {
  return [...key].sort((a, b) => a < b ? -1 : 1);
}

/**
 * The key of a row as a string that is recorded: equal keys have equal strings, as far as that is known
 * without the database, and the database reads each part as a value of the column's type.
 */
export function keyText(
  types: readonly RowShape["types"][number][],
  values: readonly (string | null)[],
): string {
  const parts = types.map((type, at) => canonicalText(type, values[at] ?? ""));
  return parts.length === 1 ? parts[0]! : JSON.stringify(parts);
}

function canonicalText(type: RowShape["types"][number], text: string): string {
  if (type === "text") return text;
  const value = comparable(type, text);
  if (value === undefined || type === "boolean") {
    return value === undefined ? text : `${value === 1}`;
  }
  return type === "timestamptz" ? instantText(Number(value)) : String(value);
}

/** An instant in microseconds since 1970, in ISO 8601. */
function instantText(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = String(us - ms * 1000).padStart(3, "0");
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`;
}
