// Forecasts when a run ends, from what is left of it and how fast it has been lately: the same for the run of this
// process and for one that is watched. Pure.
import type { Job } from "../../config/schema/job.ts";
import { secondsOfRun } from "../../plan/time_left.ts";
import type { LimitsUse } from "../../plan/time/quota_seconds.ts";
import type { RunProgress, StreamProgress } from "./run_progress.ts";

/** Part of the allowed rate below which something other than the limit sets the pace. */
const SHARE_OF_LIMIT = 0.8;

/** What the time left depends on. */
export interface Pace extends Pick<RunProgress, "limit" | "perSecond" | "wait"> {
  /** How much of the limits is used when the run can send requests again. */
  readonly use: LimitsUse;
}

/** Seconds left: as long as the limits require, or as the run has been slower than they allow. */
export function secondsLeft(
  job: Job,
  streams: readonly Pick<StreamProgress, "stream" | "requestsLeft">[],
  { limit, perSecond, wait, use }: Pace,
): number {
  const left = streams.map(({ stream, requestsLeft }) =>
    [stream, { requests: requestsLeft }] as const
  );
  const allowed = secondsOfRun(job, new Map(left), use);
  if (perSecond === null || perSecond === 0 || wait !== null) return allowed;
  const weighed = left.reduce(
    (sum, [stream, { requests }]) => sum + requests * job.streams[stream]!.weight,
    0,
  );
  if (limit === null) return weighed / perSecond;
  const isSlower = limit.used < SHARE_OF_LIMIT * limit.allowed;
  return isSlower ? Math.max(allowed, weighed / perSecond) : allowed;
}
