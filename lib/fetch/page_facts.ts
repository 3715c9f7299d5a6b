// Derives from a parsed response what a paginator knows about the page. Pure. Invariant: nothing is
// computed until the paginator needs it.
import type { Stream } from "../config/schema/job_schema.ts";
import { responseReader } from "../extract/value/path.ts";
import { parseTemplate, renderJson } from "../config/template/template.ts";
import type { Unit } from "./http/unit.ts";
import type { WireRequest } from "./http/request.ts";
import { findContinuations } from "./paging/continuation.ts";
import { fingerprint } from "./paging/fingerprint.ts";
import { limitEqualTo } from "./paging/limit_param.ts";
import type { PageFacts } from "./paging/paginator.ts";
import type { ListEnds } from "./response/list_ends.ts";
import { type ParsedResponse, readTotal } from "./response/read_response.ts";
import { refuseReportedError } from "./response/response_error.ts";

/** Where a page came from. */
export interface PageOrigin {
  /** The request. */
  readonly request: WireRequest;
  /** The URL that responded. */
  readonly url: string;
  /** The window, `for_each` values and parameters of the request. */
  readonly unit: Unit;
  /** The job's time zone. */
  readonly timeZone: string;
}

/** The facts of a page for its paginator. */
export function pageFacts(
  stream: Stream,
  response: ParsedResponse,
  { request, url, unit, timeZone }: PageOrigin,
): PageFacts {
  const { paging, records } = stream;
  const isTrusted = paging.by === "none" &&
    (paging.isAssumed === undefined || stream.since !== undefined);
  return {
    records: response.records.length,
    total: response.total,
    url,
    fingerprint: () => fingerprint(response.records),
    edge: (template) =>
      renderJson(parseTemplate(template), { ...unit, since: undefined, timeZone }),
    value: (path) => responseReader(path)(response),
    limitEqualTo: (count) => isTrusted ? undefined : limitEqualTo(request, count),
    continuations: (read) => {
      if (isTrusted || response.body === null) return [];
      return findContinuations(response, {
        records,
        count: read.records,
        pages: read.pages,
        declared: declaredPaths(stream),
        declaresTotal: stream.total !== undefined,
        // A feed cannot declare a total, which may be that of the whole collection.
        ignoresCounts: stream.total === "none" || stream.since !== undefined,
        ignoresFlags: "more" in paging && paging.more !== undefined,
      });
    },
  };
}

/**
 * The facts of a page that was read in pieces: for lines, what the first and the last line declare; for files that are
 * read as a whole, what the last one declares.
 *
 * @throws what response_error.ts throws if one of the lines reports an error.
 */
export function longFacts(
  stream: Stream,
  { ends, records, last }: {
    readonly ends: ListEnds | undefined;
    readonly records: number;
    readonly last: ParsedResponse;
  },
  origin: PageOrigin,
): PageFacts {
  if (ends === undefined) return { ...pageFacts(stream, last, origin), records };
  const { body } = ends;
  const read = { body, header: last.header };
  refuseReportedError(stream, read);
  const total = readTotal(stream, read);
  const facts = pageFacts(stream, { ...read, records: [...body, records], total }, origin);
  return { ...facts, records, continuations: () => [] };
}

function declaredPaths({ paging, total, since }: Stream): ReadonlySet<string> {
  const { pages, cursor, link }: Readonly<Record<string, unknown>> = { ...paging };
  const paths = [pages, cursor, link, total, since?.cursor, since?.link];
  return new Set(paths.filter((path) => typeof path === "string"));
}
