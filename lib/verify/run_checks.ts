// Owns the running of a job's checks: one query each, in which the database refuses every change. A
// check whose query fails has failed with the database's reason; the others go on.
import { suggest } from "../did_you_mean.ts";
import type { Job } from "../config/schema/job.ts";
import type { Check } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../upsert/write/target.ts";
import type { QueryResult } from "../upsert/write/query.ts";
import { describe, judge } from "./expectation.ts";

/** What a check came to; its field names are a promise of `verify --json`. */
export interface CheckResult {
  /** Name of the check. */
  readonly name: string;
  /** What the job file says about it. */
  readonly about: string | null;
  /** Whether the answer is as expected. */
  readonly ok: boolean;
  /** What was expected; null where the result is only shown. */
  readonly expected: string | null;
  /** What is not as expected, or the database's reason; null where all is well. */
  readonly reason: string | null;
  /** Names of the answer's columns. */
  readonly columns: readonly string[];
  /** At most {@linkcode ROWS_KEPT} rows. */
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows there were. */
  readonly row_count: number;
}

/** Rows kept of one answer; what a check wants to say fits on a page. */
export const ROWS_KEPT = 100;

/**
 * Runs the checks of a job in the order of its file, those of `only` where any is named.
 *
 * @throws {Failure} of kind `configuration` where `only` names what the job does not have.
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
  let answer: QueryResult = { columns: [], rows: [] };
  let verdict;
  try {
    answer = await target.query(check.sql, { readOnly: true });
    verdict = judge(check.expect, answer);
  } catch (error) {
    verdict = { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  return {
    name,
    about: check.about ?? null,
    ok: verdict.ok,
    expected: describe(check.expect),
    reason: verdict.reason,
    columns: answer.columns,
    rows: answer.rows.slice(0, ROWS_KEPT),
    row_count: answer.rows.length,
  };
}

function unknown(name: string, job: Job): Failure {
  const names = Object.keys(job.checks);
  const near = suggest(name, names);
  const all = names.length === 0 ? "The job has no checks" : `There are ${names.join(", ")}`;
  return new Failure(
    "configuration",
    `Cannot run check "${name}": the job has no check of that name`,
    {
      hint: near === undefined ? all : `Did you mean "${near}"?`,
    },
  );
}
