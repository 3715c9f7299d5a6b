// Fetches a failed window again at the press of a button in the console: a run of its stream over its days. It is
// recorded as an update, so that a later --resume continues the last backfill and not this.
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { Job } from "../../config/schema/job.ts";
import { formatDay, MINUTES_PER_DAY, startOfDay } from "../../plan/time/civil.ts";
import type { RunEvent } from "../../report/event.ts";
import { newRunId, type RunResult } from "../../run.ts";
import { env, type Stores } from "../open_job.ts";
import { performRun } from "../perform_run.ts";
import { type GivenOptions, rangeOf, runOptions } from "../run_options.ts";

/** Nothing is given on a command line. */
const NOTHING: GivenOptions = {
  start: undefined,
  end: undefined,
  groups: [],
  only: [],
  with: [],
  without: [],
  params: {},
};

/** What a window is fetched again with. */
export interface Retry {
  /** The job. */
  readonly job: Job;
  /** The window. */
  readonly entry: RetryEntry;
  /** Receives the events of the run. */
  readonly show: (event: RunEvent) => void;
  /** Stops it. */
  readonly signal: AbortSignal;
}

/** Runs the stream of an entry over its days. */
export async function retryWindow(
  stores: Stores,
  { job, entry, show, signal }: Retry,
): Promise<RunResult> {
  const nowMs = Date.now();
  const holder = { run: newRunId(nowMs), host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  const checkpoint = await stores.checkpoint(job, true);
  const last = await checkpoint.runs.lastBackfill();
  const { window, stream } = entry;
  const days = window === null ? {} : {
    start: formatDay(window.from),
    end: formatDay(startOfDay(window.to - 1 + MINUTES_PER_DAY) - MINUTES_PER_DAY),
  };
  const options = { ...runOptions(job, { ...NOTHING, only: [stream] }, last, nowMs), ...days };
  return await performRun({
    ...{ job, options, checkpoint, show, signal, env },
    range: rangeOf(options),
    kind: "cron",
    resume: true,
    target: stores.target,
    archive: stores.settings.archive,
    logsFolder: stores.settings.logsFolder,
    run: holder.run,
  });
}
