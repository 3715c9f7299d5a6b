// Chooses the paginator that follows the pages of a stream, from its `paging`. It never reads a
// page.
import type { Paging, RequestSpec, Stream } from "../../config/schema/job_schema.ts";
import { CursorPaginator } from "./cursor_paginator.ts";
import { FilePaginator } from "./file_paginator.ts";
import { LinkPaginator } from "./link_paginator.ts";
import { OffsetPaginator } from "./offset_paginator.ts";
import { PageEnds } from "./page_ends.ts";
import { PagePaginator } from "./page_paginator.ts";
import { SinglePage } from "./single_page.ts";
import { Tally } from "./tally.ts";
import type { Paginator } from "./paginator.ts";

/**
 * Creates a paginator for one reading of a window; `baseUrl` is the API's URL, `ends` what earlier windows of
 * the stream have taught, `files` the URLs of the files to read instead of pages; a window that declares more than
 * `mostRecords` is given up for shorter ones.
 */
export function openPaginator(
  stream: Pick<Stream, "paging" | "max_pages" | "max_records"> & Partial<Pick<Stream, "request">>,
  baseUrl: string,
  ends: PageEnds = new PageEnds(),
  files?: readonly string[],
  mostRecords?: number,
): Paginator {
  if (files !== undefined) return new FilePaginator(files);
  const paging = placed(stream);
  const tally = new Tally(stream.max_pages, {
    ends,
    isPaged: paging.by !== "none",
    maxRecords: stream.max_records,
    mostRecords,
  });
  switch (paging.by) {
    case "none":
      return new SinglePage(tally, stream.max_records);
    case "offset":
      return new OffsetPaginator(paging, tally);
    case "page":
      return new PagePaginator(paging, tally);
    case "cursor":
      return new CursorPaginator(paging, tally);
    case "next_link":
    case "link_header":
      return new LinkPaginator(paging, tally, baseUrl);
  }
}

/** The paging of a stream; a number for which the request has a placeholder, `{page}` or `{offset}`, goes there. */
function placed(
  { paging, request }: { paging: Paging; request?: RequestSpec | undefined },
): Paging {
  if (paging.by !== "page" && paging.by !== "offset" || paging.in === "path") return paging;
  return hasPlace(request, paging.by) ? { ...paging, in: "path" } : paging;
}

const PLACES = { page: /\{page[|}]/, offset: /\{offset[|}]/ };

function hasPlace(value: unknown, by: "page" | "offset"): boolean {
  if (typeof value === "string") return PLACES[by].test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((member) => hasPlace(member, by));
}
