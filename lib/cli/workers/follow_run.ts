// Owns how a process stays with a run that it has joined: an update is a run for each of its phases, over several
// slices, and the process joins each. It ends with the update, and soon after a slice that nobody continues.
import type { Job } from "../../config/schema/job.ts";
import { lookPauseMs } from "../../coordinate/look_pause.ts";
import { Failure } from "../../failure.ts";
import { joinSummaries } from "../../report/summary.ts";
import { clockOfRun, type CrewPlan } from "../../run_crew.ts";
import type { RunResult } from "../../run.ts";
import { type OpenRun, WorkerTable } from "../../upsert/worker_table.ts";
import { differingParts, isOfUpdate, type JoinContext, joinOpenRun } from "./join_open_run.ts";

/** How a run is followed. */
export interface FollowContext extends JoinContext {
  /** How long to wait for the next slice of an update, in milliseconds. */
  readonly waitMs: number;
}

/** What a process did for a run. */
export type Followed = Pick<RunResult, "summary" | "error">;

/** Joins a run, and the phases that follow it in the same update. */
export async function followRun(
  job: Job,
  open: OpenRun,
  context: FollowContext,
): Promise<Followed> {
  let { summary, error } = await joinOpenRun(job, open, context);
  if (!isOfUpdate(open)) return { summary, error };
  for (let last = open;;) {
    const isLocked = error instanceof Failure && error.kind === "locked";
    if (context.signal.aborted || error !== undefined && !isLocked) return { summary, error };
    const next = await nextPhase(job, last, { ...context, mayReturn: isLocked });
    if (next === undefined) return { summary, error: undefined };
    const result = await joinOpenRun(job, next, context);
    summary = joinSummaries(summary, result.summary);
    [error, last] = [result.error, next];
  }
}

/**
 * Waits for the next phase of an update; undefined once the update is over. `mayReturn` says whether the last phase may
 * be joined again, because this process was silent for too long.
 */
async function nextPhase(
  job: Job,
  last: OpenRun,
  { target, signal, windDown, waitMs, mayReturn }: FollowContext & { mayReturn: boolean },
): Promise<OpenRun | undefined> {
  const table = new WorkerTable(target, job.job);
  const pausesAtMs = await pauseOf(last, target);
  let heldAtMs = performance.now();
  for (let looks = 0; !signal.aborted && windDown?.aborted !== true; looks++) {
    const open = await table.openRun();
    if (open?.run === last.run && (mayReturn || open.xid !== last.xid)) {
      return differingParts(job, open).length === 0 ? open : undefined;
    }
    const nowMs = performance.now();
    if (await table.isHeld(last.run)) heldAtMs = nowMs;
    else if (nowMs - heldAtMs >= (heldAtMs < pausesAtMs ? 0 : waitMs)) return undefined;
    await new Promise((resolve) => setTimeout(resolve, lookPauseMs(looks)));
  }
  return undefined;
}

/** When the slice of a phase starts its last window, by the monotonic clock: another slice follows then. */
async function pauseOf({ plan }: OpenRun, target: FollowContext["target"]): Promise<number> {
  const { update } = plan as CrewPlan;
  const wallNow = await clockOfRun(target, plan as CrewPlan, Date.now);
  return performance.now() + (update?.windDownAtMs ?? Infinity) - wallNow();
}
