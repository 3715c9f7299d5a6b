// Reports how a feed continues after the page that a probe has read, as a run would: no further request is sent.
import { Failure } from "../failure.ts";
import { markOf } from "../fetch/feed_mark.ts";
import { renderRequest } from "../fetch/http/request.ts";
import type { Unit } from "../fetch/http/unit.ts";
import type { PageFacts } from "../fetch/paging/paginator.ts";
import type { StreamClient } from "../fetch/stream_client.ts";
import { type FeedReached, FeedReading } from "../plan/feed.ts";

/** How a feed continues. */
export interface FeedReport {
  /** Further pages that a run would request now. */
  readonly more: number;
  /** The next request, masked; null if the feed has no more, or cannot continue. */
  readonly next: string | null;
  /** Why the feed cannot continue, or null. */
  readonly problem: string | null;
}

/** What a page of a feed without `paging` declares about the next one. */
export function probeFeed(client: StreamClient, unit: Unit, facts: PageFacts): FeedReport {
  const { api: { job }, stream } = client;
  const request = renderRequest(job, stream, unit, { params: [] });
  const found = attempt(() => {
    const reading = new FeedReading(stream, {
      ...{ seq: 1, sent: unit.since, before: undefined },
      ...{ isAgain: false, isFirst: true, isReplay: false },
    });
    reading.add(0, facts.records, markOf(client, facts, request));
    return reading.result().reached!;
  });
  const since = found instanceof Failure ? null : found.cursor;
  const follows = !(found instanceof Failure) && !found.ended && since !== null;
  const next = follows
    ? client.line(renderRequest(job, stream, { ...unit, since }, { params: [] }))
    : null;
  const problem = found instanceof Failure ? found.message : null;
  return { more: follows ? 1 : 0, next, problem };
}

function attempt(read: () => FeedReached): FeedReached | Failure {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
