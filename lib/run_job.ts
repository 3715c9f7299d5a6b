// Owns the library's shortest route from a job file to rows: it opens the database, the checkpoint and
// the API, takes the job's lock, runs, and closes everything. It reads no environment variable, prints
// nothing and ends no process; everything that it needs is an option.
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { openKv } from "./checkpoint/open_kv.ts";
import { readJob } from "./config/read_job.ts";
import { defaultParams, passedParams } from "./config/schema/params.ts";
import { monotonicClock } from "./fetch/rate/clock.ts";
import { lastDay, planOf, type RunJobOptions, textReader } from "./job_options.ts";
import { formatDay } from "./plan/time/civil.ts";
import type { Window } from "./plan/time/window.ts";
import type { RunEvent } from "./report/event.ts";
import { foldSummary } from "./report/fold_summary.ts";
import { emptySummary, type Summary } from "./report/summary.ts";
import { newRunId } from "./run.ts";
import { runWithApi } from "./run_with_api.ts";
import { openTarget } from "./upsert/open_target.ts";

/** Where this process runs; the host name would require a permission, so it is unknown. */
const WHERE = { host: "unknown", pid: Deno.pid };

/**
 * Runs a job once, from its file to committed rows.
 *
 * Failed windows and rejected rows do not throw: the summary counts them, and the next call fetches
 * them again. An aborted run resolves with the outcome `interrupted`. On a PostgreSQL server, processes of
 * the command `worker` may join the run; the summary is that of all.
 *
 * @example
 * ```ts ignore
 * const summary = await runJob("jobs/shop.yaml", {
 *   database: "postgres://localhost/shop",
 *   checkpoint: "data/checkpoints.db",
 *   start: "2024-01-01",
 * });
 * ```
 *
 * @throws {Failure} of kind `configuration` when the job file or an option is invalid, `locked` when
 * another run of the job is in progress, `target` when the database cannot be used, and `refused` when
 * the API refuses the credentials.
 */
export async function runJob(file: string, options: RunJobOptions): Promise<Summary> {
  const env = (name: string) => options.variables?.[name];
  const job = await readJob(file, { readText: textReader(options), env });
  const nowMs = Date.now();
  const { range, streams } = planOf(job, options, nowMs);
  const signal = options.signal ?? new AbortController().signal;
  await using target = await openTarget(options.database, { signal });
  using kv = await openKv(options.checkpoint);
  const run = newRunId(nowMs);
  await using _lock = await target.lock(job.job, { run, ...WHERE });
  const summary = emptySummary(run);
  const passed = passedParams(job.params, options.params ?? {});
  const params = { ...defaultParams(job.params), ...passed };
  const { error } = await runWithApi({
    job,
    streams,
    params,
    range,
    resume: options.resume ?? true,
    fromStart: options.fromStart,
    ...{ target, checkpoint: new Checkpoint(kv, target.id, job.job) },
    listen: (event: RunEvent) => {
      foldSummary(summary, event);
      options.onEvent?.(event);
    },
    wallNow: Date.now,
    clock: monotonicClock(),
    random: Math.random,
    env,
    signal,
    run,
    summary,
    worker: { worker: crypto.randomUUID(), name: "program", ...WHERE },
    options: optionsOf(range, streams, params),
  });
  if (error !== undefined && summary.outcome !== "interrupted") throw error;
  return summary;
}

/** The options as a later `--resume` of the command line takes them over. */
function optionsOf(
  range: Window,
  streams: readonly string[],
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const [start, end] = [formatDay(range.from), lastDay(range)];
  return { start, end, groups: [], only: streams, with: [], without: [], params };
}
