// Verifies a job, as `verify` and `demo` do: runs its checks, then compares coverage with the database. It
// changes nothing and sends no request to the API; a check that cannot run has failed.
import type { Job } from "../config/schema/job.ts";
import { type CoverageResult, verifyCoverage } from "../verify/coverage.ts";
import { type Surplus, surplusOf } from "../verify/surplus.ts";
import { type CheckResult, runChecks } from "../verify/run_checks.ts";
import { print, type Stores } from "./open_job.ts";
import { checkLines, coverageLines, surplusLines, totalLines } from "./lines/verify_lines.ts";
import { widthOf } from "./terminal/fit_text.ts";

/** The name of the comparison of coverage with the database in --only. */
const COVERAGE = "coverage";

/** What is verified. */
export interface Verification {
  /** Names of the checks to run, `coverage` included; empty for all. */
  readonly only: readonly string[];
  /** Receives each check when it has finished. */
  readonly onCheck: (check: CheckResult) => void;
}

/** What `verify --json` prints; its field names are stable. */
export interface Verified {
  /** Whether every check passed and coverage agrees with the database. */
  readonly ok: boolean;
  /** The checks, in the order of the job. */
  readonly checks: CheckResult[];
  /** Null if --only excludes it. */
  readonly coverage: CoverageResult | null;
  /** Tables with more rows than the API returned last; empty unless coverage passes. */
  readonly surplus: readonly Surplus[];
}

/** Verifies a job and prints each result; resolves to whether everything passed. */
export async function verifyJob(
  job: Job,
  stores: Stores,
  only: readonly string[] = [],
): Promise<boolean> {
  const show = (lines: readonly string[]) => print(lines.join("\n"));
  show([`job ${job.job} in ${stores.target.label}`, ""]);
  const verified = await verify(job, stores, {
    only,
    onCheck: (check) => show(checkLines(check, widthOf(Deno.stdout))),
  });
  if (verified.coverage !== null) show(coverageLines(verified.coverage));
  if (verified.surplus.length > 0) show(surplusLines(verified.surplus));
  show(totalLines(verified.checks, verified.coverage));
  return verified.ok;
}

/** Verifies a job. */
export async function verify(
  job: Job,
  stores: Stores,
  { only, onCheck }: Verification,
): Promise<Verified> {
  const named = only.filter((name) => name !== COVERAGE || Object.hasOwn(job.checks, name));
  const checks: CheckResult[] = [];
  if (only.length === 0 || named.length > 0) {
    for await (const check of runChecks(job, stores.target, named)) {
      checks.push(check);
      onCheck(check);
    }
  }
  const coverage = only.length === 0 || only.includes(COVERAGE)
    ? await verifyCoverage({ job, checkpoint: await stores.checkpoint(job), target: stores.target })
    : null;
  const ok = checks.every((check) => check.ok) && coverage?.ok !== false;
  // Windows that are missing or failed may have stored rows too.
  const surplus = coverage?.ok === true ? await surplusOf(job, stores.target) : [];
  await remember(job, stores, { ok, checks, coverage, surplus });
  return { ok, checks, coverage, surplus };
}

/** Keeps the result for the console; that it cannot be kept does not fail the verification. */
async function remember(job: Job, stores: Stores, verified: Verified): Promise<void> {
  if (stores.target.id === "") return;
  const { checks, coverage } = verified;
  const at = new Date().toISOString();
  const findings =
    coverage?.streams.flatMap(({ stream, findings }) =>
      findings.map(({ reason }) => `${stream}: ${reason}`)
    ) ?? [];
  const { verifications } = await stores.checkpoint(job);
  await verifications.save({ at, checks, coverage: coverage?.ok ?? null, findings })
    .catch(() => {});
}
