// Opens the plan of a stream: it reads the checkpoint and determines what each track still needs. The
// arithmetic is in lib/plan. It never fetches and never writes.
import { formatCount } from "../report/text/format.ts";
import type { Replay, ReplayedTrack } from "../archive/replay.ts";
import type { Job } from "../config/schema/job.ts";
import { expectedRecordsPerMinute } from "../plan/forecast.ts";
import { eachValues } from "../plan/each_values.ts";
import type { Needed } from "../plan/needed.ts";
import { neededOf, rangeOf, startedPart } from "../plan/needed.ts";
import { union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import { scopeOf } from "../plan/scope.ts";
import { civilAt } from "../plan/time/civil.ts";
import { agesOf } from "../plan/settling.ts";
import { FeedPlan } from "../plan/feed_plan.ts";
import { StreamPlan } from "../plan/stream_plan.ts";
import type { Unit } from "../plan/unit.ts";
import type { Window } from "../plan/time/window.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FetchedSince } from "./fetched_since.ts";
import { FeedLog } from "../upsert/feed_log.ts";
import { type LedgerSource, readVisits, Visits } from "./visits.ts";

/** How long a response of a stream without windows is reused unless the job says otherwise. */
const DAY_MS = 86_400_000;

/** A daily schedule starts some minutes early or late: `refresh: 1d` must not skip every second day. */
const MAX_SLACK_MS = 60 * 60_000;

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
  /** Runs a query on the target, for `for_each` and the ledger. */
  readonly target: LedgerSource;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** The archive that is replayed instead of sending requests. Defaults to none. */
  readonly replay?: Pick<Replay, "windowsOf" | "holdsItem" | "holdsPage"> | undefined;
  /** What keeps the responses; undefined where nothing is archived. */
  readonly archive?: object | undefined;
  /** Which windows outside the range are fetched again. Defaults to none. */
  readonly retry?: RetryScope | undefined;
  /** What earlier slices of the same update fetched, which is not fetched again. Defaults to nothing. */
  readonly fetched?: FetchedSince | undefined;
}

/** Windows that are fetched again regardless of the range of a run. */
export interface RetryScope {
  /** Streams that run for these windows alone, though the run did not select them. */
  readonly only: ReadonlySet<string>;
}

/** The plan of one stream; its coverage is read into the checkpoint's memory. */
export async function openPlan(
  source: PlanSource,
  name: string,
  visits?: Visits,
  feeds: FeedLog = new FeedLog(source.target, source.job.job),
): Promise<StreamPlan | FeedPlan> {
  const { job, params, checkpoint, target } = source;
  const stream = job.streams[name]!;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  const known = visits ?? await readVisits(job, name, target);
  // Entries for NULL are created again if the query still returns it.
  for (const value of Object.keys(stream.for_each ?? {})) {
    await checkpoint.resolve({ stream: name, scope, each: nullTrack(value) });
  }
  const nulls = new Map<string, number>();
  const onNull = (value: string, column: string) => {
    const id = JSON.stringify([value, column]);
    nulls.set(id, (nulls.get(id) ?? 0) + 1);
  };
  const common = {
    ...{ name, stream, scope },
    each: eachValues(stream, params, (sql) => target.stream(sql), onNull),
    refusals: () => [...nulls].map(([id, rows]) => refusalOf(id, rows)),
  };
  if (stream.since !== undefined) {
    if (!feeds.isLoaded) await feeds.read();
    return new FeedPlan({ ...common, ...feedInput(source, feeds) });
  }
  return new StreamPlan({
    ...common,
    needed: (track) => neededBy(source, track, known),
    recordsPerMinute: expectedRecordsPerMinute(stream, checkpoint.measures.with(name, scope)),
  });
}

/** What a plan of feeds needs in addition to its stream. */
function feedInput({ replay, archive, retry, fetched }: PlanSource, feeds: FeedLog) {
  return {
    isArchived: archive !== undefined,
    position: (track: Track) => feeds.position(track),
    rejected: (track: Track) => feeds.rejected(track),
    reload: () => feeds.read(),
    replays: replay && ((unit: Unit) => replay.holdsPage(unit)),
    isWanted: (track: Track) => {
      if (retry?.only.has(track.stream)) return false;
      const position = feeds.position(track);
      const isRead = fetched !== undefined && position?.ended === true &&
        position.readAt >= fetched.sinceMs;
      return !isRead;
    },
  };
}

/** A column of a query that returned NULL, as a separate track: it is listed once, however many rows have it. */
function refusalOf(id: string, rows: number): { each: string; reason: string } {
  const [value, column] = JSON.parse(id) as [string, string];
  const count = formatCount(rows, "row");
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
export async function neededBy(
  source: PlanSource,
  track: ReplayedTrack,
  visits: Visits = new Visits(),
): Promise<Needed | null> {
  const needed = await neededOfApi(source, track, visits);
  const { replay } = source;
  const { values, since } = source.job.streams[track.stream]!;
  if (replay === undefined || values !== undefined || since !== undefined) return needed;
  if (needed === null || needed.retry === "all") {
    return replay.holdsItem(track) ? null : { fetch: [], skip: [] };
  }
  const { fetch, skip, retry = [] } = needed;
  const { windows, overlap } = replay.windowsOf(track, union([...fetch, ...retry]));
  return { fetch: windows, skip, whole: overlap ? "in order" : "in any order" };
}

async function neededOfApi(
  source: PlanSource,
  track: Track,
  visits: Visits,
): Promise<Needed | null> {
  const { job, checkpoint, resume, retry, fetched } = source;
  const stream = job.streams[track.stream]!;
  const isOnlyRetried = retry?.only.has(track.stream) ?? false;
  // A feed is always read, because nothing else shows whether it has more.
  if (stream.since !== undefined) return isOnlyRetried ? { fetch: [], skip: [] } : null;
  if (stream.window === undefined) {
    if (resume && await checkpoint.needsRetry(track)) return { fetch: [], skip: [], retry: "all" };
    const isDone = isOnlyRetried || resume && isFresh(stream.refresh ?? DAY_MS, source, track);
    return isDone ? { fetch: [], skip: [] } : null;
  }
  const again = await checkpoint.retryWindows(track);
  const whole = isOnlyRetried ? undefined : rangeOf(stream, source.range);
  const now = civilAt(source.wallNow(), job.time_zone);
  const range = whole && startedPart(stream, whole, now);
  const ages = agesOf(stream.settle) ?? [];
  const resting = visits.resting(track, ages, source.wallNow(), job.time_zone);
  const kept = union([...resting, ...fetched?.windows(track) ?? []]);
  const needed = range === undefined
    ? { fetch: [], skip: [] }
    : neededOf(range, resume, checkpoint.coverage(track), again, kept);
  return retry === undefined ? needed : { ...needed, retry: union(again) };
}

/**
 * Whether a track without windows was fetched by an earlier slice of the same update, or within
 * `refreshMs`, with slack for a schedule's jitter.
 */
function isFresh(refreshMs: number, source: PlanSource, track: Track): boolean {
  const { checkpoint, wallNow, fetched } = source;
  const item = checkpoint.item(track);
  if (item !== undefined && fetched !== undefined && item.at >= fetched.sinceMs) return true;
  const slackMs = Math.min(refreshMs / 10, MAX_SLACK_MS);
  return item !== undefined && wallNow() - item.at < refreshMs - slackMs;
}
