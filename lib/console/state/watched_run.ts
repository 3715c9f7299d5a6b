// Reads the progress of a run that another process performs from the target: the lock says that it is alive,
// the ledger how many requests it sends, the survey what is left. It reads only.
import type { Job } from "../../config/schema/job.ts";
import type { Survey } from "../../checkpoint/survey.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import { isMissingTable } from "../../upsert/history.ts";
import { LEDGER_TABLE } from "../../upsert/sql/log_tables.ts";
import { LOCKS_TABLE } from "../../upsert/sql/system_tables.ts";
import type { Target } from "../../upsert/write/target.ts";
import { bindingLimit } from "./binding_limit.ts";
import type { RatePoint, RunProgress } from "./run_progress.ts";

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

/** Pages that windows of the last hour had, as requests per second; a window counts once it is written. */
export async function readRates(target: Pick<Target, "query">, job: string): Promise<RatePoint[]> {
  const rows = await rowsOf(target, RATES_SQL, job);
  const counts = new Map(rows.map(([at, pages]) => [Number(at), Number(pages)]));
  const [first, last] = [Number(rows[0]?.[0]), Number(rows.at(-1)?.[0])];
  if (Number.isNaN(first)) return [];
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
  /** Requests by time. */
  readonly rates: readonly RatePoint[];
}

/** The progress of a run of another process. */
export function watchedProgress(
  job: Job,
  { record, holder, survey, rates }: Watched,
  nowMs: number,
): RunProgress {
  const limit = bindingLimit(job, new Map()) ?? null;
  return {
    run: record.run,
    host: `${holder.host}, process ${holder.pid}`,
    startedAtMs: Date.parse(record.startedAt),
    ended: false,
    streams: Object.entries(survey.streams).map(([stream, totals]) => ({
      stream,
      range: null,
      windows: totals.windows,
      done: totals.done,
      failed: 0,
      rows: null,
      share: totals.windows === 0 ? 1 : totals.done / totals.windows,
      openEnded: job.streams[stream]?.since !== undefined && totals.left > 0,
      requestsLeft: totals.requests_left,
      openPages: 0,
      perSecond: null,
      finished: totals.left === 0,
    })),
    requests: null,
    refused: null,
    wait: record.wait ?? null,
    rates,
    allowed: limit?.allowed ?? null,
    perSecond: null,
    limit,
    doneAtMs: record.wait?.kind === "outage"
      ? null
      : Math.max(nowMs, record.wait?.untilMs ?? 0) + 1000 * survey.seconds_left,
    atLeast: survey.at_least,
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
