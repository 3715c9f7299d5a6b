// `deno task backfill`: fetches what is missing from a range of dates, or all of it again, into the target. Also
// the plan (`--dry-run`) and the forecast (`--check-status`) of the same run.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { backfill } from "../lib/cli/commands/backfill.ts";
import { openJobOf } from "../lib/cli/command_job.ts";
import { runFlags } from "../lib/cli/run_options.ts";

const ABOUT = "Fetches a range of dates of every stream of a job into the database.";

async function main(argv: string[]): Promise<number> {
  const job = await openJobOf(argv, runFlags(undefined));
  const flags = runFlags(job);
  const args = readArguments(argv, flags);
  if (job === undefined || args.has("help")) {
    console.log(helpText("backfill [options]", job?.about ?? ABOUT, flags));
    return EXIT.done;
  }
  return await backfill(job, args);
}

if (import.meta.main) await runCommand(main);
