// Owns how many windows and requests dates take: how long auto windows become, how many pages a window has,
// and which further requests an API costs, such as the page that proves the end. Pure.
import type { Stream } from "../config/schema/job_schema.ts";
import { autoBounds, pageSize } from "./auto_bounds.ts";
import { TARGET_PAGES, USUAL_OF_CAP } from "./auto_window.ts";
import { isFedByTarget } from "./each_values.ts";
import { minutesOf } from "./time/window.ts";

/** Dates of a stream, over all its tracks. */
export interface Extent {
  /** Civil minutes. */
  readonly minutes: number;
  /** Windows of the declared length, ranges for auto windows; for a stream without windows, tracks. */
  readonly windows: number;
}

/** How the records of windows vary around their mean: the pages of each are averaged. */
const VARIATIONS = [0.82, 0.88, 0.94, 1, 1.06, 1.12, 1.18];

/** Requests of an export in addition to those that read it: the order, and at least one for its state. */
const EXPORT_REQUESTS = 2;

/** How many windows the dates are cut into, at `density` records per civil minute; undefined if unknown. */
export function windowCount(stream: Stream, extent: Extent, density: number | undefined): number {
  const { window } = stream;
  if (!window?.auto) return extent.windows;
  const { pageSize, maxRecords = Infinity, ...bounds } = autoBounds(stream);
  const records = Math.min(pageSize * TARGET_PAGES, maxRecords * USUAL_OF_CAP);
  const fitting = density === undefined || density === 0 ? Infinity : records / density;
  const longest = bounds.max === undefined ? Infinity : minutesOf(bounds.max);
  const length = Math.max(minutesOf(bounds.min), Math.min(fitting, longest));
  const ofRange = extent.minutes / extent.windows;
  return extent.windows * Math.max(1, Math.ceil(ofRange / length));
}

/** How many requests windows of so many records on average take. */
export function requestCount(stream: Stream, windows: number, records: number): number {
  if (windows === 0) return 0;
  const pages = windows * pagesOf(stream, records) + proofs(stream, windows, records);
  return Math.ceil(pages) + orderCount(stream, windows);
}

/** The minimum number of requests that order the exports of windows and request their state. */
export function orderCount(stream: Stream, windows: number): number {
  return stream.export === undefined ? 0 : EXPORT_REQUESTS * windows;
}

/** Pages of a window of so many records on average. */
function pagesOf(stream: Stream, records: number): number {
  const { paging } = stream;
  if (paging.by === "none") return 1;
  const full = records / pageSize(stream);
  const pages = VARIATIONS.map((share) => Math.max(1, Math.ceil(full * share)));
  return sum(pages) / pages.length + (endsEmpty(stream) ? Math.min(1, records) : 0);
}

/** Whether only a page without records shows that the one before was the last. */
function endsEmpty({ paging, total }: Stream): boolean {
  if (paging.by !== "cursor" || total !== undefined && total !== "none") return false;
  return paging.cursor.includes("[") && paging.more === undefined && paging.until === undefined;
}

/**
 * Pages beyond the last one: where nothing but a short page ends a window, the first short page is proven, and
 * then those that are longer than all before.
 */
function proofs({ paging, total }: Stream, windows: number, records: number): number {
  const isCounted = paging.by === "offset" || paging.by === "page";
  if (!isCounted || total !== undefined || paging.more !== undefined) return 0;
  if (paging.by === "page" && paging.pages !== undefined || paging.size === undefined) return 0;
  if (records === 0 || records >= paging.size) return 0;
  return Math.min(windows, 1 + Math.round(Math.log(windows)));
}

/**
 * Whether a stream may take more requests than are forecast: nobody has declared or measured how many records
 * its windows hold, or another stream yields more of the values that it is repeated for.
 */
export function mayTakeMore(stream: Stream, isMeasured: boolean): boolean {
  if (stream.values !== undefined) return false;
  if (isFedByTarget(stream) || stream.export !== undefined) return true;
  // How much a feed has is known once it has no more.
  if (stream.since !== undefined) return true;
  const isKnown = isMeasured || stream.window !== undefined && stream.forecast !== undefined;
  return !isKnown && (stream.paging.by !== "none" || stream.window?.auto === true);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
