// Reads how much of each declared limit is used: what is left, and when it resets. It reads only; the rows
// belong to runs, which may be those of other jobs of the same account.
import { limitsUseOf } from "../../checkpoint/limits_use.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import type { Job } from "../../config/schema/job.ts";
import { accountName } from "../../fetch/account_key.ts";
import { type LimitState, UNUSED } from "../../fetch/rate/limit_store.ts";
import { ALL_REQUESTS } from "../../fetch/rate/limiter.ts";
import { quotaUse } from "../../fetch/rate/quota.ts";
import type { LimitsUse } from "../../plan/time/quota_seconds.ts";
import {
  boundTogether,
  formatRate,
  isCounted,
  limitName,
  type Rate,
  withoutReserve,
} from "../../plan/time/rate.ts";
import { isMissingTable } from "../../upsert/history.ts";
import { LIMITS_TABLE } from "../../upsert/sql/system_tables.ts";
import type { Target } from "../../upsert/write/target.ts";
import { accountsOf } from "./run_selection.ts";

/** The use of one limit by one account. */
export interface LimitUse {
  /** The limit, such as `500/d`. */
  readonly limit: string;
  /** The stream whose limit it is; null for a limit of the API. */
  readonly stream: string | null;
  /** First characters of the hash of API and credentials; null before the first request. */
  readonly account: string | null;
  /** Requests of the period; null for a limit that sets a pace. */
  readonly used: number | null;
  /** Requests that the period allows. */
  readonly allowed: number;
  /** When requests are available again, epoch milliseconds; null for a pace or an unused limit. */
  readonly resetsAtMs: number | null;
  /** Time until which the API refuses requests, epoch milliseconds; null if it has not requested a wait. */
  readonly pausedUntilMs: number | null;
}

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::double precision`;

const SQL = `SELECT api_key, "limit", ${MS("clock_timestamp()")}, ${MS("next_at")},
  ${MS("paused_until")}, ${MS("period_start")}, used::double precision, history
FROM ${LIMITS_TABLE} ORDER BY api_key LIMIT 1000`;

/** One limit of one account, as stored. */
export interface StoredUse {
  /** Identifies the account. */
  readonly apiKey: string;
  /** Name of the limit. */
  readonly limit: string;
  /** When it was read, by the clock of the database, epoch milliseconds. */
  readonly nowMs: number;
  /** Its use. */
  readonly state: LimitState;
}

/** How much of a job's limits is used at `atMs`, in epoch milliseconds, by the account of a run. */
export function useOfRun(
  job: Job,
  all: readonly StoredUse[],
  run: RunRecord,
  atMs: number,
): LimitsUse {
  const own = ofAccounts(all, accountsOf([run]));
  return limitsUseOf(job, new Map(own.map(({ limit, state }) => [limit, state])), atMs);
}

/** Other jobs may have limits of the same name at other APIs; all where `accounts` are not known. */
function ofAccounts(all: readonly StoredUse[], accounts: ReadonlySet<string>): StoredUse[] {
  return all.filter(({ apiKey }) => accounts.size === 0 || accounts.has(accountName(apiKey)));
}

/** The use of a job's limits by the accounts that these runs used, the API's first. */
export function limitUses(
  job: Job,
  all: readonly StoredUse[],
  runs: readonly RunRecord[],
): LimitUse[] {
  const stored = ofAccounts(all, accountsOf(runs));
  return declared(job).flatMap(({ stream, rate }) => {
    const name = limitName(rate, stream ?? undefined);
    const own = stored.filter(({ limit }) => limit === name);
    if (own.length === 0) return [useOf(stream, rate, undefined, undefined)];
    return own.map((one) => {
      const isPause = (other: StoredUse) =>
        other.limit === ALL_REQUESTS && other.apiKey === one.apiKey;
      return useOf(stream, rate, one, stored.find(isPause));
    });
  });
}

/** The limits of a job as runs apply them. */
function declared({ source, streams }: Job): { stream: string | null; rate: Rate }[] {
  const shared = boundTogether(withoutReserve(source.limits, source.reserve), source.burst);
  return [
    ...shared.map((rate) => ({ stream: null, rate })),
    ...Object.entries(streams).flatMap(([stream, { limits }]) =>
      boundTogether(limits).map((rate) => ({ stream, rate }))
    ),
  ];
}

function useOf(
  stream: string | null,
  rate: Rate,
  stored: StoredUse | undefined,
  pause: StoredUse | undefined,
): LimitUse {
  const nowMs = stored?.nowMs ?? 0;
  const states = [stored, pause].flatMap((one) => one?.state.pausedUntilMs ?? []);
  const pausedUntilMs = Math.max(0, ...states);
  const { free, returning, resetsAfterMs } = quotaUse(stored?.state ?? UNUSED, rate, nowMs);
  const returnsAfterMs = resetsAfterMs ?? returning[0]?.[0];
  const counts = isCounted(rate);
  return {
    limit: formatRate(rate),
    stream,
    account: stored === undefined ? null : accountName(stored.apiKey),
    used: counts ? rate.requests - Math.max(0, free) : null,
    allowed: rate.requests,
    resetsAtMs: counts && stored !== undefined && returnsAfterMs !== undefined
      ? nowMs + returnsAfterMs
      : null,
    pausedUntilMs: pausedUntilMs > nowMs ? pausedUntilMs : null,
  };
}

/** Reads the limits of all accounts that use this target; none where no run has created them yet. */
export async function readStoredUse(target: Pick<Target, "query">): Promise<StoredUse[]> {
  let rows: unknown[][];
  try {
    ({ rows } = await target.query(SQL, { readOnly: true }));
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    return [];
  }
  return rows.map((
    [apiKey, limit, nowMs, nextAtMs, pausedUntilMs, periodStartMs, used, history],
  ) => ({
    apiKey: String(apiKey),
    limit: String(limit),
    nowMs: Number(nowMs),
    state: {
      ...UNUSED,
      nextAtMs: Number(nextAtMs),
      pausedUntilMs: Number(pausedUntilMs),
      periodStartMs: Number(periodStartMs),
      used: Number(used),
      history: history as LimitState["history"],
    },
  }));
}
