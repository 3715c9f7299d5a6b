// Performs one run, from open stores to its last line of output: opens the API and the files, passes events
// to the screen, the logs and the copy of the checkpoint, and closes everything. `backfill`, `demo` and
// `cron` share it.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { FetchedSince } from "../checkpoint/fetched_since.ts";
import type { RetryScope } from "../checkpoint/open_plan.ts";
import type { Job } from "../config/schema/job.ts";
import { monotonicClock } from "../fetch/rate/clock.ts";
import type { Window } from "../plan/time/window.ts";
import type { RunEvent } from "../report/event.ts";
import { foldSummary } from "../report/fold_summary.ts";
import { emptySummary } from "../report/summary.ts";
import type { RunResult } from "../run.ts";
import { runWithApi } from "../run_with_api.ts";
import type { UpdateSlice } from "../run_crew.ts";
import type { JoinedRun, Worker } from "../upsert/worker_table.ts";
import type { Target } from "../upsert/write/target.ts";
import { hideSecret } from "./output.ts";
import { RunFiles } from "./run_files.ts";
import { openTrace } from "./trace.ts";
import type { RunOptions } from "./run_options.ts";
import { rangeOf, streamsOf } from "./run_options.ts";

/** What a run is performed with. */
export interface Performance {
  /** The job. */
  readonly job: Job;
  /** The options of the run. */
  readonly options: RunOptions;
  /** Streams to run. Defaults to those of the options. */
  readonly streams?: readonly string[];
  /** Dates to run over. Defaults to those of the options. */
  readonly range?: Window;
  /** Whether what is done is skipped. */
  readonly resume: boolean;
  /** Which windows outside the dates are fetched again. Defaults to none. */
  readonly retry?: RetryScope | undefined;
  /** What earlier slices of the same update fetched, which is not fetched again. Defaults to nothing. */
  readonly fetched?: FetchedSince | undefined;
  /** What starts the run. Defaults to `backfill`. */
  readonly kind?: "backfill" | "cron";
  /** The database that rows are written to; the job's lock is held. */
  readonly target: Target;
  /** The checkpoint of the job. */
  readonly checkpoint: Checkpoint;
  /** Folder or bucket of the archive. Defaults to that of the job. */
  readonly archive?: string | undefined;
  /** Whether responses come from the archive; no request is sent then. */
  readonly fromArchive?: boolean | undefined;
  /** Whether the feeds of the streams restart. Defaults to false. */
  readonly fromStart?: boolean | undefined;
  /** Undefined where no files are written. */
  readonly logsFolder: string | undefined;
  /** ID of the run. */
  readonly run: string;
  /** Receives each event, for the terminal. */
  readonly show: (event: RunEvent) => void;
  /** Stops the run. */
  readonly signal: AbortSignal;
  /** Whether the run ends where it would have to wait long for the API or for a limit. Defaults to false. */
  readonly noWait?: boolean;
  /** Starts no further window once it aborts; windows in flight are finished. Defaults to never. */
  readonly windDown?: AbortSignal;
  /** Returns epoch milliseconds. Defaults to the machine's clock. */
  readonly wallNow?: () => number;
  /** Reads the environment that credentials come from. */
  readonly env: (name: string) => string | undefined;
  /** This process, if others may join the run. */
  readonly worker?: Worker;
  /** Whether others are expected to join. */
  readonly isShared?: boolean;
  /** The run that this process joins. Defaults to none: it starts one. */
  readonly joined?: JoinedRun;
  /** The slice of an update that the run is a part of. Defaults to none: it is a backfill. */
  readonly update?: UpdateSlice;
  /** Called once the run has ended for another process that shares it. */
  readonly onEnd?: () => void;
}

/** Performs a run; the caller holds the job's lock. */
export async function performRun(performance: Performance): Promise<RunResult> {
  const { options, logsFolder, show, ...input } = performance;
  const { job, run, checkpoint, wallNow = Date.now } = input;
  const { streams = streamsOf(job, options), range = rangeOf(options) } = input;
  const summary = emptySummary(run);
  const warn = (message: string, hint?: string) => listen({ kind: "warning", message, hint });
  using files = logsFolder === undefined
    ? undefined
    : new RunFiles({ folder: logsFolder, job, streams, run, warn });
  await using trace = await openTrace(input.env, (message) => show({ kind: "warning", message }));
  const copy = async (isLast: boolean) => {
    await files?.copy(checkpoint, options.params, wallNow(), isLast)
      .catch((error) => warn(`Cannot copy the checkpoint: ${String(error)}`));
  };
  const listen = (event: RunEvent) => {
    foldSummary(summary, event);
    files?.log(event, wallNow());
    trace?.fold(event, wallNow());
    show(event);
    if (event.kind === "window_done") void copy(false);
  };
  const result = await runWithApi({
    ...{ ...input, streams, range, summary, wallNow, listen },
    params: options.params,
    options: { ...options },
    onSecret: hideSecret,
    clock: monotonicClock(),
    random: Math.random,
  });
  await copy(true);
  return result;
}
