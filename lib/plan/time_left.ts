// Owns how long the requests of a run take at the allowed rate: its streams side by side, its stages one after
// another, all of them under the same quotas. Pure. Invariant: the used part of a quota delays a run once, not each
// of its stages.
import type { Job } from "../config/schema/job.ts";
import { secondsOf } from "./forecast.ts";
import { stagesOf } from "./stage.ts";
import type { LimitsUse } from "./time/quota_seconds.ts";
import { limitName, withoutReserve } from "./time/rate.ts";

/** Requests of one stream. */
export interface RequestsOf {
  /** Their number. */
  readonly requests: number;
  /** Mean response time in milliseconds; undefined before the first response. */
  readonly answerMs?: number | undefined;
}

/** Seconds that requests of streams take; `use` is how much of the limits is already used. */
export function secondsOfRun(
  job: Job,
  requests: ReadonlyMap<string, RequestsOf>,
  use?: LimitsUse,
): number {
  const names = [...requests.keys()];
  const pace = withoutQuotas(job);
  const stages = stagesOf(job, names).map((stage) => secondsOfStage(job, stage, requests, pace));
  const inTurn = stages.reduce((sum, seconds) => sum + seconds, 0);
  return Math.max(inTurn, secondsOfStage(job, names, requests, use));
}

/** Seconds that streams take side by side. */
export function secondsOfStage(
  job: Job,
  streams: readonly string[],
  requests: ReadonlyMap<string, RequestsOf>,
  use?: LimitsUse,
): number {
  const { limits, reserve, burst, concurrency } = job.source;
  const limited = streams.map((stream) => {
    const { limits: rates, weight } = job.streams[stream]!;
    const { requests: count, answerMs } = requests.get(stream)!;
    return { stream, requests: count * weight, rates, answerMs };
  });
  return secondsOf(limited, { rates: withoutReserve(limits, reserve), burst, concurrency }, use);
}

/** The use with which only paces take time: a quota binds all stages together, and none alone. */
function withoutQuotas({ source, streams }: Job): LimitsUse {
  const names = [
    ...withoutReserve(source.limits, source.reserve).map((rate) => limitName(rate)),
    ...Object.entries(streams).flatMap(([stream, { limits }]) =>
      limits.map((rate) => limitName(rate, stream))
    ),
  ];
  const unbounded = { free: Infinity, returning: [], resetsAfterMs: 0 };
  return { quotas: new Map(names.map((name) => [name, unbounded])), pausedMs: 0 };
}
