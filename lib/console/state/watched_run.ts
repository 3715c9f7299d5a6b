// Reads the progress of a run that another process performs from the target: the lock says that it is alive,
// the ledger how many requests it sends, the survey what is left. It reads only.
import type { Job } from "../../config/schema/job.ts";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { Survey, Totals } from "../../checkpoint/survey.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import type { LimitsUse } from "../../plan/time/quota_seconds.ts";
import { isMissingTable } from "../../upsert/history.ts";
import { LEDGER_TABLE } from "../../upsert/sql/log_tables.ts";
import { LOCKS_TABLE } from "../../upsert/sql/system_tables.ts";
import type { WorkerView } from "../../upsert/worker_view.ts";
import type { Target } from "../../upsert/write/target.ts";
import { bindingLimit } from "./binding_limit.ts";
import { secondsLeft } from "./pace.ts";
import type { RatePoint, RunProgress, StreamProgress } from "./run_progress.ts";
import { sentBy } from "./watched_rate.ts";

/** The holder of a job's lock. */
export interface Holder {
  /** The machine. */
  readonly host: string;
  /** The process on it. */
  readonly pid: number;
}

/** Length of one point of the curve. */
const POINT_SECONDS = 60;

const HOLDER_SQL = `SELECT host, pid FROM ${LOCKS_TABLE}
WHERE job = $1 AND lease_until > clock_timestamp()`;

const RATES_SQL =
  `SELECT floor(extract(epoch FROM fetched_at) / ${POINT_SECONDS})::double precision,
  sum(pages)::double precision
FROM ${LEDGER_TABLE} WHERE job = $1 AND fetched_at > clock_timestamp() - interval '1 hour'
GROUP BY 1 ORDER BY 1`;

/** The process that runs a job now; undefined if there is none. */
export async function readHolder(
  target: Pick<Target, "query">,
  job: string,
): Promise<Holder | undefined> {
  const [row] = await rowsOf(target, HOLDER_SQL, job);
  return row === undefined ? undefined : { host: String(row[0]), pid: Number(row[1]) };
}

/**
 * Pages that windows of the last hour had, as requests per second up to `nowMs`, epoch milliseconds; a window counts
 * once it is written.
 */
export async function readRates(
  target: Pick<Target, "query">,
  job: string,
  nowMs: number,
): Promise<RatePoint[]> {
  const rows = await rowsOf(target, RATES_SQL, job);
  const counts = new Map(rows.map(([at, pages]) => [Number(at), Number(pages)]));
  const first = Number(rows[0]?.[0]);
  if (Number.isNaN(first)) return [];
  // Nothing is written while a run waits.
  const last = Math.max(Number(rows.at(-1)?.[0]), Math.floor(nowMs / 1000 / POINT_SECONDS));
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    atMs: (first + at) * POINT_SECONDS * 1000,
    perSecond: (counts.get(first + at) ?? 0) / POINT_SECONDS,
  }));
}

/** The parts of a watched run. */
export interface Watched {
  /** Its record. */
  readonly record: RunRecord;
  /** Who performs it. */
  readonly holder: Holder;
  /** What is done and left of its range. */
  readonly survey: Survey;
  /** Windows that failed or have rejected rows. */
  readonly entries: readonly RetryEntry[];
  /** Requests by time. */
  readonly rates: readonly RatePoint[];
  /** Its processes, as they reported last. */
  readonly workers: readonly WorkerView[];
  /** Requests per second that they send; null if unknown. */
  readonly perSecond: number | null;
  /** How much of the limits is used at a time, epoch milliseconds. */
  readonly useAt: (atMs: number) => LimitsUse;
}

/** The progress of a run of another process. */
export function watchedProgress(job: Job, watched: Watched, nowMs: number): RunProgress {
  const { record, holder, survey, rates, workers, useAt } = watched;
  // Workers count requests, a limit their weights.
  const isWeighed = Object.values(job.streams).some(({ weight }) => weight !== 1);
  const wait = record.wait ?? null;
  const perSecond = isWeighed || wait !== null ? null : watched.perSecond;
  const limit = bindingLimit(job, new Map([["", perSecond ?? 0]])) ?? null;
  const own = workers.filter(({ run }) => run === record.run);
  const streams = Object.entries(survey.streams).map(([name, totals]) =>
    streamOf(job, name, totals, settledIn(watched, name))
  );
  const fromMs = Math.max(nowMs, wait?.untilMs ?? 0);
  const left = secondsLeft(job, streams, { limit, perSecond, wait, use: useAt(fromMs) });
  return {
    run: record.run,
    host: `${holder.host}, process ${holder.pid}`,
    startedAtMs: Date.parse(record.startedAt),
    ended: false,
    streams,
    requests: own.length === 0 ? null : sentBy(own),
    refused: null,
    wait,
    rates,
    allowed: limit?.allowed ?? null,
    perSecond,
    limit,
    doneAtMs: wait?.kind === "outage" ? null : fromMs + 1000 * left,
    atLeast: survey.at_least,
  };
}

/** Windows of a stream that the run will not fetch again, although a later one does. */
interface SettledIn {
  /** Those that failed in it. */
  readonly failed: number;
  /** Those of whose rows it rejected some. */
  readonly rejected: number;
}

function settledIn({ record, entries }: Watched, stream: string): SettledIn {
  const count = (kind: RetryEntry["kind"]) =>
    entries.filter((entry) =>
      entry.stream === stream && entry.kind === kind && entry.at >= record.startedAt
    ).length;
  return { failed: count("failed"), rejected: count("rejected") };
}

function streamOf(job: Job, stream: string, totals: Totals, settled: SettledIn): StreamProgress {
  const { windows } = totals;
  const rejected = Math.min(totals.left, settled.rejected);
  const failed = Math.min(totals.left - rejected, settled.failed);
  const left = totals.left - rejected - failed;
  return {
    ...{ stream, range: null, windows, done: totals.done + rejected, failed, rows: null },
    share: windows === 0 ? 1 : (totals.done + rejected) / windows,
    openEnded: job.streams[stream]?.since !== undefined && left > 0,
    requestsLeft: left === 0 ? 0 : Math.ceil(totals.requests_left * left / totals.left),
    openPages: 0,
    perSecond: null,
    finished: left === 0,
  };
}

async function rowsOf(
  target: Pick<Target, "query">,
  sql: string,
  job: string,
): Promise<unknown[][]> {
  try {
    return (await target.query(sql, { parameters: [job], readOnly: true })).rows;
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    return [];
  }
}
