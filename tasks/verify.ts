// `deno task verify`: the job's checks, and coverage against the database. It changes nothing and asks
// nothing of the source; a check that cannot be run has failed, and the others go on.
import type { Job } from "../lib/config/schema/job.ts";
import { verifyCoverage } from "../lib/verify/coverage.ts";
import type { CoverageResult } from "../lib/verify/coverage.ts";
import { type CheckResult, runChecks } from "../lib/verify/run_checks.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob, openStores } from "../lib/cli/open_job.ts";
import type { Stores } from "../lib/cli/open_job.ts";
import { checkLines, coverageLines, totalLines } from "../lib/cli/verify_lines.ts";

const ABOUT =
  `Runs the job's checks, then compares coverage with the database. Exits with 1 where one fails.`;

const FLAGS: Flags = {
  only: { kind: "list", value: "CHECK", about: "Run these checks only; coverage is one of them." },
  config: { kind: "value", value: "FILE", about: "Job file. Default: config/racing.yaml." },
  json: { kind: "switch", about: "Print one JSON object: {ok, checks, coverage}." },
};

/** What --only calls the comparison of coverage with the database. */
const COVERAGE = "coverage";

/** What is verified, and who is told of it as it goes on. */
interface Verification {
  readonly only: readonly string[];
  readonly onCheck: (check: CheckResult) => void;
}

/** What `verify --json` prints; its field names are a promise. */
interface Verified {
  readonly ok: boolean;
  readonly checks: CheckResult[];
  /** Null where --only left it out. */
  readonly coverage: CoverageResult | null;
}

if (import.meta.main) await runCommand(main);

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("verify [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const job = await openJob(jobFileOf(argv));
  await using stores = await openStores();
  const only = args.list("only");
  if (!args.has("json")) return await verifyJob(job, stores, only) ? EXIT.done : EXIT.failed;
  const verified = await verify(job, stores, { only, onCheck: () => {} });
  console.log(JSON.stringify(verified));
  return verified.ok ? EXIT.done : EXIT.failed;
}

/** Verifies a job, printing as it goes; whether all is well. */
export async function verifyJob(
  job: Job,
  stores: Stores,
  only: readonly string[] = [],
): Promise<boolean> {
  const print = (lines: readonly string[]) => console.log(lines.join("\n"));
  print([`job ${job.job} in ${stores.target.label}`, ""]);
  const verified = await verify(job, stores, {
    only,
    onCheck: (check) => print(checkLines(check)),
  });
  if (verified.coverage !== null) print(coverageLines(verified.coverage));
  print(totalLines(verified.checks, verified.coverage));
  return verified.ok;
}

async function verify(
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
    ? await verifyCoverage({ job, checkpoint: stores.checkpoint(job), target: stores.target })
    : null;
  return { ok: checks.every((check) => check.ok) && coverage?.ok !== false, checks, coverage };
}
