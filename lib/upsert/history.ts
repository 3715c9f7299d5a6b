// Writes to the target's logs of runs and of failed windows. A failure stays recorded when its window is
// fetched later: the ledger's entry is newer and resolves it. It never decides what is done.
import { formatCivil } from "../plan/time/civil.ts";
import type { Unit } from "../plan/unit.ts";
import type { Row } from "../extract/row_shape.ts";
import { Failure } from "../failure.ts";
import { FAILURES_TABLE, LEDGER_TABLE, RUNS_TABLE } from "./sql/log_tables.ts";
import { XID, XID_SQL } from "./sql/table_sql.ts";
import { shapeOf } from "./sql/system_tables.ts";
import type { Target } from "./write/target.ts";

/** A run, as the target records it. */
export interface RecordedRun {
  /** ID of the run. */
  readonly run: string;
  /** What started it; absent for a backfill of an earlier version. */
  readonly kind?: "backfill" | "cron";
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; absent while it is in progress or if it was killed. */
  readonly endedAt?: string;
  /** The command's options; no secrets. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The summary; absent until it has ended. */
  readonly summary?: unknown;
}

/** A database that has, or will have, the tables of the history. */
export type HistoryTarget = Pick<Target, "query" | "write">;

/**
 * Records a run, replacing the record with the same ID; the caller holds the job's lock. `plan` is what other
 * workers need to join it while it is in progress.
 *
 * @throws {Failure} of kind `target` if the database cannot be written.
 */
export async function recordRun(
  target: HistoryTarget,
  job: string,
  run: RecordedRun,
  plan?: unknown,
): Promise<void> {
  const row: Row = [
    job,
    run.run,
    run.kind ?? "backfill",
    JSON.stringify(run.options),
    run.summary === undefined ? null : JSON.stringify(run.summary),
    run.startedAt,
    run.endedAt ?? null,
    plan === undefined ? null : JSON.stringify(plan),
  ];
  await target.write([{ shape: shapeOf(RUNS_TABLE), rows: [row] }], []);
}

/**
 * Records windows that failed at `atMs`, epoch milliseconds; the caller holds the job's lock or their claims,
 * which `checks` end.
 *
 * @throws {Failure} of kind `target` if the database cannot be written.
 */
export async function recordFailures(
  target: HistoryTarget,
  job: string,
  failed: readonly { readonly unit: Unit; readonly failure: Failure }[],
  { atMs, checks = [] }: { readonly atMs: number; readonly checks?: readonly string[] },
): Promise<void> {
  const rows = failed.map(({ unit: { stream, scope, each, window }, failure }): Row => [
    job,
    stream,
    scope,
    each,
    window === null ? "" : formatCivil(window.from),
    window === null ? "" : formatCivil(window.to),
    storable(failure.message),
    failure.hint === undefined ? null : storable(failure.hint),
    new Date(atMs).toISOString(),
  ]);
  await target.write([{ shape: shapeOf(FAILURES_TABLE), rows }], [], undefined, checks);
}

/** Text that fits the database: PostgreSQL stores no NUL. */
function storable(text: string): string {
  return text.slice(0, 1024).replaceAll("\0", "").toWellFormed();
}

/** The run in a row of the table. */
export function recordedRun(row: Record<string, unknown>): RecordedRun {
  const { run, kind, options, summary, started_at, ended_at } = row;
  return {
    run: String(run),
    kind: kind === "cron" ? "cron" : "backfill",
    options: options as Record<string, unknown>,
    startedAt: new Date(String(started_at)).toISOString(),
    ...ended_at === null ? {} : { endedAt: new Date(String(ended_at)).toISOString() },
    ...summary === null ? {} : { summary },
  };
}

/**
 * Removes failed windows and those with rejected rows from the list. A row without a reason marks each as
 * resolved, so that readers of the logs since a mark see it.
 */
export async function forgetFailures(target: HistoryTarget, job: string): Promise<void> {
  const key = `job, stream, scope, each, "from", "to"`;
  const statements = [
    `UPDATE ${FAILURES_TABLE} SET reason = NULL, hint = NULL, ${XID} = ${XID_SQL} ` +
    "WHERE job = $1 AND reason IS NOT NULL",
    `INSERT INTO ${FAILURES_TABLE} (${key}, failed_at) SELECT ${key}, now() FROM ${LEDGER_TABLE} ` +
    `WHERE job = $1 AND rejected > 0 ON CONFLICT (${key}) DO UPDATE SET ${XID} = ${XID_SQL}`,
  ];
  for (const sql of statements) await target.query(sql, { parameters: [job] });
}

/** Whether the database has no such table: it was last written to by an earlier version. */
export function isMissingTable(error: unknown): boolean {
  return error instanceof Failure && codeOf(error) === "42P01";
}

/** Whether a table has no such column: it was last written to by an earlier version. */
export function isMissingColumn(error: unknown): boolean {
  return error instanceof Failure && codeOf(error) === "42703";
}

/** The SQLSTATE of a database's error. */
export function codeOf(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}
