// Owns the length of windows that fit themselves to the data: long over empty stretches, short where
// the source is dense, so that the fewest requests bring every record. It is a small value machine: it
// proposes lengths, is told what came back, and never fetches. Lengths stay within the declared bounds.
import type { WindowLength } from "./time/duration.ts";
import type { CivilMinute } from "./time/civil.ts";
import { MINUTES_PER_DAY } from "./time/civil.ts";
import type { Window } from "./time/window.ts";
import { minutesOf, windowEnd } from "./time/window.ts";

/**
 * Full pages a window is sized for. The last page of a window is half empty on average, so the waste is
 * about half a page in so many: 10 pages cost 5 % more requests than the fewest possible, and a crash
 * repeats at most those 10, or more of the second window, sized by a first day that may be a holiday. At
 * 35 records a day and 100 a page, 2015 to 2025 takes 1,410 requests.
 */
export const TARGET_PAGES = 10;

/**
 * A window never grows by more than these factors at once: density may change between two windows. Where
 * an answer of many pages is read page by page, a window that came out too long costs nothing but a
 * coarser checkpoint (8 instead of 64: 23 requests instead of 20 for 60 days, 1 repeated after a kill
 * instead of 10); where the source cuts answers off, it is asked for in vain.
 */
const GROWTH = { paged: 64, cutOff: 4 } as const;

/** Weight of the newest window in the estimate of density. */
const NEWEST = 0.5;

/** What an auto window may be. */
export interface AutoBounds {
  /** Shortest length. */
  readonly min: WindowLength;
  /** Longest length; undefined is without bound. */
  readonly max: WindowLength | undefined;
  /** Records of a full page. */
  readonly pageSize: number;
  /** Records a window may hold at most (offset cap), undefined without cap. */
  readonly maxRecords: number | undefined;
  /** Whether a window may take several pages. */
  readonly paged: boolean;
}

/** Chooses the length of the next window from what earlier windows held. */
export class AutoWindow {
  readonly #bounds: AutoBounds;
  #recordsPerMinute: number | undefined;
  #minutes: number;

  /**
   * Starts at the shortest length, or from a density (records per minute) learnt by an earlier run. A
   * density of zero teaches nothing: it would make one window of a whole range.
   */
  constructor(bounds: AutoBounds, recordsPerMinute = 0) {
    this.#bounds = bounds;
    this.#minutes = minutesOf(bounds.min);
    if (recordsPerMinute <= 0) return;
    this.#recordsPerMinute = recordsPerMinute;
    this.#minutes = this.#fitting();
  }

  /** Density learnt so far, in records per civil minute; undefined before the first window. */
  get recordsPerMinute(): number | undefined {
    return this.#recordsPerMinute;
  }

  /** Whether the length of the next window is a guess: nothing is known of the density yet. */
  get isGuess(): boolean {
    return this.#recordsPerMinute === undefined;
  }

  /** The next window of a range that begins at `from`. */
  next(from: CivilMinute, end: CivilMinute): Window {
    const { min, max } = this.#bounds;
    const floor = windowEnd(from, min);
    const ceiling = max === undefined ? end : windowEnd(from, max);
    const wanted = from + wholeUnits(this.#minutes, min);
    return { from, to: Math.min(Math.max(floor, Math.min(wanted, ceiling)), end) };
  }

  /** Learns from a window that was fetched whole. */
  fetched(window: Window, records: number): void {
    const minutes = window.to - window.from;
    const density = records / minutes;
    this.#recordsPerMinute = this.#recordsPerMinute === undefined
      ? density
      : this.#recordsPerMinute * (1 - NEWEST) + density * NEWEST;
    // A window cut short by the end of a gap says nothing against longer ones.
    const growth = this.#bounds.paged ? GROWTH.paged : GROWTH.cutOff;
    this.#minutes = Math.min(this.#fitting(), Math.max(this.#minutes, minutes * growth));
  }

  /** Learns that a window held more than could be fetched, and gives its two halves, or undefined where it cannot be split. */
  tooFull(window: Window): [Window, Window] | undefined {
    const halves = splitWindow(window, this.#bounds.min);
    if (halves !== undefined) {
      this.#minutes = Math.min(this.#minutes, halves[0].to - halves[0].from);
    }
    return halves;
  }

  /** The length that should hold the target number of records, in minutes. */
  #fitting(): number {
    const { pageSize, maxRecords } = this.#bounds;
    const wanted = Math.min(pageSize * TARGET_PAGES, (maxRecords ?? Infinity) / 2);
    const density = this.#recordsPerMinute ?? 0;
    return density <= 0 ? Number.MAX_SAFE_INTEGER / 2 : wanted / density;
  }
}

/**
 * A window in two, as near to its half as whole units and the shortest length allow; undefined where it
 * is no longer than the shortest. The second part may be shorter than that, as the last window of a
 * range may.
 */
export function splitWindow(window: Window, min: WindowLength): [Window, Window] | undefined {
  const minutes = window.to - window.from;
  const shortest = Math.max(minutesOf(min), windowEnd(window.from, min) - window.from);
  if (minutes <= shortest) return undefined;
  const middle = window.from + Math.max(shortest, wholeUnits(minutes / 2, min));
  return [{ from: window.from, to: middle }, { from: middle, to: window.to }];
}

/** Minutes rounded down to whole days, or to whole shortest lengths where those are shorter than a day. */
function wholeUnits(minutes: number, min: WindowLength): number {
  const unit = min.unit === "minute" ? min.count : MINUTES_PER_DAY;
  return Math.floor(minutes / unit) * unit;
}
