// Owns the part of a run that lets several processes share it: the plan for those that join, how this process
// enters, and the sum of all summaries when it leaves. A run on an embedded database belongs to one process.
import { Crew } from "./coordinate/crew.ts";
import { type Definition, definitionOf } from "./coordinate/definition.ts";
import type { Clock } from "./fetch/rate/clock.ts";
import type { BackfillInput } from "./backfill.ts";
import { Failure } from "./failure.ts";
import type { Window } from "./plan/time/window.ts";
import { joinSummaries, type Summary } from "./report/summary.ts";
import type { RunErrors } from "./upsert/run_errors.ts";
import { readServerClock } from "./upsert/server_clock.ts";
import type { JoinedRun, Worker } from "./upsert/worker_table.ts";
import type { Target } from "./upsert/write/target.ts";

/** What of a run its crew depends on. */
export interface CrewedRun extends
  Pick<
    BackfillInput,
    | "job"
    | "streams"
    | "params"
    | "range"
    | "resume"
    | "retry"
    | "target"
    | "checkpoint"
    | "signal"
    | "windDown"
    | "listen"
    | "wallNow"
  > {
  /** Id of the run. */
  readonly run: string;
  /** What this process has done so far. */
  readonly summary: Summary;
  /** Waits and monotonic time. */
  readonly clock?: Clock | undefined;
  /** This process, if others may join the run. */
  readonly worker?: Worker | undefined;
  /** Whether others are expected to join. */
  readonly isShared?: boolean | undefined;
  /** The run that this process joins. Defaults to none: it starts one. */
  readonly joined?: JoinedRun | undefined;
  /** The slice of an update that the run is a part of. Defaults to none: it is a backfill. */
  readonly update?: UpdateSlice | undefined;
  /** Called once the run has ended for another process. */
  readonly onEnd?: (() => void) | undefined;
}

/** What a process that joins an update needs to know of its slice; times are those of the process that started it. */
export interface UpdateSlice {
  /** How often the windows of the job were shortened. */
  readonly cuts: number;
  /** What was fetched since is not fetched again, epoch milliseconds; null in the first slice of an update. */
  readonly sinceMs: number | null;
  /** When no further window is started, epoch milliseconds. */
  readonly windDownAtMs: number;
  /** When the slice is over, epoch milliseconds. */
  readonly overAtMs: number;
}

/** What a process needs to join a run. */
export interface CrewPlan {
  /** Names of the streams. */
  readonly streams: readonly string[];
  /** Values of the parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Dates, half-open. */
  readonly range: Window;
  /** Whether dates that are done and settled are skipped. */
  readonly resume: boolean;
  /** Streams that run only for windows that failed before; null where such windows are left alone. */
  readonly retryOnly: readonly string[] | null;
  /** The options of the run, for its log. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the job is; undefined in the run of an earlier version. */
  readonly definition?: Definition;
  /**
   * How many milliseconds the wall clock of the process that started the run is ahead of the server's; undefined in
   * the run of an earlier version.
   */
  readonly wallAheadMs?: number;
  /** The slice of an update that the run is a part of; undefined in a backfill. */
  readonly update?: UpdateSlice;
}

/** How long the process that started a run waits for the others to leave, once everything is done. */
const OTHERS_LEAVE_MS = 5_000;

const UNKNOWN_OTHERS = "Cannot read whether the other workers fetched everything";

/** What others need to join the run; undefined if none may, because it has no crew. */
export function crewPlan(
  run: CrewedRun & { readonly options: CrewPlan["options"] },
  crew: Crew | undefined,
): CrewPlan | undefined {
  if (crew === undefined) return undefined;
  const { job, streams, params, range, resume, retry, options, update } = run;
  const retryOnly = retry === undefined ? null : [...retry.only];
  return {
    ...{ streams, params, range, resume, retryOnly, options },
    ...{ definition: definitionOf(job), wallAheadMs: crew.wallAheadMs },
    ...update === undefined ? {} : { update },
  };
}

/**
 * The wall clock by which a process that joins a run decides what may still change: that of the process that started
 * it, so that all processes decide alike, whatever their own clocks show.
 */
export async function clockOfRun(
  target: Pick<Target, "query">,
  { wallAheadMs }: CrewPlan,
  wallNow: () => number,
): Promise<() => number> {
  if (wallAheadMs === undefined) return wallNow;
  const behindMs = await readServerClock(target) + wallAheadMs - wallNow();
  return () => wallNow() + behindMs;
}

/** Enters this process in the crew of the run; undefined if no other process may join. */
export async function enterCrew(run: CrewedRun): Promise<Crew | undefined> {
  const { job, target, checkpoint, summary, worker, clock, signal, wallNow, listen } = run;
  if (target.kind !== "postgres" || worker === undefined || clock === undefined) return undefined;
  return await Crew.enter({
    ...{ job: job.job, run: run.run, target, checkpoint, worker, clock, signal, wallNow },
    ...{ joined: run.joined, isShared: run.isShared, windDown: run.windDown },
    counts: () => countsOf(summary),
    say: (message) => listen({ kind: "warning", message }),
    onEnd: run.onEnd ?? (() => {}),
  });
}

function countsOf({ windows, requests, rows }: Summary) {
  const written = Object.values(rows).reduce((sum, each) => sum + each.inserted + each.updated, 0);
  return { windows: windows.done, requests, rows: written };
}

/** Leaves the crew; the summary of the process that started the run becomes that of all. */
export async function leaveCrew(
  crew: Crew | undefined,
  { joined, windDown, listen }: Pick<CrewedRun, "joined" | "windDown" | "listen">,
  summary: Summary,
): Promise<void> {
  if (crew === undefined) return;
  const isComplete = summary.outcome !== "interrupted" && crew.isShared;
  if (joined !== undefined) {
    await crew.leave(summary);
    // An update ends with the process that started it.
    if (!isComplete || joined.isUpdate) return;
    await crew.finish(await ofAll(crew, summary, 0));
    return;
  }
  if (crew.isShared) {
    // At the end of a slice they finish their windows in flight, until it is over.
    const waitMs = isComplete ? OTHERS_LEAVE_MS : windDown?.aborted ? Infinity : 0;
    try {
      Object.assign(summary, await ofAll(crew, summary, waitMs));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      listen({ kind: "warning", message: `${UNKNOWN_OTHERS}: ${error.message}` });
      if (summary.outcome === "done") summary.outcome = "failed";
    }
  }
  await crew.leave(summary);
}

/** The summary of all processes, once they have left; waits `waitMs` at most. */
async function ofAll(crew: Crew, summary: Summary, waitMs: number): Promise<Summary> {
  const others = await crew.others(waitMs) as (Summary | null)[];
  const total = others.reduce<Summary>(
    (sum, other) => other === null ? sum : withOther(sum, other),
    summary,
  );
  return others.includes(null) ? withErrors(total, await crew.errors()) : total;
}

/** Counts what processes that left no summary have recorded as failed or rejected too. */
function withErrors(summary: Summary, errors: RunErrors): Summary {
  const failed = Math.max(summary.windows.failed, errors.failed);
  const rejected = Math.max(summary.rejected, errors.rejected);
  const isFailed = summary.outcome === "done" && failed + rejected > 0;
  const outcome = isFailed ? "failed" : summary.outcome;
  return { ...summary, outcome, rejected, windows: { ...summary.windows, failed } };
}

/** Each process plans all windows and skips those that were done before; what each has done adds up. */
function withOther(summary: Summary, other: Summary): Summary {
  const total = joinSummaries(summary, other);
  const { done, failed } = total.windows;
  const planned = Math.max(summary.windows.planned, done + failed);
  const isFailed = failed > 0 || total.rejected > 0;
  const outcome = summary.outcome === "done" && isFailed ? "failed" : summary.outcome;
  return {
    ...total,
    ...{ run: summary.run, seconds: summary.seconds, outcome },
    windows: { planned, done, failed, skipped: summary.windows.skipped },
  };
}
