// `deno task verify`: runs the job's checks and compares coverage with the database. It changes nothing and
// sends no request to the API; a check that cannot run has failed, and the others continue.
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob, openStores } from "../lib/cli/open_job.ts";
import { verify, verifyJob } from "../lib/cli/verify_job.ts";

const ABOUT =
  `Runs the job's checks, then compares coverage with the database. Exits with 1 if one fails.`;

const FLAGS: Flags = {
  only: { kind: "list", value: "CHECK", about: "Run these checks only; coverage is one of them." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON object: {ok, checks, coverage, surplus}." },
};

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
