// Gathers what a stage must know of the earlier fetches of its streams: when dates that may still change were
// fetched, and the tables whose rows can vanish. It reads the target and writes nothing.
import type { Job } from "../config/schema/job.ts";
import { agesOf } from "../plan/settling.ts";
import type { BatchNotes } from "../upsert/batch.ts";
import type { VisitOf } from "../upsert/ledger.ts";
import { FeedLog, trimFeeds } from "../upsert/feed_log.ts";
import { watchedBy } from "../upsert/watch_batch.ts";
import type { Target } from "../upsert/write/target.ts";
import { readVisits, type Visits } from "./visits.ts";

/** What a stage must know of earlier fetches. */
export interface StageNotes extends BatchNotes {
  /** The visits of each stream. */
  readonly visits: ReadonlyMap<string, Visits>;
  /** Returns the last visit of exactly the window of a unit. */
  readonly visitOf: VisitOf;
  /** The feeds of the job; undefined where no stream of the stage is one. */
  readonly feeds: FeedLog | undefined;
}

/**
 * Reads what a stage must know; the tables have been prepared.
 *
 * @throws {Failure} of kind `target` if the ledger cannot be read.
 */
export async function noteStage(
  { job, target }: { readonly job: Job; readonly target: Target },
  streams: readonly string[],
): Promise<StageNotes> {
  const visits = new Map<string, Visits>();
  for (const name of streams) visits.set(name, await readVisits(job, name, target));
  const hasFeeds = streams.some((name) => job.streams[name]!.since !== undefined);
  const feeds = hasFeeds ? new FeedLog(target, job.job) : undefined;
  if (hasFeeds) await trimFeeds(target, job.job);
  await feeds?.read();
  const watched = new Map(streams.map((name) => [name, watchedBy(job, name, target.watched)]));
  return {
    visits,
    feeds,
    visitOf: (unit) =>
      unit.window === null ? undefined : visits.get(unit.stream)?.of(unit, unit.window),
    watchedBy: (stream) => watched.get(stream)!,
    digests: (stream) => agesOf(job.streams[stream]!.settle) !== undefined,
  };
}
