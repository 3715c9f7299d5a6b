// `deno task cron`, and the entry of Deno Deploy for this repository: runs the daily update on a schedule and serves a
// status page. With --once it does one update and ends.
import type { Flags } from "../lib/cli/arguments.ts";
import { helpText, misspelledFlag, readArguments } from "../lib/cli/arguments.ts";
import { serveUpdates, updateOnce } from "../lib/cli/cron/serve.ts";
import { asksForHelp, defaultJob } from "../lib/cli/default_job.ts";
import { EXIT, printError, runCommand } from "../lib/cli/exit.ts";
import { openJobOf } from "../lib/cli/command_job.ts";
import { env, jobFileOf } from "../lib/cli/open_job.ts";
import { type GivenOptions, givenOptions, selectionFlags } from "../lib/cli/run_options.ts";
import { isOnDeploy } from "../lib/cli/settings.ts";
import type { Job } from "../lib/config/schema/job.ts";

const ABOUT = `Keeps a job up to date: fetches yesterday and today, then again what may still
change, then fills gaps and fetches what failed. Pass the same streams and parameters as in
your backfills. BACKFILL_SCHEDULE sets when it runs (UTC; default: "0 5 * * *"), BACKFILL_BUDGET
how long one slice may take (default: 50s), PORT where the status page is served (default: 8000).`;

const ONCE: Flags = { once: { kind: "switch", about: "Run one update now, then exit." } };

const isEnding = Deno.args.includes("--once") || asksForHelp(Deno.args);

if (isEnding) await runCommand(main);
else serve();

/** Reads the job file after crons and server are registered; a missing one is reported at once. */
function serve(): void {
  let file: string;
  try {
    file = fileOf(Deno.args);
  } catch (error) {
    printError(error);
    Deno.exit(EXIT.usage);
  }
  serveUpdates(file, select);
}

async function main(argv: string[]): Promise<number> {
  if (!asksForHelp(argv)) return await updateOnce(fileOf(argv), select);
  const job = await openJobOf(argv, cronFlags(undefined));
  console.log(helpText("cron [options]", ABOUT, cronFlags(job)));
  return EXIT.done;
}

/** The streams and parameters that the command line gives. */
function select(job: Job): GivenOptions {
  const args = readArguments(Deno.args, cronFlags(job));
  return givenOptions(job, args, Date.now());
}

function cronFlags(job: Job | undefined): Flags {
  return { ...selectionFlags(job), ...ONCE };
}

/** Deno Deploy passes no arguments. */
function fileOf(argv: readonly string[]): string {
  if (isOnDeploy(env)) return defaultJob(env, "config/racing.yaml");
  try {
    return jobFileOf(argv);
  } catch (error) {
    throw misspelledFlag(argv, cronFlags(undefined)) ?? error;
  }
}
