// Owns how tests read a target's tables: every column of the job but `updated_at`, each value as one
// canonical text, so that both databases, and what is expected of them, can be compared as texts. It
// reads and never writes.
import { AssertionError } from "@std/assert";
import type { Job } from "../../lib/config/schema/job.ts";
import type { ColumnType } from "../../lib/config/schema/job_schema.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import type { ExpectedTable } from "./expected_tables.ts";

/** Rows by key, each as the JSON text of its values in the order of the job's columns. */
export type ReadTable = Map<string, string>;

/** Differences shown of one table. */
const SHOWN = 5;

/** All tables of a job. */
export async function readTables(job: Job, target: Target): Promise<Record<string, ReadTable>> {
  const tables: Record<string, ReadTable> = {};
  for (const table of Object.keys(job.tables)) tables[table] = await readTable(job, target, table);
  return tables;
}

/** The rows of one table, or those that a condition on `$1` selects. */
export async function readTable(
  job: Job,
  target: Target,
  table: string,
  where?: { sql: string; value: unknown },
): Promise<ReadTable> {
  const { key, columns } = job.tables[table]!;
  const values = Object.entries(columns).map(([name, { type }]) => canonicalSql(name, type));
  const keys = key.map((name) => `"${name}"`).join(` || ' ' || `);
  const { rows } = await target.query(
    `SELECT ${keys}, array_to_json(ARRAY[${values.join(", ")}]::text[])::text FROM "${table}"` +
      (where === undefined ? "" : ` WHERE ${where.sql}`),
    { parameters: where === undefined ? [] : [where.value] },
  );
  return new Map(rows as [string, string][]);
}

/** When each row of the tables was last written. */
export async function readTouched(job: Job, target: Target): Promise<Record<string, ReadTable>> {
  const tables: Record<string, ReadTable> = {};
  for (const [table, { key }] of Object.entries(job.tables)) {
    const keys = key.map((name) => `"${name}"`).join(` || ' ' || `);
    const { rows } = await target.query(`SELECT ${keys}, updated_at::text FROM "${table}"`);
    tables[table] = new Map(rows as [string, string][]);
  }
  return tables;
}

function canonicalSql(name: string, type: ColumnType): string {
  const column = `"${name}"`;
  switch (type) {
    case "integer":
    case "numeric":
    case "money":
      return `trim_scale(${column}::numeric)::text`;
    case "date":
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case "timestamptz":
      return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
    case "text[]":
      return `to_jsonb(${column})::text`;
    default:
      return `${column}::text`;
  }
}

/**
 * Compares a table with what is expected of it, value by value.
 *
 * @throws {AssertionError} naming rows and columns that differ, or a column that is missing from the table
 */
export function assertTable(
  job: Job,
  table: string,
  actual: ReadTable,
  expected: ExpectedTable,
): void {
  const columns = Object.keys(job.tables[table]!.columns);
  const differences: string[] = [];
  const [some = {}] = expected.values();
  const unknown = Object.keys(some).find((name) => !columns.includes(name));
  if (unknown !== undefined) throw new AssertionError(`${table} has no column "${unknown}"`);
  for (const [key, row] of expected) {
    const found = actual.get(key);
    const wanted = JSON.stringify(columns.map((name) => row[name] ?? null));
    if (found === wanted) continue;
    differences.push(
      found === undefined ? `${key} is missing` : difference(columns, key, found, wanted),
    );
    if (differences.length >= SHOWN) break;
  }
  for (const key of actual.keys()) {
    if (differences.length >= SHOWN) break;
    if (!expected.has(key)) differences.push(`${key} is not expected`);
  }
  if (differences.length === 0) return;
  throw new AssertionError(`${table} is not as expected:\n  ${differences.join("\n  ")}`);
}

/**
 * Compares the tables of a target with what is expected of them.
 *
 * @throws {AssertionError} naming rows and columns that differ
 */
export async function assertTables(
  job: Job,
  target: Target,
  expected: Readonly<Record<string, ExpectedTable>>,
): Promise<void> {
  for (const [table, rows] of Object.entries(expected)) {
    assertTable(job, table, await readTable(job, target, table), rows);
  }
}

/**
 * Compares two readings of all tables.
 *
 * @throws {AssertionError} naming rows and columns that differ
 */
export function assertSameTables(
  job: Job,
  actual: Record<string, ReadTable>,
  expected: Record<string, ReadTable>,
): void {
  for (const [table, rows] of Object.entries(expected)) {
    const columns = Object.keys(job.tables[table]!.columns);
    const parsed = [...rows].map(([key, text]) => {
      const values = JSON.parse(text) as (string | null)[];
      return [key, Object.fromEntries(columns.map((name, at) => [name, values[at]!]))] as const;
    });
    assertTable(job, table, actual[table]!, new Map(parsed));
  }
}

function difference(columns: string[], key: string, found: string, wanted: string): string {
  const [is, should] = [JSON.parse(found), JSON.parse(wanted)] as (string | null)[][];
  const parts = columns.flatMap((name, at) =>
    is![at] === should![at] ? [] : [`${name} is ${show(is![at])}, not ${show(should![at])}`]
  );
  return `${key}: ${parts.join("; ")}`;
}

function show(value: string | null | undefined): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
