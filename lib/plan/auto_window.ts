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

/** The most a window grows at once: one day says little about a year. */
const GROWTH = 64;

/**
 * The pages of a window that is made shorter, if its first page declares the total. Without a total, windows over
 * empty dates grow until they would hold so many if what follows is as dense as what came before.
 */
const MOST_PAGES = 5 * TARGET_PAGES;

/** As `MOST_PAGES`, in caps, where a response that is cut off wastes one request and not all pages up to the cap. */
const MOST_CAPS = 4;

/** How quickly windows over dates with fewer records than these forget what came before. */
const FORGETTING = 0.8;
const FEW_RECORDS = 10;

/** The longest window of several pages without a total while no record was seen yet. */
const LONGEST_UNKNOWN = 365 * MINUTES_PER_DAY;

/** The number of parts into which a window is cut if nothing is known except that it holds too many records. */
const PARTS_OF_UNKNOWN = 8;

/** The least weight of the newest window in the estimates, and the share of earlier lengths that still counts. */
const NEWEST = 0.5;
const KEPT = 0.5;

/** The error from which the first window replaces what was expected, and the most that others add to the usual error. */
const WRONG = 0.5;

/**
 * A window with a cap is sized so that it stays below the cap even if the estimate is wrong by so many times
 * its usual error, which is a quarter at first; it never aims at more than the last share.
 */
const ERRORS_BELOW_CAP = 1.5;
const FIRST_ERROR = 0.25;
const MOST_OF_CAP = 0.92;
const SURE = 0.7;

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
  /** Whether the first page of a window declares how many records it holds. */
  readonly hasTotal: boolean;
}

/** Chooses the length of the next window by the records of earlier ones. */
export class AutoWindow {
  readonly #bounds: AutoBounds;
  #recordsPerMinute: number | undefined;
  /** The density of dense stretches, which empty ones only let fall slowly. */
  #densest = 0;
  /** The usual error of the next window's density, as a share of it. */
  #error = FIRST_ERROR;
  /** Minutes of the windows that the estimates rest on, older ones counting less. */
  #remembered = 0;
  /** Most records that a window may hold, as far as that is known. */
  #cap: number;
  #minutes: number;

  /**
   * Starts at the shortest length, or from a density (records per minute) that an earlier run measured.
   * A density of zero is ignored: it would turn a whole range into one window.
   */
  constructor(bounds: AutoBounds, recordsPerMinute = 0) {
    this.#bounds = bounds;
    this.#cap = bounds.maxRecords ?? Infinity;
    this.#minutes = minutesOf(bounds.min);
    if (recordsPerMinute <= 0) return;
    this.#recordsPerMinute = this.#densest = recordsPerMinute;
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
    const before = this.#recordsPerMinute ?? density;
    const error = errorOf(records, before * minutes);
    const weight = this.#weightOf(minutes, error);
    this.#error += weight * (Math.min(error, WRONG) - this.#error);
    this.#recordsPerMinute = before + weight * (density - before);
    this.#densest = Math.max(
      this.#recordsPerMinute,
      records < FEW_RECORDS ? this.#densest * FORGETTING : 0,
    );
    // A window cut short by the end of a gap does not mean that windows should be shorter.
    this.#minutes = Math.min(this.#fitting(records), Math.max(this.#minutes, minutes * GROWTH));
  }

  /**
   * Learns that a window held more than could be fetched, and how many records if that is known; returns its
   * parts, or undefined if it cannot be split.
   */
  tooFull(window: Window, held?: number): [Window, Window] | undefined {
    const { maxRecords, min, paged } = this.#bounds;
    const minutes = window.to - window.from;
    const before = this.#recordsPerMinute ?? 0;
    const expected = before * minutes;
    // The API may return fewer records than the job declares.
    if (held !== undefined) this.#cap = Math.min(this.#cap, held);
    else if (maxRecords === undefined && expected > 0) this.#cap = Math.min(this.#cap, expected);
    const most = Number.isFinite(this.#cap) ? this.#cap : 0;
    const wasNear = expected > most / 2;
    // Without this, a density of nearly zero after empty dates would let windows grow again at once.
    this.#recordsPerMinute = held === undefined ? Math.max(before, most / minutes) : held / minutes;
    this.#densest = Math.max(this.#densest, this.#recordsPerMinute);
    this.#error = Math.max(this.#error, FIRST_ERROR);
    this.#remembered = Math.min(this.#remembered, minutes);
    const unknown = wasNear || !paged ? 2 : PARTS_OF_UNKNOWN;
    const parts = held === undefined ? unknown : minutes / this.#fitting();
    const split = splitWindow(window, min, Math.max(2, parts));
    if (split !== undefined) this.#minutes = Math.min(this.#minutes, split[0].to - split[0].from);
    return split;
  }

  /** The weight of a window relative to earlier ones: greater if it is longer, or if it disproves a forecast. */
  #weightOf(minutes: number, error: number): number {
    const isFirst = this.#remembered === 0;
    this.#remembered = minutes + this.#remembered * KEPT;
    if (isFirst) return error > WRONG ? 1 : NEWEST;
    return Math.max(NEWEST, minutes / this.#remembered);
  }

  /** The length that should hold the target number of records, in minutes, after a window of `seen` records. */
  #fitting(seen = Infinity): number {
    // The number of records of a window varies by its square root at least.
    const error = Math.max(this.#error, Math.min(1, SURE / Math.sqrt(Math.max(seen, 1))));
    const share = Math.min(MOST_OF_CAP, 1 / (1 + ERRORS_BELOW_CAP * error));
    const wanted = Math.min(this.#bounds.pageSize * TARGET_PAGES, this.#cap * share);
    const density = this.#recordsPerMinute ?? 0;
    const fitting = density <= 0 ? Number.MAX_SAFE_INTEGER / 2 : wanted / density;
    return Math.min(fitting, this.#longest());
  }

  /** The length that bears a sudden end of empty dates; a total shows it before the pages are read. */
  #longest(): number {
    const { pageSize, hasTotal, paged } = this.#bounds;
    if (hasTotal) return Infinity;
    if (this.#densest === 0) return paged ? LONGEST_UNKNOWN : Infinity;
    const most = paged ? Math.min(MOST_PAGES * pageSize, this.#cap) : MOST_CAPS * this.#cap;
    return most / this.#densest;
  }
}

/** The records above which a window is split although the API returns them all; undefined if it is not. */
export function mostBeforeSplit(window: Window, bounds: AutoBounds): number | undefined {
  const { paged, hasTotal, pageSize, min } = bounds;
  if (!paged || !hasTotal || splitWindow(window, min) === undefined) return undefined;
  return MOST_PAGES * pageSize;
}

/** The difference between a number of records and the expected one, as a share of the greater, from 0 to 1. */
function errorOf(records: number, expected: number): number {
  return Math.min(1, Math.abs(records - expected) / Math.max(records, expected, 1));
}

/**
 * Splits a window after the first of `parts` equal parts, as close to it as whole units and the shortest length
 * allow; undefined if it is not longer than the shortest. The second part may be shorter, as the last window of a
 * range may be.
 */
export function splitWindow(
  window: Window,
  min: WindowLength,
  parts = 2,
): [Window, Window] | undefined {
  const minutes = window.to - window.from;
  const shortest = Math.max(minutesOf(min), windowEnd(window.from, min) - window.from);
  if (minutes <= shortest) return undefined;
  const middle = window.from + Math.max(shortest, wholeUnits(minutes / parts, min));
  return [{ from: window.from, to: middle }, { from: middle, to: window.to }];
}

/** Minutes rounded down to whole days, or to multiples of the shortest length if it is shorter than a day. */
function wholeUnits(minutes: number, min: WindowLength): number {
  const unit = min.unit === "minute" ? min.count : MINUTES_PER_DAY;
  return Math.floor(minutes / unit) * unit;
}
