// `deno task backfill`: fetches what a range of dates lacks, or all of it again, into the target. Also
// the plan (`--dry-run`) and the forecast (`--check-status`) of the same run. It chooses and wires; the
// work is in lib/.
import type { Job } from "../lib/config/schema/job.ts";
import type { Checkpoint } from "../lib/checkpoint/checkpoint.ts";
import { surveyOf, surveyStreams } from "../lib/checkpoint/survey.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Arguments } from "../lib/cli/arguments.ts";
import { dryRun } from "../lib/cli/dry_run.ts";
import { EXIT, printError, runCommand } from "../lib/cli/exit.ts";
import { env, jobFileOf, openJob, openStores } from "../lib/cli/open_job.ts";
import type { Stores } from "../lib/cli/open_job.ts";
import { performRun } from "../lib/cli/perform_run.ts";
import { givenOptions, rangeOf, runFlags, runOptions, streamsOf } from "../lib/cli/run_options.ts";
import type { GivenOptions, RunOptions } from "../lib/cli/run_options.ts";
import { Screen } from "../lib/cli/screen.ts";
import { StopSignal } from "../lib/cli/signals.ts";
import { surveyLines } from "../lib/cli/survey_lines.ts";
import { newRunId } from "../lib/run.ts";

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
  return args.has("check-status")
    ? await checkStatus(job, given, args)
    : await perform(job, given, args);
}

/** Takes the job's lock, which also stamps a new target. */
async function lock(job: Job, stores: Stores): Promise<AsyncDisposable> {
  const holder = { run: newRunId(Date.now()), host: Deno.hostname(), pid: Deno.pid };
  return await stores.target.lock(job.job, holder);
}

async function checkStatus(job: Job, given: GivenOptions, args: Arguments): Promise<number> {
  await using stores = await openStores();
  const checkpoint = stores.checkpoint(job);
  const options = await optionsOf(job, given, args, checkpoint);
  const source = {
    job,
    params: options.params,
    range: rangeOf(options),
    resume: true,
    checkpoint,
    target: stores.target,
    wallNow: Date.now,
  };
  const survey = surveyOf(job, await surveyStreams(source, streamsOf(job, options)));
  const lines = () => surveyLines(job, options, survey, Date.now()).join("\n");
  console.log(args.has("json") ? JSON.stringify(survey) : lines());
  return EXIT.done;
}

/** The options of the run; those of the last one where `--resume` names no dates. */
async function optionsOf(
  job: Job,
  given: GivenOptions,
  args: Arguments,
  checkpoint: Checkpoint,
): Promise<RunOptions> {
  const continues = args.has("resume") && given.start === undefined && given.end === undefined;
  const [last] = continues ? await checkpoint.runs.list(1) : [];
  return runOptions(job, given, last, Date.now());
}

/** Opens everything and runs; a signal ends it as an interruption whatever it was doing. */
async function perform(job: Job, given: GivenOptions, args: Arguments): Promise<number> {
  using screen = new Screen(args.has("json") ? Deno.stderr : Deno.stdout);
  using stop = new StopSignal(
    () => screen.say("stopping; press Ctrl+C again to leave at once"),
    () => sayInterrupted(screen),
  );
  try {
    await using stores = await openStores(undefined, stop.signal);
    stop.signal.throwIfAborted();
    await using _lock = await lock(job, stores);
    stop.signal.throwIfAborted();
    return await performOn(stores, { job, given, args, screen, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    sayInterrupted(screen);
    return EXIT.interrupted;
  }
}

function sayInterrupted(screen: Screen): void {
  screen[Symbol.dispose]();
  screen.say(nextStep("interrupted", 0));
}

interface RunContext {
  readonly job: Job;
  readonly given: GivenOptions;
  readonly args: Arguments;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

async function performOn(
  stores: Stores,
  { job, given, args, screen, signal }: RunContext,
): Promise<number> {
  const checkpoint = stores.checkpoint(job);
  const { summary, error } = await performRun({
    job,
    options: await optionsOf(job, given, args, checkpoint),
    resume: args.has("resume"),
    noWait: args.has("no-wait"),
    target: stores.target,
    checkpoint,
    logsFolder: stores.settings.logsFolder,
    run: newRunId(Date.now()),
    show: (event) => screen.show(event),
    signal,
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
