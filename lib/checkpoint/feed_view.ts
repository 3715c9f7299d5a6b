// Owns the readable view of feeds: the position of each, and when it was last read. It reads the target and writes
// nothing. Invariant: no long cursor and no link is shown, because it may give access to data.
import type { Job } from "../config/schema/job.ts";
import { readFeeds } from "../upsert/feed_log.ts";
import type { Target } from "../upsert/write/target.ts";

/** The feed of one `for_each` value as it is shown; field names are stable. */
export interface FeedView {
  /** Canonical string of the `for_each` values; empty where there are none. */
  readonly each: string;
  /** When it was begun, ISO 8601. */
  readonly started_at: string;
  /** When its last page was requested, ISO 8601; null if it was restarted and has not been read since. */
  readonly read_at: string | null;
  /** Whether it had no more then. */
  readonly ended: boolean;
  /** The cursor at which it continues, shortened; null if there is none. */
  readonly cursor: string | null;
  /** Pages that were read since it was begun. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Rows that runs have extracted from them. */
  readonly rows: number;
}

/** Longest cursor that is shown. */
const SHOWN_CHARS = 40;

/** Returns the feeds of a stream with its parameters; none for other streams. */
export type FeedsOf = (stream: string, scope: string) => readonly FeedView[];

/**
 * Reads the positions of the feeds of a job; a job without feeds costs nothing.
 *
 * @throws {Failure} of kind `target`.
 */
export async function viewFeeds(job: Job, target: Pick<Target, "stream">): Promise<FeedsOf> {
  if (Object.values(job.streams).every(({ since }) => since === undefined)) return () => [];
  const views = new Map<string, FeedView[]>();
  for (const { stream, scope, each, position } of await readFeeds(target, job.job)) {
    const id = JSON.stringify([stream, scope]);
    const { cursor, startedAt, readAt, ended, part } = position;
    const total = (count: "pages" | "records" | "rows") => position[count] + (part?.[count] ?? 0);
    const [pages, records, rows] = [total("pages"), total("records"), total("rows")];
    const isLink = job.streams[stream]?.since?.link !== undefined;
    const view: FeedView = {
      ...{ each, started_at: new Date(startedAt).toISOString() },
      read_at: pages === 0 ? null : new Date(readAt).toISOString(),
      ...{ ended, cursor: cursor === null ? null : shown(cursor, isLink), pages, records, rows },
    };
    const known = views.get(id);
    if (known === undefined) views.set(id, [view]);
    else known.push(view);
  }
  return (stream, scope) => views.get(JSON.stringify([stream, scope])) ?? [];
}

/** The view of a stream with its feeds; the rows of a feed are those of all its pages. */
export function withFeeds<V extends { readonly scope: string; readonly rows: number }>(
  name: string,
  view: V,
  feedsOf: FeedsOf,
): V & { feeds: readonly FeedView[] } {
  const feeds = feedsOf(name, view.scope);
  if (feeds.length === 0) return { ...view, feeds };
  return { ...view, feeds, rows: feeds.reduce((sum, { rows }) => sum + rows, 0) };
}

function shown(cursor: string, isLink: boolean): string {
  if (isLink) return `link of ${cursor.length} characters`;
  if (cursor.length <= SHOWN_CHARS) return cursor;
  return `${cursor.slice(0, 8)}... (${cursor.length} characters)`;
}
