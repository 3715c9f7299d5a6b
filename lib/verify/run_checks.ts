// Runs a job's checks: one query each, in which the database refuses every change. A check whose query
// fails reports the database's reason; the others still run.
import { suggest } from "../did_you_mean.ts";
import type { Job } from "../config/schema/job.ts";
import type { Check } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../upsert/write/target.ts";
import type { QueryResult } from "../upsert/write/query.ts";
import { describe, judge } from "./expectation.ts";

/** The result of a check; `verify --json` prints it, so its field names are stable. */
export interface CheckResult {
  /** Name of the check. */
  readonly name: string;
  /** The check's description in the job file. */
  readonly about: string | null;
  /** Whether the result is as expected. */
  readonly ok: boolean;
  /** What was expected; null if the result is only shown. */
  readonly expected: string | null;
  /** What is not as expected, or the database's reason; null if the check passed. */
  readonly reason: string | null;
  /** Names of the result's columns. */
  readonly columns: readonly string[];
  /** At most {@linkcode ROWS_KEPT} rows. */
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows there were. */
  readonly row_count: number;
}

/** Rows kept of one result: about a page. */
export const ROWS_KEPT = 100;

/**
 * Runs the checks of a job in the order of its file; only those of `only` if it names any.
 *
 * @throws {Failure} of kind `configuration` if `only` names a check that the job does not have.
 */
export async function* runChecks(
  job: Job,
  target: Pick<Target, "query">,
  only: readonly string[] = [],
): AsyncGenerator<CheckResult> {
  for (const name of only) if (!Object.hasOwn(job.checks, name)) throw unknown(name, job);
  for (const [name, check] of Object.entries(job.checks)) {
    if (only.length === 0 || only.includes(name)) yield await runCheck(name, check, target);
  }
}

async function runCheck(
  name: string,
  check: Check,
  target: Pick<Target, "query">,
): Promise<CheckResult> {
  let result: QueryResult = { columns: [], rows: [] };
  let verdict;
  try {
    result = await target.query(check.sql, { readOnly: true });
    verdict = judge(check.expect, result);
  } catch (error) {
    verdict = { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  return {
    name,
    about: check.about ?? null,
    ok: verdict.ok,
    expected: describe(check.expect),
    reason: verdict.reason,
    columns: result.columns,
    rows: result.rows.slice(0, ROWS_KEPT),
    row_count: result.rows.length,
  };
}

function unknown(name: string, job: Job): Failure {
  const names = Object.keys(job.checks);
  const near = suggest(name, names);
  const all = names.length === 0 ? "The job has no checks" : `Choose one of ${names.join(", ")}`;
  return new Failure(
    "configuration",
    `Cannot run check "${name}": the job has no check of that name`,
    {
      hint: near === undefined ? all : `Did you mean "${near}"?`,
    },
  );
}
