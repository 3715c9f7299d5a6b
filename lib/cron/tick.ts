// Owns one slice of an update: it fetches what is new and what may have changed, then heals what has holes,
// until all is done or its time is over. Whatever ends it, what was written is in the checkpoint, and what is left is
// for the next slice. It never waits for another run of the job: that one does the work as well.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { restoreIfForgotten } from "../checkpoint/restore.ts";
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import type { Summary } from "../report/summary.ts";
import type { RunResult } from "../run.ts";
import type { LockHolder, Target } from "../upsert/write/target.ts";
import type { CronStateStore, TickReport } from "./state.ts";
import { type Phase, phasesOf, todayOf } from "./phases.ts";

/** When a slice ends. */
export interface Deadline {
  /** Aborts when it is time to begin nothing new. */
  readonly windDown: AbortSignal;
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
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
  /** The checkpoint under the target's stamp; asked for when the lock, which stamps, is held. */
  readonly checkpoint: () => Checkpoint;
  /** What slices leave to each other. */
  readonly memory: CronStateStore;
  /** Whether the slice goes on with an update that was begun, rather than begins one. */
  readonly goesOn: boolean;
  /** Runs the streams of a phase over its dates, resumed. */
  readonly perform: (phase: Phase, until: Deadline) => Promise<RunResult>;
  /** Who takes the lock. */
  readonly holder: LockHolder;
  /** When a slice of so many budgets, begun now, is over. */
  readonly budget: (budgets: number) => Deadline;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Ends the slice at once, everything saved. */
  readonly signal: AbortSignal;
}

/** Most budgets that one slice has. */
const MOST_BUDGETS = 8;

/** Does one slice. What ends it is in the report; nothing is thrown but faults of the program. */
export async function tick(input: TickInput): Promise<TickReport> {
  const startedAtMs = input.wallNow();
  const report = emptyReport(startedAtMs);
  try {
    await using _lock = await input.target.lock(input.job.job, input.holder);
    const { memory } = input;
    const before = await memory.load();
    const patience = before.more ? before.patience : 1;
    const day = todayOf(input);
    const isSame = input.goesOn && before.more && before.completed?.day === day;
    const phases = isSame ? [...before.completed.phases] : [];
    const completed = { day, phases };
    // Killed from here on, the next slice goes on with it.
    const remember = () => memory.save({ ...before, more: true, patience, completed });
    await remember();
    const last = await runPhases(input, patience, report, { phases, remember });
    report.seconds = Math.round(input.wallNow() - startedAtMs) / 1000;
    const more = report.outcome === "more" || report.outcome === "interrupted";
    const next = more ? nextPatience(patience, report, last) : 1;
    await memory.save({ more, patience: next, last: report, ...more ? { completed } : {} });
    return report;
  } catch (error) {
    const failed = failedReport(startedAtMs, error);
    if (failed.outcome === "failed") {
      await input.memory.save({ ...await input.memory.load(), last: failed });
    }
    return failed;
  }
}

/**
 * The report of a slice that could not begin.
 *
 * @throws the error, where it is a fault of the program.
 */
export function failedReport(atMs: number, error: unknown): TickReport {
  const report = emptyReport(atMs);
  fail(report, error);
  return report;
}

function emptyReport(atMs: number): TickReport {
  return {
    outcome: "done",
    complete: false,
    at: new Date(atMs).toISOString(),
    seconds: 0,
    windows: { done: 0, failed: 0 },
    requests: 0,
    rows: 0,
    rejected: 0,
    message: null,
  };
}

/** Names of the phases that need not be repeated by the next slice, and what saves them. */
interface Completed {
  readonly phases: string[];
  readonly remember: () => Promise<void>;
}

/** Runs the phases until all are done or the time is over; the last one that was begun. */
async function runPhases(
  input: TickInput,
  patience: number,
  report: TickReport,
  { phases, remember }: Completed,
): Promise<Phase | undefined> {
  const { job, params, target, wallNow } = input;
  const checkpoint = input.checkpoint();
  const { windDown, signal: over } = input.budget(patience);
  const signal = AbortSignal.any([input.signal, over]);
  let last: Phase | undefined;
  try {
    await restoreIfForgotten({ job, checkpoint, target });
    const source = { job, params, checkpoint, target, wallNow };
    for await (const phase of phasesOf(source, input.streams)) {
      if (phases.includes(phase.name)) continue;
      last = phase;
      const { summary, error } = await input.perform(phase, { windDown, signal });
      addUp(report, summary);
      if (signal.aborted || windDown.aborted) {
        report.outcome = input.signal.aborted ? "interrupted" : "more";
        return last;
      }
      if (error !== undefined) throw error;
      // Dates that may still change would be fetched again by each slice; a hole is gone once it is filled.
      if (phase.name !== "heal") {
        phases.push(phase.name);
        await remember();
      }
    }
    finish(report);
  } catch (error) {
    fail(report, error);
  }
  return last;
}

/**
 * A slice that got nowhere needs more time: one in which no window was finished, and one that ended in a phase
 * whose dates may still change and so are fetched again each time.
 */
function nextPatience(patience: number, report: TickReport, last: Phase | undefined): number {
  const isStuck = report.windows.done === 0 || last?.name !== "heal";
  return isStuck ? Math.min(patience + 1, MOST_BUDGETS) : patience;
}

function addUp(report: TickReport, summary: Summary): void {
  report.windows.done += summary.windows.done;
  report.windows.failed += summary.windows.failed;
  report.requests += summary.requests;
  report.rejected += summary.rejected;
  for (const { inserted, updated } of Object.values(summary.rows)) {
    report.rows += inserted + updated;
  }
}

function finish(report: TickReport): void {
  const { windows, rejected } = report;
  report.complete = true;
  if (windows.failed + rejected === 0) return;
  report.outcome = "failed";
  report.message = `${windows.failed} windows failed, ${rejected} rows were rejected: ` +
    "see deno task errors; the next update asks for them again";
}

/** Takes a failure into the report; anything else is a fault of the program. */
function fail(report: TickReport, error: unknown): void {
  if (!(error instanceof Failure)) throw error;
  report.outcome = error.kind === "locked" ? "locked" : "failed";
  report.message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
