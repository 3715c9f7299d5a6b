// Owns what `backfill` does once its arguments are read: the run itself, its plan (`--dry-run`) and its
// forecast (`--check-status`). It opens the stores, holds the lock of the job while it runs, and closes both.
import type { Job } from "../../config/schema/job.ts";
import { surveyOf, surveyStreams } from "../../checkpoint/survey.ts";
import type { Arguments } from "../arguments.ts";
import { Failure } from "../../failure.ts";
import { refuseNoFeed } from "../../job_options.ts";
import { readLimitsUse } from "../../checkpoint/limits_use.ts";
import { dryRunLines } from "../lines/dry_run.ts";
import { EXIT, printError } from "../exit.ts";
import { env, openStores, print, type Stores } from "../open_job.ts";
import { performRun } from "../perform_run.ts";
import { planRun } from "../resume.ts";
import { type GivenOptions, givenOptions, rangeOf, runOptions, streamsOf } from "../run_options.ts";
import { Screen } from "../screen.ts";
import { StopSignal } from "../signals.ts";
import { widthOf } from "../terminal/fit_text.ts";
import { surveyLines } from "../lines/survey_lines.ts";
import { FIRST_WORKER, readWorkerCount, thisWorker } from "../workers/worker_count.ts";
import { newRunId, type RunResult } from "../../run.ts";

/**
 * Runs a backfill, or prints its plan or forecast, as the arguments say; resolves to the exit code.
 *
 * @throws {Failure} of kind `configuration` if the arguments contradict each other.
 */
export async function backfill(job: Job, args: Arguments): Promise<number> {
  if (args.has("json") && args.has("dry-run")) throw noJson("--dry-run");
  const shown = ["dry-run", "check-status"].find((flag) => args.has(flag));
  if (shown !== undefined && args.has("from-archive")) throw noReplay(`--${shown}`);
  if (args.has("from-start") && args.has("from-archive")) throw noReplay("--from-start");
  const given = givenOptions(job, args, Date.now());
  if (args.has("from-start")) {
    const streams = streamsOf(job, runOptions(job, given, undefined, Date.now()));
    refuseNoFeed(job, streams, "Omit --from-start");
  }
  if (args.has("dry-run")) return await showPlan(job, given, args.has("resume"));
  if (args.has("check-status")) return await checkStatus(job, given, args);
  const ended = await perform(job, given, args);
  if (typeof ended === "number") return ended;
  const { joinRun } = await import("./join_run.ts");
  return await joinRun(job, given, ended);
}

/** Whether an error means that another process works on the job. */
function isLocked(error: unknown): error is Failure {
  return error instanceof Failure && error.kind === "locked";
}

/** A run is continued, or one that has begun. A worker prints no summary, and a replay sends no request. */
function mayJoin(args: Arguments, hasBegun: boolean): boolean {
  return (hasBegun || args.has("resume")) && !args.has("json") && !args.has("from-archive");
}

/** Prints the plan of a run; that of `--resume` depends on what is done. */
async function showPlan(job: Job, given: GivenOptions, resume: boolean): Promise<number> {
  if (!resume) {
    const options = runOptions(job, given, undefined, Date.now());
    const { params } = options;
    const plan = { streams: streamsOf(job, options), range: rangeOf(options), params };
    print((await dryRunLines(job, plan, Date.now())).join("\n"));
    return EXIT.done;
  }
  await using stores = await openStores();
  const { checkpoint, plan } = await plannedOn(stores, job, given, true);
  const { params } = plan.options;
  const { target } = stores;
  const limitsUse = await readLimitsUse(job, { target, env, nowMs: Date.now() });
  const source = { ...plan, params, job, checkpoint, target, limitsUse, wallNow: Date.now };
  print((await dryRunLines(job, source, Date.now(), source)).join("\n"));
  return EXIT.done;
}

/** What a run would fetch, without its lock. */
async function plannedOn(stores: Stores, job: Job, given: GivenOptions, resume: boolean) {
  const checkpoint = await stores.checkpoint(job);
  const plan = await planRun({ job, checkpoint, given, resume, nowMs: Date.now() });
  return { checkpoint, plan };
}

async function checkStatus(job: Job, given: GivenOptions, args: Arguments): Promise<number> {
  await using stores = await openStores();
  const { checkpoint, plan } = await plannedOn(stores, job, given, args.has("resume"));
  const { params } = plan.options;
  const source = { ...plan, job, params, checkpoint, target: stores.target, wallNow: Date.now };
  const use = await readLimitsUse(job, { target: stores.target, env, nowMs: Date.now() });
  const forecasts = await surveyStreams({ ...source, resume: true }, plan.streams);
  const survey = surveyOf(job, forecasts, use);
  const lines = () =>
    surveyLines(job, plan.range, survey, Date.now(), widthOf(Deno.stdout)).join("\n");
  if (args.has("json")) console.log(JSON.stringify(survey));
  else print(lines());
  return EXIT.done;
}

/**
 * Opens everything and runs; a signal interrupts it at any time. Resolves to the exit code, or
 * to who works on the job where their run may be joined.
 */
async function perform(
  job: Job,
  given: GivenOptions,
  args: Arguments,
): Promise<number | Failure> {
  const isShared = readWorkerCount(args.value("workers")) > 1;
  const output = args.has("json") ? Deno.stderr : Deno.stdout;
  using screen = new Screen(output, isShared ? FIRST_WORKER : undefined);
  using stop = new StopSignal(
    () => screen.say("stopping; press Ctrl+C again to exit at once"),
    () => sayInterrupted(screen),
  );
  try {
    screen.begin();
    await screen.follow(job);
    await using stores = await openStores(undefined, stop.signal);
    stop.signal.throwIfAborted();
    if (isShared) refuseSharing(args, stores);
    const run = newRunId(Date.now());
    const holder = { run, host: Deno.hostname(), pid: Deno.pid };
    // This also stamps a new target.
    await using _lock = await stores.target.lock(job.job, holder);
    stop.signal.throwIfAborted();
    return await performOn(stores, {
      job,
      given,
      args,
      screen,
      run,
      isShared,
      signal: stop.signal,
    });
  } catch (error) {
    if (isLocked(error) && mayJoin(args, false)) return error;
    if (!stop.signal.aborted) throw error;
    sayInterrupted(screen);
    return EXIT.interrupted;
  }
}

/** The other processes that share the run on this machine are started by the launcher. */
function refuseSharing(args: Arguments, { target }: Stores): void {
  if (args.has("from-archive")) throw noReplay("--workers");
  if (target.kind === "postgres") return;
  throw new Failure(
    "configuration",
    "Cannot share the run: an embedded database can be used by one process only",
    { hint: "Set DATABASE_URL to a PostgreSQL server, or omit --workers" },
  );
}

function sayInterrupted(screen: Screen): void {
  screen[Symbol.dispose]();
  screen.say(nextStep("interrupted", 0));
}

function noJson(flag: string): Failure {
  return new Failure(
    "configuration",
    `Cannot combine ${flag} with --json: ${flag} prints only text`,
    {
      hint: "Print the forecast as JSON: deno task backfill --check-status --json",
    },
  );
}

function noReplay(flag: string): Failure {
  const message = `Cannot combine ${flag} with --from-archive: a replay sends no request`;
  return new Failure("configuration", message, {
    hint: "See what the archive holds: deno task status",
  });
}

interface RunContext {
  readonly job: Job;
  readonly given: GivenOptions;
  readonly args: Arguments;
  readonly screen: Screen;
  /** ID of the run. */
  readonly run: string;
  /** Whether other processes are expected to join. */
  readonly isShared: boolean;
  readonly signal: AbortSignal;
}

async function performOn(
  stores: Stores,
  { job, given, args, screen, run, isShared, signal }: RunContext,
): Promise<number | Failure> {
  const checkpoint = await stores.checkpoint(job, true);
  const resume = args.has("resume");
  const plan = await planRun({ job, checkpoint, given, resume, nowMs: Date.now() });
  await using page = args.has("console")
    ? (await import("../console/run_console.ts")).serveRun(job, {
      ...{ target: stores.target, checkpoint },
    })
    : null;
  if (page !== null) screen.say(`console of ${job.job} at ${page.url}`);
  const result = await performRun({
    job,
    ...plan,
    noWait: args.has("no-wait"),
    target: stores.target,
    checkpoint,
    archive: stores.settings.archive,
    fromArchive: args.has("from-archive"),
    fromStart: args.has("from-start"),
    logsFolder: stores.settings.logsFolder,
    run,
    // A worker that joins would send requests, and a replay sends none.
    ...(args.has("from-archive") ? {} : { worker: thisWorker(FIRST_WORKER), isShared }),
    show: (event) => {
      screen.show(event);
      page?.show(event);
    },
    signal,
    env,
  });
  screen[Symbol.dispose]();
  // Others work on the job: on an earlier run, or on this one, whose windows they have taken over.
  const hasBegun = result.summary.windows.planned > 0;
  if (isLocked(result.error) && mayJoin(args, hasBegun)) return result.error;
  return conclude(result, args);
}

/** Prints how a run ended, and returns the exit code. */
function conclude({ summary, error }: RunResult, args: Arguments): number {
  if (error !== undefined && summary.outcome !== "interrupted") {
    printError(error, args.has("verbose"));
  }
  if (args.has("json")) console.log(JSON.stringify(summary));
  else print(nextStep(summary.outcome, summary.rejected + summary.windows.failed));
  if (summary.outcome === "interrupted") return EXIT.interrupted;
  return summary.ok ? EXIT.done : EXIT.failed;
}

function nextStep(outcome: string, errors: number): string {
  if (outcome === "interrupted") return "next   deno task backfill --resume";
  if (errors > 0) return "next   deno task errors, then deno task backfill --resume";
  return outcome === "failed" ? "next   deno task backfill --resume" : "next   deno task verify";
}
