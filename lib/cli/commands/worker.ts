// Owns what `worker` does once its arguments are read: it waits for a run of the job, joins it, fetches
// windows together with the other processes, and leaves when nothing is left or it is stopped. It keeps
// nothing on this machine but logs.
import type { Job } from "../../config/schema/job.ts";
import { lookPauseMs } from "../../coordinate/look_pause.ts";
import { Failure } from "../../failure.ts";
import type { RunEvent } from "../../report/event.ts";
import { plainLines } from "../../report/plain_lines.ts";
import type { Summary } from "../../report/summary.ts";
import { type JobHolder, readHolder } from "../../upsert/job_holder.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { type OpenRun, WorkerTable } from "../../upsert/worker_table.ts";
import type { Target } from "../../upsert/write/target.ts";
import { EXIT, printError } from "../exit.ts";
import { env, onWait } from "../open_job.ts";
import { safeText } from "../output.ts";
import { readSettings } from "../settings.ts";
import { StopSignal } from "../signals.ts";
import { followRun } from "../workers/follow_run.ts";
import { differingParts } from "../workers/join_open_run.ts";

/** How a worker is started. */
export interface WorkerOptions {
  /** What its lines are marked with. */
  readonly name: string;
  /** How long to wait for a run, in seconds. */
  readonly waitSeconds: number;
}

/** Joins the run of a job that is in progress; resolves to the exit code. */
export async function work(job: Job, { name, waitSeconds }: WorkerOptions): Promise<number> {
  const say = (text: string) => console.error(safeText(`[${name}] ${text}`));
  using stop = new StopSignal(() => say("stopping; claims are returned"));
  try {
    const settings = readSettings(env);
    await using target = await openTarget(settings.databaseUrl, { onWait, signal: stop.signal });
    refuseEmbedded(target);
    for (let waitMs = 1000 * waitSeconds;; waitMs = 0) {
      const open = await waitForRun(target, job, waitMs, stop.signal);
      if (open === undefined) throw noRun(job, await readHolder(target, job.job));
      refuseOtherJob(job, open);
      const show = (event: RunEvent) => plainLines(event).forEach(say);
      const context = { target, name, show, signal: stop.signal, waitMs: 1000 * waitSeconds };
      const { error, summary } = await followRun(job, open, context);
      if (stop.signal.aborted) return EXIT.interrupted;
      if (error === undefined) return hasErrors(summary) ? EXIT.failed : EXIT.done;
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

function hasErrors({ windows, rejected }: Summary): boolean {
  return windows.failed + rejected > 0;
}

function refuseEmbedded({ kind }: Target): void {
  if (kind === "postgres") return;
  throw new Failure(
    "configuration",
    "Cannot join a run: an embedded database can be used by one process only",
    { hint: "Set DATABASE_URL to the PostgreSQL server that the run writes to" },
  );
}

function noRun({ job }: Job, holder: JobHolder | undefined): Failure {
  if (holder !== undefined) {
    const which = holder.isUpdate ? "an update by cron" : "a process that does not share its run";
    return new Failure(
      "configuration",
      `Cannot join: job "${job}" is held by ${which} (${holder.where})`,
      holder.isUpdate
        ? { hint: "Wait for its next phase: deno task worker --wait 60" }
        : { hint: "When it has ended, fetch what is left: deno task backfill --resume" },
    );
  }
  return new Failure("configuration", `Cannot join: no run of job "${job}" is in progress`, {
    hint: "Start one: deno task backfill --resume",
  });
}

function refuseOtherJob(job: Job, open: OpenRun): void {
  const parts = differingParts(job, open);
  if (parts.length === 0) return;
  throw new Failure(
    "configuration",
    `Cannot join run ${open.run}: ${job.file} differs from the job file of the run in ${
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
  for (let looks = 0;; looks++) {
    const open = await table.openRun();
    if (open !== undefined || performance.now() >= untilMs) return open;
    await new Promise((resolve) => setTimeout(resolve, lookPauseMs(looks)));
    signal.throwIfAborted();
  }
}
