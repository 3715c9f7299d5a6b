// Reads from the keys of a stream the bounds of its auto windows: their lengths, the size of pages, and how many
// records a window may have. It never learns and never divides a window.
import type { Stream } from "../config/schema/job_schema.ts";
import type { AutoBounds } from "./auto_window.ts";
import { mostBeforeSplit } from "./auto_window.ts";
import type { Window } from "./time/window.ts";

/** The bounds of the auto windows of a stream; its window must be auto. */
export function autoBounds(stream: Stream): AutoBounds {
  const { window } = stream;
  if (window === undefined || !window.auto) throw new TypeError("the window is not auto");
  return {
    min: window.min,
    max: window.max,
    pageSize: pageSize(stream),
    maxRecords: mostRecords(stream),
    paged: stream.paging.by !== "none",
    hasTotal: stream.total !== undefined && stream.total !== "none",
  };
}

/** Records above which a window is given up for shorter ones, if its first page declares more; undefined for none. */
export function mostRecordsOf(stream: Stream, window: Window | null): number | undefined {
  if (window === null || !stream.window?.auto) return undefined;
  return mostBeforeSplit(window, autoBounds(stream));
}

/** Most records that a window may hold by its paging; undefined without a bound. */
function mostRecords(stream: Stream): number | undefined {
  const { max_records: given } = stream;
  const most = mostByPaging(stream);
  return most === undefined || given === undefined ? most ?? given : Math.min(most, given);
}

function mostByPaging({ paging, max_pages }: Stream): number | undefined {
  if (paging.by === "none" || paging.size === undefined) return undefined;
  const all = max_pages * paging.size;
  if (paging.by === "offset") {
    const { max_offset: most, first, size } = paging;
    return most === undefined ? all : Math.min(all, most - first + size);
  }
  if (paging.by !== "page" || paging.max_page === undefined) return all;
  return Math.min(all, (paging.max_page - paging.first + 1) * paging.size);
}

/** Records of a full page; without paging the most a response holds, or a guess of 1,000. */
export function pageSize(stream: Stream): number {
  const { paging } = stream;
  if (paging.by === "none") return stream.max_records ?? 1000;
  return paging.size ?? 100;
}
