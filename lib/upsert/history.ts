// Owns what the target records of runs and of failed windows, so that a lost checkpoint can be rebuilt from
// the target alone. A failure stays recorded when its window is fetched later: the ledger's entry is newer
// and resolves it. It never decides what is done.
import { parseCivil } from "../plan/time/civil.ts";
import { formatCivil } from "../plan/time/civil.ts";
import type { Unit } from "../plan/stream_plan.ts";
import type { Window } from "../plan/time/window.ts";
import type { Row } from "../extract/row_shape.ts";
import { Failure } from "../failure.ts";
import { FAILURES_TABLE, LEDGER_TABLE, RUNS_TABLE, shapeOf } from "./sql/system_tables.ts";
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

/** A window that failed, as the target records it. */
export interface RecordedFailure {
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters. */
  readonly scope: string;
  /** Canonical string of the `for_each` values. */
  readonly each: string;
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** What happened. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A database that has, or will have, the tables of the history. */
export type HistoryTarget = Pick<Target, "query" | "stream" | "write">;

/**
 * Records a run, replacing the record with the same ID; the caller holds the job's lock.
 *
 * @throws {Failure} of kind `target` if the database cannot be written.
 */
export async function recordRun(
  target: HistoryTarget,
  job: string,
  run: RecordedRun,
): Promise<void> {
  const row: Row = [
    job,
    run.run,
    run.kind ?? "backfill",
    JSON.stringify(run.options),
    run.summary === undefined ? null : JSON.stringify(run.summary),
    run.startedAt,
    run.endedAt ?? null,
  ];
  await target.write([{ shape: shapeOf(RUNS_TABLE), rows: [row] }], []);
}

/**
 * Records windows that failed at `atMs`, epoch milliseconds; the caller holds the job's lock.
 *
 * @throws {Failure} of kind `target` if the database cannot be written.
 */
export async function recordFailures(
  target: HistoryTarget,
  job: string,
  failed: readonly { readonly unit: Unit; readonly failure: Failure }[],
  atMs: number,
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
  await target.write([{ shape: shapeOf(FAILURES_TABLE), rows }], []);
}

/** Text that fits the database: PostgreSQL stores no NUL. */
function storable(text: string): string {
  return text.slice(0, 1024).replaceAll("\0", "").toWellFormed();
}

/** The runs recorded for a job, oldest first; none in a database of an earlier version. */
export async function* readRuns(target: HistoryTarget, job: string): AsyncGenerator<RecordedRun> {
  const sql = `SELECT run, kind, options, summary, started_at, ended_at FROM ${RUNS_TABLE} ` +
    "WHERE job = $1 ORDER BY started_at";
  for await (const record of rowsOf(target, sql, job)) {
    const { run, kind, options, summary, started_at, ended_at } = record;
    yield {
      run: String(run),
      kind: kind === "cron" ? "cron" : "backfill",
      options: options as Record<string, unknown>,
      startedAt: new Date(String(started_at)).toISOString(),
      ...ended_at === null ? {} : { endedAt: new Date(String(ended_at)).toISOString() },
      ...summary === null ? {} : { summary },
    };
  }
}

/** The failures recorded for a job, oldest first; none in a database of an earlier version. */
export async function* readFailures(
  target: HistoryTarget,
  job: string,
): AsyncGenerator<RecordedFailure> {
  const sql = `SELECT stream, scope, each, "from", "to", reason, hint, failed_at ` +
    `FROM ${FAILURES_TABLE} WHERE job = $1 ORDER BY failed_at`;
  for await (const record of rowsOf(target, sql, job)) {
    const [from, to] = [parseCivil(String(record.from)), parseCivil(String(record.to))];
    yield {
      stream: String(record.stream),
      scope: String(record.scope),
      each: String(record.each),
      window: from === undefined || to === undefined ? null : { from, to },
      reason: String(record.reason),
      hint: record.hint === null ? undefined : String(record.hint),
      at: Date.parse(String(record.failed_at)),
    };
  }
}

/** Deletes the failures recorded for a job, and the numbers of rejected rows in its ledger. */
export async function forgetFailures(target: HistoryTarget, job: string): Promise<void> {
  const statements = [
    `DELETE FROM ${FAILURES_TABLE} WHERE job = $1`,
    `UPDATE ${LEDGER_TABLE} SET rejected = 0 WHERE job = $1 AND rejected > 0`,
  ];
  for (const sql of statements) {
    try {
      await target.query(sql, { parameters: [job] });
    } catch (error) {
      if (!isMissingTable(error) && codeOf(error) !== "42703") throw error;
    }
  }
}

async function* rowsOf(
  target: HistoryTarget,
  sql: string,
  job: string,
): AsyncGenerator<Record<string, unknown>> {
  try {
    yield* target.stream(sql, { parameters: [job] });
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
}

/** Whether the database has no such table: it was last written to by an earlier version. */
export function isMissingTable(error: unknown): boolean {
  return error instanceof Failure && codeOf(error) === "42P01";
}

/** The SQLSTATE of a database's error; a ledger of an earlier version may have no such column (42703). */
function codeOf(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}
