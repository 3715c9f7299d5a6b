// Measures what a process records of itself with each heartbeat: what it has done so far, and how many requests it has
// sent a second since the last reading. It counts nothing itself.
import type { WorkerCounts } from "../upsert/worker_table.ts";

/** What a process has done so far. */
export type WorkerTotals = Omit<WorkerCounts, "perSecond">;

/** The counts of a process. */
export class WorkerMeter {
  readonly #totals: () => WorkerTotals;
  readonly #now: () => number;
  #last: { requests: number; atMs: number };

  /** `now` returns monotonic milliseconds. */
  constructor(totals: () => WorkerTotals, now: () => number) {
    this.#totals = totals;
    this.#now = now;
    this.#last = { requests: 0, atMs: now() };
  }

  /** The counts now; the rate is that since the last call, measured over at least one millisecond. */
  read(): WorkerCounts {
    const [totals, nowMs] = [this.#totals(), this.#now()];
    const seconds = Math.max(1, nowMs - this.#last.atMs) / 1000;
    const perSecond = Math.round((totals.requests - this.#last.requests) / seconds * 10) / 10;
    this.#last = { requests: totals.requests, atMs: nowMs };
    return { ...totals, perSecond };
  }
}
