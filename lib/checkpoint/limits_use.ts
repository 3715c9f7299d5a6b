// Reads how much of the limits of a job's account is used, for forecasts. It counts nothing and creates nothing: where
// the target keeps no limits yet, or a credential is not set, nothing is used.
import type { Env } from "../config/yaml/env.ts";
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { accountKey } from "../fetch/account_key.ts";
import { type LimitState, UNUSED } from "../fetch/rate/limit_store.ts";
import { ALL_REQUESTS } from "../fetch/rate/limiter.ts";
import { quotaUse } from "../fetch/rate/quota.ts";
import type { LimitsUse } from "../plan/time/quota_seconds.ts";
import {
  boundTogether,
  isCounted,
  limitName,
  type Rate,
  withoutReserve,
} from "../plan/time/rate.ts";
import { readLimits } from "../upsert/limit_table.ts";
import type { Target } from "../upsert/write/target.ts";

/** How much of the limits of a job is used at `nowMs`, in epoch milliseconds. */
export async function readLimitsUse(
  job: Job,
  { target, env, nowMs }: { target: Pick<Target, "query">; env: Env; nowMs: number },
): Promise<LimitsUse> {
  return limitsUseOf(job, await statesOf(job, target, env), nowMs);
}

/** How much of the limits of a job is used at `nowMs`, in epoch milliseconds, by the states of its account's limits. */
export function limitsUseOf(
  job: Job,
  states: ReadonlyMap<string, LimitState>,
  nowMs: number,
): LimitsUse {
  const quotas = quotasOf(job).map(([name, rate]) =>
    [name, quotaUse(states.get(name) ?? UNUSED, rate, nowMs)] as const
  );
  const { pausedUntilMs } = states.get(ALL_REQUESTS) ?? UNUSED;
  return { quotas: new Map(quotas), pausedMs: Math.max(0, pausedUntilMs - nowMs) };
}

async function statesOf(
  job: Job,
  target: Pick<Target, "query">,
  env: Env,
): Promise<ReadonlyMap<string, LimitState>> {
  try {
    return await readLimits(target, accountKey(job, env));
  } catch (error) {
    if (error instanceof Failure && error.kind === "configuration") return new Map();
    throw error;
  }
}

/** The limits of a job whose use is counted, by their names. */
function quotasOf({ source, streams }: Job): [name: string, rate: Rate][] {
  const own = boundTogether(withoutReserve(source.limits, source.reserve), source.burst);
  const all = [
    ...own.map((rate) => [limitName(rate), rate] as [string, Rate]),
    ...Object.entries(streams).flatMap(([stream, { limits }]) =>
      boundTogether(limits).map((rate) => [limitName(rate, stream), rate] as [string, Rate])
    ),
  ];
  return all.filter(([, rate]) => isCounted(rate));
}
