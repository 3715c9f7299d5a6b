// Reads one unit to its end and reports its pages, a restart, and finally its totals. It decides nothing about
// failures: they are thrown. Invariant: a unit is reported as done after its last page was taken.
import { type FeedPart, FeedReading } from "../plan/feed.ts";
import type { Unit, UnitSource } from "../plan/unit.ts";
import type { Page } from "./page.ts";

/** A unit whose last page was read. */
export interface FetchedUnit {
  /** Discriminates the union. */
  readonly kind: "done";
  /** The unit. */
  readonly unit: Unit;
  /** Pages fetched; those before a restart do not count. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Epoch milliseconds before the first request: the records are at least as recent. */
  readonly requestedAt: number;
  /** Milliseconds from a request to the end of its response, summed over all pages. */
  readonly responseMs: number;
  /** Milliseconds from the first request to the last page. */
  readonly ms: number;
}

/** The pages of a reading that were read so far; their rows are not extracted yet. */
export interface FetchedPart extends Omit<FeedPart, "rows" | "rejected"> {
  /** Epoch milliseconds before the first request. */
  readonly requestedAt: number;
}

/** The events of a unit that can be read, in order; `restarted` voids the pages before it. */
export type UnitEvent =
  | FetchedUnit
  | {
    kind: "page";
    unit: Unit;
    page: Page;
    /** The part of a feed that has been read with it, if another run may continue there. */
    part?: FetchedPart | undefined;
  }
  | { kind: "restarted"; unit: Unit; reason: string };

/** How units are read. */
export interface FetchUnitOptions {
  /** Reads the pages of one unit, whose first request is sent no earlier than `requestedAt`. */
  readonly pages: (
    unit: Unit,
    signal: AbortSignal,
    requestedAt: number,
  ) => AsyncIterable<Page> | Iterable<Page>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Stops fetching and drops what is in flight. */
  readonly signal: AbortSignal;
}

/** Reads a unit of a plan; `send` resolves to whether anybody still takes its events. */
export async function fetchUnit(
  plan: UnitSource,
  unit: Unit,
  options: FetchUnitOptions,
  send: (event: UnitEvent) => Promise<boolean>,
): Promise<void> {
  const startedAt = options.now();
  const begunAt = options.wallNow();
  let requestedAt = begunAt;
  let [pages, records, responseMs] = [0, 0, 0];
  const reading = unit.feed && new FeedReading(plan.stream, unit.feed);
  for await (const page of options.pages(unit, options.signal, begunAt)) {
    if (page.index === 0 && pages > 0) {
      await send({ kind: "restarted", unit, reason: "the total changed while paging" });
      [pages, records, responseMs, requestedAt] = [0, 0, 0, begunAt];
    }
    if (page.isRest !== true) pages++;
    records += page.records.length;
    responseMs += page.ms;
    reading?.add(page.index, page.records.length, page.mark);
    requestedAt = Math.min(requestedAt, page.requestedAt ?? requestedAt);
    const read = page.mark && reading?.part;
    const part = read && { ...read, requestedAt };
    if (!await send({ kind: "page", unit, page, part })) return;
  }
  if (reading !== undefined) Object.assign(unit.feed!, reading.result());
  plan.fetched(unit, records);
  const ms = options.now() - startedAt;
  await send({ kind: "done", unit, pages, records, requestedAt, responseMs, ms });
}
