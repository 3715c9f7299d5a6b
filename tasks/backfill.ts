// `deno task backfill`: fetches what a range of dates lacks, or all of it again, into the target. Also
// the plan (`--dry-run`) and the forecast (`--check-status`) of the same run. It chooses and wires; the
// work is in lib/.
import type { Job } from "../lib/config/job.ts";
import { surveyOf, surveyStreams } from "../lib/checkpoint/survey.ts";
import { helpText, readArguments } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { dryRun } from "./dry_run.ts";
import { EXIT, printError, runCommand } from "./exit.ts";
import { env, jobFileOf, openJob, openStores } from "./open_job.ts";
import type { Stores } from "./open_job.ts";
import { newRunId, performRun } from "./perform_run.ts";
import { givenOptions, rangeOf, runFlags, runOptions, streamsOf } from "./run_options.ts";
import type { RunOptions } from "./run_options.ts";
import { Screen } from "./screen.ts";
import { StopSignal } from "./signals.ts";
import { surveyLines } from "./survey_lines.ts";

const ABOUT = "Fetches a range of dates of every stream of a job into the database.";

async function main(argv: string[]): Promise<number> {
  const job = await openJob(jobFileOf(argv));
  const flags = runFlags(job);
  const args = readArguments(argv, flags);
  if (args.has("help")) {
    console.log(helpText("backfill [options]", job.about ?? ABOUT, flags));
    return EXIT.done;
  }
  const given = givenOptions(job, args, Date.now());
  if (args.has("dry-run")) return await dryRun(job, runOptions(job, given, undefined, Date.now()));
  await using stores = await openStores();
  const checks = args.has("check-status");
  await using _lock = checks ? undefined : await lock(job, stores);
  const checkpoint = stores.checkpoint(job);
  const continues = args.has("resume") && given.start === undefined && given.end === undefined;
  const [last] = continues ? await checkpoint.runs(1) : [];
  const options = runOptions(job, given, last, Date.now());
  return checks
    ? await checkStatus(job, options, stores, args.has("json"))
    : await perform(job, options, stores, args);
}

/** Takes the job's lock, which also stamps a new target. */
async function lock(job: Job, stores: Stores): Promise<AsyncDisposable> {
  const holder = { run: newRunId(), host: Deno.hostname(), pid: Deno.pid };
  return await stores.target.lock(job.job, holder);
}

async function checkStatus(
  job: Job,
  options: RunOptions,
  stores: Stores,
  json: boolean,
): Promise<number> {
  const source = {
    job,
    params: options.params,
    range: rangeOf(options),
    resume: true,
    checkpoint: stores.checkpoint(job),
    target: stores.target,
    wallNow: Date.now,
  };
  const survey = surveyOf(job, await surveyStreams(source, streamsOf(job, options)));
  console.log(json ? JSON.stringify(survey) : surveyLines(job, options, survey).join("\n"));
  return EXIT.done;
}

async function perform(
  job: Job,
  options: RunOptions,
  stores: Stores,
  args: Arguments,
): Promise<number> {
  using screen = new Screen(args.has("json") ? Deno.stderr : Deno.stdout);
  using stop = new StopSignal(() => screen.say("stopping; press Ctrl+C again to leave at once"));
  const { summary, error } = await performRun({
    job,
    options,
    resume: args.has("resume"),
    target: stores.target,
    checkpoint: stores.checkpoint(job),
    logsFolder: stores.settings.logsFolder,
    run: newRunId(),
    show: (event) => screen.show(event),
    signal: stop.signal,
    env,
  });
  screen[Symbol.dispose]();
  if (error !== undefined && summary.outcome !== "interrupted") {
    printError(error, args.has("verbose"));
  }
  if (args.has("json")) console.log(JSON.stringify(summary));
  else console.log(nextStep(summary.outcome, summary.rejected + summary.windows.failed));
  if (summary.outcome === "interrupted") return EXIT.interrupted;
  return summary.ok ? EXIT.done : EXIT.failed;
}

function nextStep(outcome: string, troubles: number): string {
  if (outcome === "interrupted") return "next   deno task backfill --resume";
  if (troubles > 0) return "next   deno task errors, then deno task backfill --resume";
  return outcome === "failed" ? "next   deno task backfill --resume" : "next   deno task verify";
}

if (import.meta.main) await runCommand(main);
