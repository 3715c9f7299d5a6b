// Follows how much of the quotas of a job a run of this process has used, so that its end can be forecast. It reads
// no store: what was used before the run is given. Invariant: what is used comes back as the limiter counts it.
import type { Job } from "../../config/schema/job.ts";
import { type LimitState, UNUSED } from "../../fetch/rate/limit_store.ts";
import { quotaUse, reserve } from "../../fetch/rate/quota.ts";
import { type LimitsUse, NOTHING_USED, type QuotaUse } from "../../plan/time/quota_seconds.ts";
import {
  boundTogether,
  isCounted,
  limitName,
  type Rate,
  withoutReserve,
} from "../../plan/time/rate.ts";

/** Requests are counted together for this time, in milliseconds. */
const TOGETHER_MS = 1000;

/** One quota, and how much of it this run has used. */
interface Counted {
  readonly name: string;
  readonly rate: Rate;
  /** The stream whose quota it is; undefined for one of the API. */
  readonly stream: string | undefined;
  state: LimitState;
  /** Requests that the state does not contain yet. */
  pending: number;
}

/** The quotas of a job. */
export class QuotaMeter {
  readonly #quotas: readonly Counted[];
  readonly #before: LimitsUse;
  readonly #startMs: number;
  #countedAtMs: number;

  /** `before` is what was used at the start, at `startMs`, epoch milliseconds. */
  constructor(job: Job, before: LimitsUse = NOTHING_USED, startMs = 0) {
    const counted = (rates: readonly Rate[], stream?: string, burst = false) =>
      boundTogether(rates, burst).filter(isCounted).map((rate): Counted => ({
        ...{ name: limitName(rate, stream), rate, stream, state: UNUSED, pending: 0 },
      }));
    const { limits, reserve, burst } = job.source;
    this.#quotas = [
      ...counted(withoutReserve(limits, reserve), undefined, burst),
      ...Object.entries(job.streams).flatMap(([name, { limits }]) => counted(limits, name)),
    ];
    this.#before = before;
    this.#startMs = startMs;
    this.#countedAtMs = startMs;
  }

  /** Counts one request of a stream, which costs `weight`. */
  add(stream: string, atMs: number, weight = 1): void {
    if (this.#quotas.length === 0) return;
    for (const quota of this.#quotas) {
      if (quota.stream === undefined || quota.stream === stream) quota.pending += weight;
    }
    if (atMs - this.#countedAtMs >= TOGETHER_MS) this.#count(atMs);
  }

  /** What will be used at `atMs` if nothing more is requested. */
  useAt(atMs: number, nowMs: number): LimitsUse {
    this.#count(nowMs);
    const quotas = this.#quotas.map((quota) => [quota.name, this.#useOf(quota, atMs)] as const);
    return { quotas: new Map(quotas), pausedMs: 0 };
  }

  #count(atMs: number): void {
    this.#countedAtMs = atMs;
    for (const quota of this.#quotas) {
      if (quota.pending > 0) {
        [quota.state] = reserve(quota.state, quota.rate, quota.pending, atMs);
      }
      quota.pending = 0;
    }
  }

  /** What this run has used of a quota, and what earlier ones have that has not come back. */
  #useOf({ name, rate, state }: Counted, atMs: number): QuotaUse {
    const own = quotaUse(state, rate, atMs);
    const before = this.#before.quotas.get(name);
    if (before === undefined) return own;
    const { free, returning, resetsAfterMs } = before;
    if (resetsAfterMs !== undefined) {
      const isSame = atMs < this.#startMs + resetsAfterMs;
      return isSame ? { ...own, free: own.free - (rate.requests - free) } : own;
    }
    const later = returning.map(([afterMs, count]) =>
      [this.#startMs + afterMs - atMs, count] as const
    ).filter(([afterMs]) => afterMs > 0);
    const used = later.reduce((sum, [, count]) => sum + count, 0);
    const all = [...own.returning, ...later].sort(([a], [b]) => a - b);
    return { ...own, free: own.free - used, returning: all };
  }
}
