// Owns what a run fetches: the options that were given, those that `--resume` takes over from the last
// backfill, and the windows of earlier ranges that it fetches again. It reads the checkpoint only.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { RetryScope } from "../checkpoint/open_plan.ts";
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { formatDay } from "../plan/time/civil.ts";
import { scopeOf } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import {
  type GivenOptions,
  rangeOf,
  type RunOptions,
  runOptions,
  streamsOf,
} from "./run_options.ts";

/** What the command line requests. */
export interface RunRequest {
  /** The job. */
  readonly job: Job;
  /** Its checkpoint. */
  readonly checkpoint: Checkpoint;
  /** The options that were given. */
  readonly given: GivenOptions;
  /** Whether `--resume` was given. */
  readonly resume: boolean;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** What a run fetches. */
export interface PlannedRun {
  /** The options, complete. */
  readonly options: RunOptions;
  /** Names of the streams, in the order of the job. */
  readonly streams: readonly string[];
  /** Dates, half-open. */
  readonly range: Window;
  /** Whether dates that are done and settled are skipped. */
  readonly resume: boolean;
  /** Which windows outside the range are fetched again; undefined for none. */
  readonly retry: RetryScope | undefined;
}

/**
 * What a run fetches; `--resume` without dates includes failed windows and rejected rows of all earlier
 * ranges.
 *
 * @throws {Failure} of kind `configuration` if it is unknown what to resume, or the options select nothing.
 */
export async function planRun(
  { job, checkpoint, given, resume, nowMs }: RunRequest,
): Promise<PlannedRun> {
  const last = resume ? await checkpoint.runs.lastBackfill() : undefined;
  if (resume && last === undefined && given.start === undefined) {
    await refuseUnknownRange(job, checkpoint, given.end);
  }
  const options = runOptions(job, given, last, nowMs);
  const selected = streamsOf(job, options);
  const plan = { options, streams: selected, range: rangeOf(options), resume };
  if (!resume || given.start !== undefined || given.end !== undefined) {
    return { ...plan, retry: undefined };
  }
  const only = new Set(await retriedOnly(job, checkpoint, options.params, selected));
  const isNamed = given.only.length + given.groups.length + given.without.length > 0;
  if (isNamed) only.clear();
  const streams = Object.keys(job.streams).filter((name) =>
    only.has(name) || selected.includes(name)
  );
  return { ...plan, streams, retry: { only } };
}

/** Streams with windows to fetch again that the run did not select. */
async function retriedOnly(
  job: Job,
  checkpoint: Checkpoint,
  params: RunOptions["params"],
  selected: readonly string[],
): Promise<string[]> {
  const entries = await checkpoint.retryEntries();
  return entries.filter(({ stream, scope }) =>
    Object.hasOwn(job.streams, stream) && !selected.includes(stream) &&
    scopeOf(job, stream, params) === scope
  ).map(({ stream }) => stream);
}

/** Windows without a run belong to a database of an earlier version, which recorded no range. */
async function refuseUnknownRange(
  job: Job,
  checkpoint: Checkpoint,
  end: string | undefined,
): Promise<void> {
  const hull = await hullOf(job, checkpoint);
  if (hull === undefined) return;
  const last = end ?? formatDay(hull.to - 1);
  throw new Failure(
    "configuration",
    "Cannot resume: the range of the last run is unknown, because neither checkpoint nor database recorded it",
    {
      hint:
        `deno task backfill --resume --start-date ${formatDay(hull.from)} --end-date ${last}, ` +
        "which covers the dates that are done; pass the same streams and parameters as before",
    },
  );
}

async function hullOf(job: Job, checkpoint: Checkpoint): Promise<Window | undefined> {
  const spans: Window[] = [];
  for (const stream of Object.keys(job.streams)) {
    for (const scope of await checkpoint.scopes(stream)) {
      await checkpoint.load(stream, scope);
      for (const track of checkpoint.tracks(stream, scope)) {
        spans.push(...checkpoint.coverage(track).spans());
      }
    }
  }
  if (spans.length === 0) return undefined;
  const [froms, tos] = [spans.map(({ from }) => from), spans.map(({ to }) => to)];
  return { from: froms.reduce((a, b) => Math.min(a, b)), to: tos.reduce((a, b) => Math.max(a, b)) };
}
