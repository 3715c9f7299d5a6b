// Reads the position of its feed that a page declares. Pure. Invariant: a link that leads outside the API's origin is
// refused before it is kept, and one that is kept holds no credentials.
import { isNumber } from "../extract/cast/exact_number.ts";
import { Failure } from "../failure.ts";
import type { FeedMark } from "../plan/feed.ts";
import { shownValue } from "../report/text/shown_value.ts";
import { withoutCredentials } from "./http/auth.ts";
import { withinOrigin } from "./http/origin.ts";
import type { WireRequest } from "./http/request.ts";
import { limitEqualTo } from "./paging/limit_param.ts";
import { readMoreFlag } from "./paging/more_flag.ts";
import type { PageFacts } from "./paging/paginator.ts";
import { type Place, writePlace } from "./paging/place.ts";
import type { Unit } from "./http/unit.ts";
import type { StreamClient } from "./stream_client.ts";

/**
 * The mark of a page of a feed.
 *
 * @throws Failure("window") if its link cannot be followed.
 */
export function markOf(
  client: StreamClient,
  facts: PageFacts,
  request: WireRequest,
  place?: Place,
): FeedMark {
  const since = client.stream.since!;
  const found = facts.value(since.link ?? since.cursor!);
  const { paging } = client.stream;
  return {
    cursor: since.link !== undefined && isLink(found)
      ? linkOf(client, facts.url, found)
      : isNumber(found)
      ? String(found)
      : found,
    more: paging.by === "none" ? readMoreFlag(since.more, facts) : undefined,
    full: limitEqualTo(request, facts.records)?.name,
    print: facts.fingerprint(),
    place: place && placeOf(client, place),
  };
}

function placeOf({ api, stream }: StreamClient, place: Place): string | undefined {
  const { step } = place;
  const url = step.url && withoutCredentials(step.url, api.job.source.auth);
  return writePlace(stream, url === undefined ? place : { ...place, step: { ...step, url } });
}

function isLink(found: unknown): found is string {
  return typeof found === "string" && found !== "";
}

function linkOf({ api: { job: { source } } }: StreamClient, url: string, link: string): string {
  const target = URL.canParse(link, url) ? withinOrigin(new URL(link, url), source.url) : undefined;
  if (target !== undefined) return withoutCredentials(target.href, source.auth);
  const shown = shownValue(link.split("?")[0]);
  throw new Failure("window", `Cannot continue the feed: its link ${shown} leads to another host`, {
    hint: 'Set "url" of the source to the host of the links',
  });
}

/**
 * Refuses a cursor that the API no longer accepts.
 *
 * @throws Failure("window") if the error says so.
 */
export function refuseExpired({ name, stream }: StreamClient, unit: Unit, error: unknown): void {
  const { expired_statuses: expired = [] } = stream.since ?? {};
  if (unit.since === undefined || !(error instanceof Failure)) return;
  if (error.status === undefined || !expired.includes(error.status)) return;
  throw new Failure(
    "window",
    `Cannot continue the feed "${name}": the API no longer accepts its cursor: ${error.message}`,
    {
      hint: `Restart it: deno task backfill --only ${name} --from-start`,
      cause: error,
      status: error.status,
    },
  );
}
