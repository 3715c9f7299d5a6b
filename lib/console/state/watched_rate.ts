// Measures the rate at which the workers of another process's run send requests, from the numbers that they report
// every few seconds. Pure. Invariant: a rate is that of the last minute of one run.
import type { WorkerView } from "../../upsert/worker_view.ts";

/** Time over which the rate is measured, and the shortest one that gives a rate. */
const [SPAN_MS, SHORTEST_MS] = [60_000, 10_000];

/** Age of a run up to which its mean rate counts until it has been watched for that time. */
const YOUNG_MS = 600_000;

/** Requests below which there is no rate yet. */
const LEAST_REQUESTS = 3;

/** What the workers had reported at a time. */
interface Report {
  readonly atMs: number;
  readonly requests: number;
}

/** The rate of a run that is watched. */
export class WatchedRate {
  #run = "";
  #reports: Report[] = [];

  /** Requests per second of a run's workers; null until it is known. */
  note(run: string, workers: readonly WorkerView[]): number | null {
    const own = workers.filter((worker) => worker.run === run);
    if (run !== this.#run) [this.#run, this.#reports] = [run, []];
    if (own.length === 0) return null;
    const now = {
      atMs: Math.max(...own.map(({ seen_at }) => Date.parse(seen_at))),
      requests: sentBy(own),
    };
    const last = this.#reports.at(-1);
    const startMs = Math.min(...own.map(({ started_at }) => Date.parse(started_at)));
    if (last === undefined && now.atMs - startMs < YOUNG_MS) {
      this.#reports.push({ atMs: startMs, requests: 0 });
    }
    if (last === undefined || now.atMs > last.atMs) this.#reports.push(now);
    // The oldest report that is kept is the last one before the measured time.
    const first = this.#reports.findLastIndex(({ atMs }) => atMs <= now.atMs - SPAN_MS);
    this.#reports.splice(0, Math.max(0, first));
    return rateOf(this.#reports);
  }
}

function rateOf(reports: readonly Report[]): number | null {
  const [first, last] = [reports[0]!, reports.at(-1)!];
  const [ms, requests] = [last.atMs - first.atMs, last.requests - first.requests];
  return ms < SHORTEST_MS || requests < LEAST_REQUESTS ? null : 1000 * requests / ms;
}

/** Requests that workers have sent. */
export function sentBy(workers: readonly WorkerView[]): number {
  return workers.reduce((sum, { requests }) => sum + requests, 0);
}
