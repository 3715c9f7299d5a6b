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
  // Entries for NULL are created again if the query still returns it.
  for (const value of Object.keys(stream.for_each ?? {})) {
    await checkpoint.resolve({ stream: name, scope, each: nullTrack(value) });
  }
  const nulls = new Map<string, number>();
  const onNull = (value: string, column: string) => {
    const id = JSON.stringify([value, column]);
    nulls.set(id, (nulls.get(id) ?? 0) + 1);
  };
  return new StreamPlan({
    name,
    stream,
    scope,
    each: eachValues(stream, params, (sql) => target.stream(sql), onNull),
    refusals: () => [...nulls].map(([id, rows]) => refusalOf(id, rows)),
    needed: (track) => needed(source, name, track),
    recordsPerMinute: expectedRecordsPerMinute(stream, checkpoint.measures.of(name)),
  });
}

/** A column of a query that returned NULL, as a track of its own: it is listed once, whatever the rows. */
function refusalOf(id: string, rows: number): { each: string; reason: string } {
  const [value, column] = JSON.parse(id) as [string, string];
  const count = rows === 1 ? "1 row" : `${rows} rows`;
  return {
    each: nullTrack(value),
    reason: `the query of "${value}" returns NULL in the column "${column}" in ${count}`,
  };
}

/** The track of rows without a value; the canonical string of values always has an equals sign. */
function nullTrack(value: string): string {
  return `${value} IS NULL`;
}

/** What a track needs; null if it has no windows and must be fetched. */
async function needed(source: PlanSource, name: string, track: Track): Promise<Needed | null> {
  const { job, checkpoint, resume } = source;
  const stream = job.streams[name]!;
  if (stream.window === undefined) {
    const item = checkpoint.item(track);
    const fresh = item !== undefined && source.wallNow() - item.at < stream.refresh;
    if (!resume) return null;
    if (await checkpoint.needsRetry(track)) return { fetch: [], skip: [], retry: "all" };
    return fresh ? { fetch: [], skip: [] } : null;
  }
  const range = rangeOf(stream, source.range);
  if (range === undefined) return { fetch: [], skip: [] };
  return neededOf(range, resume, checkpoint.coverage(track), await checkpoint.retryWindows(track));
}
