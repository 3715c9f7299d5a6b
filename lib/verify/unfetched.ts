// Finds what was never fetched: streams without coverage, and `for_each` values that a query, a parameter
// or the job gives now. Values are read one by one and at most a page of them is kept, so a query of
// 100,000 values costs one pass. It sends no request to the API and changes nothing.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { defaultParams } from "../config/schema/params.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { Failure } from "../failure.ts";
import { eachValues } from "../plan/each_values.ts";
import { canonical, scopeOf } from "../plan/scope.ts";
import { MINUTES_PER_DAY, parseCivil } from "../plan/time/civil.ts";
import { isMissingTable } from "../upsert/history.ts";
import type { Target } from "../upsert/write/target.ts";

/**
 * Why a stream that was never fetched passes:
 * - `optional`: no run selected it.
 * - `no_values`: its `for_each` has no values now.
 * - `out_of_range`: it starts after the last day of the last run.
 */
export type Unfetched = "optional" | "no_values" | "out_of_range";

/** The parameters, dates and optional streams of earlier runs. */
export interface Request {
  /** Whether there was a run that `--resume` continues. */
  readonly hasRun: boolean;
  /** Values of the job's parameters in the last run, or their defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** End of the last run's dates, exclusive; undefined without a run. */
  readonly to: number | undefined;
  /** Streams that runs named. */
  readonly named: ReadonlySet<string>;
}

/** Values that nothing was fetched for. */
export interface MissingValues {
  /** The first of them, as canonical strings. */
  readonly first: readonly string[];
  /** Their number. */
  readonly count: number;
}

/** Numbers of `for_each` values. */
export interface ValueCounts {
  /** Those that something was fetched for. */
  readonly values: number;
  /** Current ones that nothing was fetched for. */
  readonly missing_values: number;
}

const NO_VALUES: ValueCounts = { values: 0, missing_values: 0 };

/** Reads what earlier runs selected. */
export async function readRequest(job: Job, checkpoint: Checkpoint): Promise<Request> {
  const last = await checkpoint.runs.lastBackfill();
  const runs = await checkpoint.runs.list();
  const end = parseCivil(String(last?.options.end ?? ""));
  const params = last?.options.params as Record<string, unknown> | undefined;
  const named = runs.flatMap(({ options }) => [options.only ?? [], options.with ?? []].flat());
  return {
    hasRun: last !== undefined,
    params: { ...defaultParams(job.params), ...params },
    to: end === undefined ? undefined : end + MINUTES_PER_DAY,
    named: new Set(named.map(String)),
  };
}

/** Why a stream that was never fetched passes; undefined if it should have been fetched. */
export async function unfetched(
  job: Job,
  name: string,
  request: Request,
  target: Pick<Target, "stream">,
): Promise<Unfetched | undefined> {
  const stream = job.streams[name]!;
  if (stream.optional && !request.named.has(name)) return "optional";
  const isLate = stream.window !== undefined &&
    (stream.start ?? -Infinity) >= (request.to ?? Infinity);
  if (isLate) return "out_of_range";
  return await hasValue(stream, request.params, target) ? undefined : "no_values";
}

/** Whether a stream has anything to fetch; a run that cannot read its values has not fetched it either. */
async function hasValue(
  stream: Stream,
  params: Request["params"],
  target: Pick<Target, "stream">,
): Promise<boolean> {
  try {
    for await (const _ of currentValues(stream, params, target)) return true;
    return false;
  } catch (error) {
    if (isUnreadable(error)) return true;
    throw error;
  }
}

/** The current `for_each` values of a stream that are not among those fetched; `limit` are kept. */
export async function missingValues(
  stream: Stream,
  params: Readonly<Record<string, unknown>>,
  target: Pick<Target, "stream">,
  { fetched, limit }: { fetched: ReadonlySet<string>; limit: number },
): Promise<MissingValues> {
  const first: string[] = [];
  let count = 0;
  if (stream.for_each === undefined) return { first, count };
  try {
    for await (const values of currentValues(stream, params, target)) {
      const each = canonical(values);
      if (!fetched.has(each) && count++ < limit) first.push(each);
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return { first, count };
}

/** Counts the `for_each` values of a stream; none of one that was never fetched. */
export async function countValues(
  job: Job,
  name: string,
  { checkpoint, params, target }: {
    readonly checkpoint: Checkpoint;
    readonly params: Request["params"];
    readonly target: Pick<Target, "stream">;
  },
): Promise<ValueCounts> {
  const stream = job.streams[name]!;
  if (stream.for_each === undefined || stream.since !== undefined) return NO_VALUES;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  const tracks = checkpoint.tracks(name, scope).filter((track) =>
    checkpoint.item(track) !== undefined || checkpoint.coverage(track).ranges.length > 0
  );
  if (tracks.length === 0) return NO_VALUES;
  // Those that failed are listed as such.
  const listed = (await checkpoint.retryEntries())
    .filter((entry) => entry.stream === name && entry.scope === scope);
  const fetched = new Set([...tracks, ...listed].map(({ each }) => each));
  const { count } = await missingValues(stream, params, target, { fetched, limit: 0 });
  return { values: tracks.length, missing_values: count };
}

function currentValues(
  stream: Stream,
  params: Request["params"],
  target: Pick<Target, "stream">,
): AsyncIterable<Record<string, unknown>> {
  return eachValues(stream, params, (sql) => target.stream(sql));
}

/** A parameter without a value, or a query on a table that does not exist: the next run reports it. */
function isUnreadable(error: unknown): boolean {
  return isMissingTable(error) || error instanceof Failure && error.kind === "configuration";
}
