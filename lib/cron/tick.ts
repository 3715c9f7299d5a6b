// Runs one slice of an update: fetches what is new and what may have changed, then fills gaps, until
// everything is done or its time is over. However it ends, the checkpoint holds what was written, and the
// next slice fetches the rest. Where another run holds the job, it helps that run instead of waiting for it.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { catchUp } from "../checkpoint/catch_up.ts";
import { type FetchedSince, readFetchedSince } from "../checkpoint/fetched_since.ts";
import type { Job } from "../config/schema/job.ts";
import { formatWait, type Wait } from "../report/text/wait.ts";
import type { RunResult } from "../run.ts";
import type { UpdateSlice } from "../run_crew.ts";
import type { LockHolder, Target } from "../upsert/write/target.ts";
import type { CronState, CronStateStore, TickReport, UpdateInProgress } from "./state.ts";
import { type Phase, phasesOf, todayOf } from "./phases.ts";
import { isShortest, sliceJob } from "./slice_job.ts";
import { addUp, emptyReport, fail, failedReport, finish } from "./tick_report.ts";

/** When a slice ends. */
export interface Deadline {
  /** Aborts when no further window is to be started. */
  readonly windDown: AbortSignal;
  /** Aborts when the slice is over; windows in flight are dropped, fetched ones are still written. */
  readonly signal: AbortSignal;
  /** When `windDown` aborts, epoch milliseconds. */
  readonly windDownAtMs: number;
  /** When `signal` aborts, epoch milliseconds. */
  readonly overAtMs: number;
}

/** How the phases of a slice are run. */
export interface Slice extends Deadline {
  /** The job, with windows that fit a slice. */
  readonly job: Job;
  /** ID of the run that the slice belongs to. */
  readonly run: string;
  /** What the update has fetched before and does not fetch again; undefined if nothing. */
  readonly fetched: FetchedSince | undefined;
  /** What processes that join the slice need to know of it. */
  readonly update: UpdateSlice;
}

/** What was done for another process. */
export interface Help extends Pick<RunResult, "summary" | "error"> {
  /** Whether an update was helped; otherwise it was a backfill. */
  readonly isUpdate: boolean;
}

/** How a phase ended. */
export interface PhaseResult extends RunResult {
  /** What it waited for last: the API or a limit; undefined if it never waited long. */
  readonly wait?: Wait | undefined;
}

/** What a slice works with. */
export interface TickInput {
  /** The job. */
  readonly job: Job;
  /** Names of the streams to keep up to date. */
  readonly streams: readonly string[];
  /** Values of the job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Where rows go. */
  readonly target: Target;
  /** Opens the checkpoint under the target's stamp, which exists once the lock is held. */
  readonly checkpoint: () => Checkpoint;
  /** What slices leave to each other. */
  readonly memory: CronStateStore;
  /** Whether the slice continues the update in progress; otherwise it starts one. */
  readonly isContinued: boolean;
  /** Runs the streams of a phase over its dates, resumed. */
  readonly perform: (phase: Phase, slice: Slice) => Promise<PhaseResult>;
  /**
   * Fetches windows of the run that holds the job, until the slice is over; undefined where there is none to help.
   * Defaults to helping nobody.
   */
  readonly help?: ((deadline: Deadline) => Promise<Help | undefined>) | undefined;
  /** Who takes the lock; its run is the ID of an update that starts now. */
  readonly holder: LockHolder;
  /** When a slice that starts now ends. */
  readonly deadline: () => Deadline;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Ends the slice at once; what was fetched is saved. */
  readonly signal: AbortSignal;
}

/** Runs one slice. Its report says how it ended; only bugs in Hindcast throw. */
export async function tick(input: TickInput): Promise<TickReport> {
  const startedAtMs = input.wallNow();
  const report = emptyReport(startedAtMs);
  const deadline = input.deadline();
  try {
    const { memory, job } = input;
    await using started = await startSlice(input, startedAtMs);
    const { before, update, isContinued } = started;
    const cuts = before.cuts ?? 0;
    // If the platform kills this slice, the next one continues with shorter windows.
    const ifKilled = isShortest(job, cuts) ? cuts : cuts + 1;
    await memory.save({ ...before, more: true, update, cuts: ifKilled });
    const wait = await runPhases(input, deadline, { update, cuts, isContinued }, report);
    report.seconds = Math.round(input.wallNow() - startedAtMs) / 1000;
    await memory.save(nextState(job, update, cuts, report, wait));
    return report;
  } catch (error) {
    const failed = failedReport(startedAtMs, error);
    if (failed.outcome === "locked") return await helped(input, deadline, failed);
    if (failed.outcome === "failed") {
      await input.memory.save({ ...await input.memory.load(), last: failed });
    }
    return failed;
  }
}

/** A slice that holds the job. */
interface StartedSlice extends AsyncDisposable {
  readonly before: CronState;
  /** The update that it belongs to. */
  readonly update: UpdateInProgress;
  readonly isContinued: boolean;
}

/** Takes the lock of the job under the ID of the update: by it, others know which run is in progress. */
async function startSlice(input: TickInput, startedAtMs: number): Promise<StartedSlice> {
  const { target, job, memory, holder } = input;
  const updateOf = (state: CronState) =>
    continuedUpdate(input, state) ?? { run: holder.run, startedAtMs };
  for (;;) {
    const { run } = updateOf(await memory.load());
    const lock = await target.lock(job.job, { ...holder, run });
    const before = await memory.load();
    const update = updateOf(before);
    const isContinued = update.run !== holder.run;
    const release = () => lock[Symbol.asyncDispose]();
    if (update.run === run) {
      return { before, update, isContinued, [Symbol.asyncDispose]: release };
    }
    // Another slice has ended in between.
    await release();
  }
}

/**
 * What a slice does where another run holds the job: it helps. After a backfill, the update follows in a later slice;
 * an update is continued by the process that started it.
 */
async function helped(
  input: TickInput,
  deadline: Deadline,
  locked: TickReport,
): Promise<TickReport> {
  const { memory, wallNow } = input;
  const { signal } = deadline;
  const help = await input.help?.({
    ...deadline,
    signal: AbortSignal.any([input.signal, signal]),
  });
  if (help === undefined) return locked;
  const message = help.isUpdate ? "helped with the update of another process" : BACKFILL_HELPED;
  const report: TickReport = { ...locked, outcome: "more", message };
  addUp(report, help.summary);
  if (input.signal.aborted) report.outcome = "interrupted";
  else if (help.error !== undefined && !signal.aborted) fail(report, help.error);
  report.seconds = Math.round(wallNow() - Date.parse(locked.at)) / 1000;
  if (!help.isUpdate) await memory.save({ ...await memory.load(), more: true });
  return report;
}

const BACKFILL_HELPED = "helped with a backfill";

/** The update that a slice continues; a new day starts a new one, so that today is fetched first. */
function continuedUpdate(input: TickInput, before: CronState): UpdateInProgress | undefined {
  const { update } = before;
  if (!input.isContinued || !before.more || update === undefined) return undefined;
  const isSameDay =
    todayOf({ job: input.job, wallNow: () => update.startedAtMs }) === todayOf(input);
  return isSameDay ? update : undefined;
}

/** The update that a slice belongs to, and how it continues it. */
interface Continued {
  readonly update: UpdateInProgress;
  readonly cuts: number;
  readonly isContinued: boolean;
}

/** Runs the phases until all are done or the time is over; returns what the slice waited for last. */
async function runPhases(
  input: TickInput,
  deadline: Deadline,
  { update, cuts, isContinued }: Continued,
  report: TickReport,
): Promise<Wait | undefined> {
  const { job, params, target, wallNow } = input;
  const checkpoint = input.checkpoint();
  const { windDown, windDownAtMs, overAtMs } = deadline;
  const signal = AbortSignal.any([input.signal, deadline.signal]);
  let wait: Wait | undefined;
  try {
    await catchUp({ job: job.job, checkpoint, target }, { isStored: true });
    const readFetched = () => readFetchedSince(target, job.job, update.startedAtMs);
    const before = isContinued ? await readFetched() : undefined;
    const sliceOf = (fetched: FetchedSince | undefined) => ({
      ...{ ...deadline, signal, job: sliceJob(job, cuts), run: update.run, fetched },
      update: { cuts, sinceMs: fetched?.sinceMs ?? null, windDownAtMs, overAtMs },
    });
    const source = { job, params, checkpoint, target, wallNow };
    for await (const phase of phasesOf(source, input.streams)) {
      const fetched = phase.name === "follow" ? await readFetched() : before;
      const result = await input.perform(phase, sliceOf(fetched));
      addUp(report, result.summary);
      wait = result.wait ?? wait;
      if (signal.aborted || windDown.aborted) {
        report.outcome = input.signal.aborted ? "interrupted" : "more";
        return wait;
      }
      if (result.error !== undefined) throw result.error;
    }
    finish(report);
  } catch (error) {
    fail(report, error);
  }
  return wait;
}

/**
 * The state after a slice. A slice that finished no window, and did not wait for the API or a limit, is
 * followed by one with shorter windows; if there are none, the update fails instead of repeating the same
 * requests forever.
 */
function nextState(
  job: Job,
  update: UpdateInProgress,
  cuts: number,
  report: TickReport,
  wait: Wait | undefined,
): CronState {
  const { outcome, windows, requests } = report;
  // Workers of an earlier run are left: a later slice continues.
  const isEarly = outcome === "interrupted" || outcome === "locked";
  if (isEarly) return { more: true, update, cuts, last: report };
  if (outcome !== "more") return { more: false, cuts: Math.max(0, cuts - 1), last: report };
  const isStuck = windows.done + windows.failed === 0 && requests > 0 && wait === undefined;
  if (wait !== undefined) report.message = formatWait(wait);
  if (!isStuck) return { more: true, update, cuts, last: report };
  if (!isShortest(job, cuts)) return { more: true, update, cuts: cuts + 1, last: report };
  report.outcome = "failed";
  report.message = "Cannot finish a window within BACKFILL_BUDGET: the shortest takes longer. " +
    "Set BACKFILL_BUDGET to a longer time";
  return { more: false, cuts, last: report };
}
