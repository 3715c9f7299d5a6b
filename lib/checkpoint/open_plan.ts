// Opens the plan of a stream: it reads the checkpoint and determines what each track still needs. The
// arithmetic is in lib/plan. It never fetches and never writes.
import type { Job } from "../config/schema/job.ts";
import { expectedRecordsPerMinute } from "../plan/forecast.ts";
import { eachValues } from "../plan/each_values.ts";
import type { Needed } from "../plan/needed.ts";
import { neededOf, rangeOf } from "../plan/needed.ts";
import type { Track } from "../plan/scope.ts";
import { scopeOf } from "../plan/scope.ts";
import { StreamPlan } from "../plan/stream_plan.ts";
import type { Window } from "../plan/time/window.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** What a plan is created from. */
export interface PlanSource {
  /** The job. */
  readonly job: Job;
  /** Values of its parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Dates of the run. */
  readonly range: Window;
  /** Whether dates that are done and settled are skipped. */
  readonly resume: boolean;
  /** Its coverage. */
  readonly checkpoint: Checkpoint;
  /** Runs a query on the target, for `for_each`. */
  readonly target: { stream(sql: string): AsyncIterable<Record<string, unknown>> };
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
}

/** The plan of one stream; its coverage is read into the checkpoint's memory. */
export async function openPlan(source: PlanSource, name: string): Promise<StreamPlan> {
  const { job, params, checkpoint, target } = source;
  const stream = job.streams[name]!;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  return new StreamPlan({
    name,
    stream,
    scope,
    each: eachValues(stream, params, (sql) => target.stream(sql)),
    needed: (track) => needed(source, name, track),
    recordsPerMinute: expectedRecordsPerMinute(stream, checkpoint.measures.of(name)),
  });
}

/** What a track needs; null if it has no windows and must be fetched. */
async function needed(source: PlanSource, name: string, track: Track): Promise<Needed | null> {
  const { job, checkpoint, resume } = source;
  const stream = job.streams[name]!;
  if (stream.window === undefined) {
    const item = checkpoint.item(track);
    const fresh = item !== undefined && source.wallNow() - item.at < stream.refresh;
    const skip = resume && fresh && !await checkpoint.needsRetry(track);
    return skip ? { fetch: [], skip: [] } : null;
  }
  const range = rangeOf(stream, source.range);
  if (range === undefined) return { fetch: [], skip: [] };
  return neededOf(range, resume, checkpoint.coverage(track), await checkpoint.retryWindows(track));
}
