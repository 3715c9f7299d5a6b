// Owns the length of `auto` windows: long over sparse dates and short over dense ones, so that every
// record is fetched with the fewest requests. It proposes lengths, learns from what windows held, and
// never fetches. Lengths stay within the declared bounds.
import type { WindowLength } from "./time/duration.ts";
import type { CivilMinute } from "./time/civil.ts";
import { MINUTES_PER_DAY } from "./time/civil.ts";
import type { Window } from "./time/window.ts";
import { minutesOf, windowEnd } from "./time/window.ts";

/**
 * Full pages a window is sized for. The last page of a window is half empty on average, so the waste is
 * about half a page in so many: 10 pages cost 5 % more requests than the fewest possible, and a crash
 * repeats at most those 10, or more in the second window, whose length follows a first day that may be a holiday. At
 * 35 records a day and 100 a page, 2015 to 2025 takes 1,410 requests.
 */
export const TARGET_PAGES = 10;

/**
 * The most a window grows at once, since density may change between two windows. With paging, a window
 * that is too long costs only a coarser checkpoint (8 instead of 64: 23 requests instead of 20 for 60
 * days, 1 repeated after a kill instead of 10); with an API that cuts responses off, the window must be fetched again.
 */
const GROWTH = { paged: 64, cutOff: 4 } as const;

/** Weight of the newest window in the estimates of density and error. */
const NEWEST = 0.5;

/**
 * A window with a cap is sized so that it stays below the cap even if the estimate is wrong by so many times
 * its usual error, which is a quarter at first; it never aims at more than the last share.
 */
const ERRORS_BELOW_CAP = 2;
const FIRST_ERROR = 0.25;
const MOST_OF_CAP = 0.92;

/** The share of a cap that windows usually fill: 0.76 to 0.92 where density varies by the week, less over years. */
export const USUAL_OF_CAP = 0.8;

/** The bounds of an auto window. */
export interface AutoBounds {
  /** Shortest length. */
  readonly min: WindowLength;
  /** Longest length; undefined for no bound. */
  readonly max: WindowLength | undefined;
  /** Records of a full page. */
  readonly pageSize: number;
  /** Most records a window may hold (offset cap); undefined without a cap. */
  readonly maxRecords: number | undefined;
  /** Whether a window may have several pages. */
  readonly paged: boolean;
}

/** Chooses the length of the next window by the records of earlier ones. */
export class AutoWindow {
  readonly #bounds: AutoBounds;
  #recordsPerMinute: number | undefined;
  /** How wrong the density of the next window usually is, as a share of it. */
  #error = FIRST_ERROR;
  #minutes: number;

  /**
   * Starts at the shortest length, or from a density (records per minute) that an earlier run measured.
   * A density of zero is ignored: it would turn a whole range into one window.
   */
  constructor(bounds: AutoBounds, recordsPerMinute = 0) {
    this.#bounds = bounds;
    this.#minutes = minutesOf(bounds.min);
    if (recordsPerMinute <= 0) return;
    this.#recordsPerMinute = recordsPerMinute;
    this.#minutes = this.#fitting();
  }

  /** Measured density, in records per civil minute; undefined before the first window. */
  get recordsPerMinute(): number | undefined {
    return this.#recordsPerMinute;
  }

  /** Whether the length of the next window is a guess, because no density is known yet. */
  get isGuess(): boolean {
    return this.#recordsPerMinute === undefined;
  }

  /** The next window of a range that starts at `from`. */
  next(from: CivilMinute, end: CivilMinute): Window {
    const { min, max } = this.#bounds;
    const floor = windowEnd(from, min);
    const ceiling = max === undefined ? end : windowEnd(from, max);
    const wanted = from + wholeUnits(this.#minutes, min);
    return { from, to: Math.min(Math.max(floor, Math.min(wanted, ceiling)), end) };
  }

  /** Learns from a window that was fetched completely. */
  fetched(window: Window, records: number): void {
    const minutes = window.to - window.from;
    const density = records / minutes;
    const expected = (this.#recordsPerMinute ?? density) * minutes;
    const error = Math.min(1, Math.abs(records - expected) / Math.max(records, expected, 1));
    this.#error = this.#error * (1 - NEWEST) + error * NEWEST;
    this.#recordsPerMinute = this.#recordsPerMinute === undefined
      ? density
      : this.#recordsPerMinute * (1 - NEWEST) + density * NEWEST;
    // A window cut short by the end of a gap does not mean that windows should be shorter.
    const growth = this.#bounds.paged ? GROWTH.paged : GROWTH.cutOff;
    this.#minutes = Math.min(this.#fitting(), Math.max(this.#minutes, minutes * growth));
  }

  /** Learns that a window held more than could be fetched; returns its halves, or undefined if it cannot be split. */
  tooFull(window: Window): [Window, Window] | undefined {
    const halves = splitWindow(window, this.#bounds.min);
    if (halves !== undefined) {
      // Without this, a density of nearly zero after empty dates would let windows grow again at once.
      const { maxRecords = 0 } = this.#bounds;
      const least = maxRecords / (window.to - window.from);
      this.#recordsPerMinute = Math.max(this.#recordsPerMinute ?? 0, least);
      this.#error = Math.max(this.#error, FIRST_ERROR);
      this.#minutes = Math.min(this.#minutes, halves[0].to - halves[0].from);
    }
    return halves;
  }

  /** The length that should hold the target number of records, in minutes. */
  #fitting(): number {
    const { pageSize, maxRecords } = this.#bounds;
    const share = Math.min(MOST_OF_CAP, 1 / (1 + ERRORS_BELOW_CAP * this.#error));
    const wanted = Math.min(pageSize * TARGET_PAGES, (maxRecords ?? Infinity) * share);
    const density = this.#recordsPerMinute ?? 0;
    return density <= 0 ? Number.MAX_SAFE_INTEGER / 2 : wanted / density;
  }
}

/**
 * Splits a window in two, as close to the middle as whole units and the shortest length allow; undefined
 * if it is not longer than the shortest. The second part may be shorter, as the last window of a range
 * may be.
 */
export function splitWindow(window: Window, min: WindowLength): [Window, Window] | undefined {
  const minutes = window.to - window.from;
  const shortest = Math.max(minutesOf(min), windowEnd(window.from, min) - window.from);
  if (minutes <= shortest) return undefined;
  const middle = window.from + Math.max(shortest, wholeUnits(minutes / 2, min));
  return [{ from: window.from, to: middle }, { from: middle, to: window.to }];
}

/** Minutes rounded down to whole days, or to multiples of the shortest length if it is shorter than a day. */
function wholeUnits(minutes: number, min: WindowLength): number {
  const unit = min.unit === "minute" ? min.count : MINUTES_PER_DAY;
  return Math.floor(minutes / unit) * unit;
}
