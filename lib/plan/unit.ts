// Owns what is fetched at a time, and the interface of the plans that yield it: stream_plan.ts for windows, feed_plan.ts
// for the pages of feeds, and lib/coordinate/claimed_plan.ts where several processes share a run. Types only.
import type { Stream } from "../config/schema/job_schema.ts";
import type { FeedStep } from "./feed.ts";
import type { Track } from "./scope.ts";
import type { Window } from "./time/window.ts";

/** One thing to fetch: a window of a track, or a track without windows. */
export interface Unit extends Track {
  /** The dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Values of `for_each`. */
  readonly eachValues: Readonly<Record<string, unknown>>;
  /** Why no request can be sent for it; absent if one can. */
  readonly refusal?: string;
  /** Which page of a feed it is; absent for other streams. */
  readonly feed?: FeedStep;
}

/** Where the units of a stream come from. */
export interface UnitSource {
  /** Name of the stream. */
  readonly name: string;
  /** The stream. */
  readonly stream: Stream;
  /** Windows returned so far, and windows that were done before. */
  readonly counts: { planned: number; skipped: number };
  /** Whether the next window depends on the records of one that has been returned and has not ended. */
  readonly isWaiting: boolean;
  /** The next unit; undefined if none is left, though a split may add one later. */
  next(): Promise<Unit | undefined>;
  /** Takes over what is committed of a unit, before it is fetched again; absent where a unit commits at its end only. */
  locate?(unit: Unit): Promise<void>;
  /** Reports how many records a window held; call it before `settle`. */
  fetched(unit: Unit, records: number): void;
  /**
   * Returns a window that held more than the API returns in two parts; false if it cannot be split. `held` is the
   * number of its records, if that is known.
   */
  tooFull(unit: Unit, held?: number): boolean;
  /** The halves of a window that fails in part; undefined if it cannot be halved. */
  halve(unit: Unit): Unit[] | undefined;
  /** Drops the remaining windows of a unit's `for_each` value; false if there are none. */
  setAside(unit: Unit): boolean;
  /** Reports that a unit has ended, whatever its outcome. */
  settle(unit: Unit): void;
}
