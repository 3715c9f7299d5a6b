// Owns the station "pages to rows": it turns the records of each page into rows of the tables, by the
// compiled mapping of the stream. Other items pass through in order. It never fetches and never writes. A
// record that yields no row is a rejection; a page of another shape fails its window alone.
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import type { FetchedPart, FetchedUnit } from "../fetch/fetch_unit.ts";
import type { Fetched } from "../fetch/fetch_windows.ts";
import type { KeptResponse } from "../fetch/page_archive.ts";
import type { Unit } from "../plan/unit.ts";
import type { Window } from "../plan/time/window.ts";
import type { Row, RowSet } from "./row_shape.ts";
import { readingFailure } from "./decode/reading_failure.ts";
import type { Rejection } from "./rejection.ts";
import { Failure } from "../failure.ts";
import type { Extractor } from "./extractor.ts";

/** An item that this station emits. */
export type Extracted =
  | {
    kind: "rows";
    unit: Unit;
    sets: readonly RowSet[];
    rejected: readonly Rejection[];
    /** How many rows replace a different row of the page with the same key. */
    replaced?: number;
    /** The dates of rows that can vanish, where their window is longer than a day. */
    dates?: ReadonlyMap<Row, Window> | undefined;
    /** Size of the page that they come from. */
    bytes: number;
    /** The responses in the archive that end with that page; undefined where none is archived. */
    kept?: readonly KeptResponse[] | undefined;
    /** The part of a feed that has been read with that page, if another run may continue there. */
    part?: FetchedPart | undefined;
  }
  | { kind: "restarted"; unit: Unit; reason: string }
  | { kind: "split"; unit: Unit; reason: string }
  | FetchedUnit
  | { kind: "failed"; unit: Unit; failure: Failure };

/** Bytes of a page whose records are extracted without a yield: less than a millisecond of work. */
const BYTES_PER_SLICE = 64 * 1024;

/** Turns pages into rows; `extractorOf` returns the extractor of a stream by name, `onPage` sees each page. */
export async function* extractPages(
  fetched: AsyncIterable<Fetched>,
  extractorOf: (stream: string) => Pick<Extractor, "extractBySlices">,
  params: Readonly<Record<string, unknown>>,
  onPage: (unit: Unit, records: readonly unknown[]) => void = () => {},
): AsyncGenerator<Extracted> {
  const failed = new WeakSet<Unit>();
  for await (const item of fetched) {
    if (failed.has(item.unit)) continue;
    if (item.kind === "page") onPage(item.unit, item.page.records);
    const extracted = item.kind === "page"
      ? await extractPage(item, extractorOf(item.unit.stream), params)
      : item;
    if (extracted.kind === "failed") failed.add(item.unit);
    yield extracted;
  }
}

async function extractPage(
  { unit, page, part }: Extract<Fetched, { kind: "page" }>,
  extractor: Pick<Extractor, "extractBySlices">,
  params: Readonly<Record<string, unknown>>,
): Promise<Extracted> {
  const slices = Math.ceil(page.bytes / BYTES_PER_SLICE);
  const recordsPerSlice = Math.ceil(page.records.length / Math.max(1, slices));
  try {
    const work = extractor.extractBySlices({
      records: page.records,
      body: page.body,
      header: page.header,
      window: unit.window,
      each: unit.eachValues,
      params,
    }, recordsPerSlice);
    const { sets, rejected, shared, dates } = await yieldingToEventLoop(work);
    const replaced = shared.reduce((sum, { count }) => sum + count, 0);
    const { bytes, kept } = page;
    return { kind: "rows", unit, sets, rejected, replaced, dates, bytes, kept, part };
  } catch (cause) {
    const error = readingFailure(cause);
    if (!(error instanceof Failure) || error.kind !== "window") throw error;
    return { kind: "failed", unit, failure: error };
  }
}
