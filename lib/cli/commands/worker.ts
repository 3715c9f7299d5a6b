// Owns what `worker` does once its arguments are read: it waits for a run of the job, joins it, fetches
// windows together with the other processes, and leaves when nothing is left or it is stopped. It keeps
// nothing on this machine but logs.
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { openMemoryKv } from "../../checkpoint/open_kv.ts";
import type { Job } from "../../config/schema/job.ts";
import { definitionOf, differences } from "../../coordinate/definition.ts";
import { Failure } from "../../failure.ts";
import type { RunEvent } from "../../report/event.ts";
import { plainLines } from "../../report/plain_lines.ts";
import { clockOfRun, type CrewPlan } from "../../run_crew.ts";
import type { RunResult } from "../../run.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { type OpenRun, WorkerTable } from "../../upsert/worker_table.ts";
import type { Target } from "../../upsert/write/target.ts";
import { EXIT, printError } from "../exit.ts";
import { env, onWait } from "../open_job.ts";
import { safeText } from "../output.ts";
import { performRun } from "../perform_run.ts";
import type { RunOptions } from "../run_options.ts";
import { readSettings } from "../settings.ts";
import { StopSignal } from "../signals.ts";
import { thisWorker } from "../worker_count.ts";

/** How a worker is started. */
export interface WorkerOptions {
  /** What its lines are marked with. */
  readonly name: string;
  /** How long to wait for a run, in seconds. */
  readonly waitSeconds: number;
}

/** Time between two looks for a run. */
const LOOK_MS = 100;

/** Joins the run of a job that is under way; resolves to the exit code. */
export async function work(job: Job, { name, waitSeconds }: WorkerOptions): Promise<number> {
  const say = (text: string) => console.error(safeText(`[${name}] ${text}`));
  using stop = new StopSignal(() => say("stopping; claims are returned"));
  try {
    const settings = readSettings(env);
    await using target = await openTarget(settings.databaseUrl, { onWait, signal: stop.signal });
    refuseEmbedded(target);
    for (let waitMs = 1000 * waitSeconds;; waitMs = 0) {
      const open = await waitForRun(target, job, waitMs, stop.signal);
      if (open === undefined) throw noRun(job);
      refuseOtherJob(job, open);
      const { error, summary } = await join(job, open, { target, name, say, signal: stop.signal });
      if (stop.signal.aborted) return EXIT.interrupted;
      if (error === undefined) return summary.windows.failed > 0 ? EXIT.failed : EXIT.done;
      if (!(error instanceof Failure) || error.kind !== "locked") {
        printError(error, false);
        return EXIT.failed;
      }
      // It was silent for too long, or the run has ended: it may join another run, or the same one again.
      say(error.message);
      if (await new WorkerTable(target, job.job).openRun() === undefined) return EXIT.done;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return EXIT.interrupted;
  }
}

function refuseEmbedded({ kind }: Target): void {
  if (kind === "postgres") return;
  throw new Failure(
    "configuration",
    "Cannot join a run: an embedded database can be used by one process only",
    { hint: "Set DATABASE_URL to the PostgreSQL server that the run writes to" },
  );
}

function noRun({ job }: Job): Failure {
  return new Failure("configuration", `Cannot join: no run of job "${job}" is in progress`, {
    hint: "Start one: deno task backfill --resume",
  });
}

/** Another job file would fetch other windows, or make other rows of them. */
function refuseOtherJob(job: Job, { run, plan }: OpenRun): void {
  const { definition } = plan as CrewPlan;
  if (definition === undefined) return;
  const parts = differences(definition, definitionOf(job));
  if (parts.length === 0) return;
  throw new Failure(
    "configuration",
    `Cannot join run ${run}: ${job.file} differs from the job file of the run in ${
      parts.join(", ")
    }`,
    { hint: "Use the job file and the version of Hindcast with which the run was started" },
  );
}

async function waitForRun(
  target: Target,
  { job }: Job,
  waitMs: number,
  signal: AbortSignal,
): Promise<OpenRun | undefined> {
  await target.prepare({});
  const table = new WorkerTable(target, job);
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const open = await table.openRun();
    if (open !== undefined || performance.now() >= untilMs) return open;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    signal.throwIfAborted();
  }
}

interface JoinContext {
  readonly target: Target;
  readonly name: string;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

async function join(
  job: Job,
  { run, plan }: OpenRun,
  { target, name, say, signal }: JoinContext,
): Promise<RunResult> {
  const { streams, params, range, resume, retryOnly, options } = plan as CrewPlan;
  using kv = await openMemoryKv();
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const ended = new AbortController();
  const show = (event: RunEvent) => plainLines(event).forEach(say);
  const settings = readSettings(env);
  const result = await performRun({
    ...{ job, streams, range, resume, target, checkpoint, run, env, show },
    options: { ...options as unknown as RunOptions, params },
    retry: retryOnly === null ? undefined : { only: new Set(retryOnly) },
    archive: settings.archive,
    logsFolder: undefined,
    worker: thisWorker(name),
    wallNow: await clockOfRun(target, plan as CrewPlan, Date.now),
    hasJoined: true,
    onEnd: () => ended.abort(),
    signal: AbortSignal.any([signal, ended.signal]),
  });
  const hasEnded = ended.signal.aborted && !signal.aborted;
  return hasEnded ? { ...result, error: undefined } : result;
}
