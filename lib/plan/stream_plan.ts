// Owns the order in which the windows of one stream are fetched: track by track, oldest first, and the
// halves of a window that was too full before all others. Windows are cut as late as possible, so that
// `auto` windows use the density of the last response. It never fetches and never writes.
import type { Stream } from "../config/schema/job_schema.ts";
import { AutoWindow, splitWindow } from "./auto_window.ts";
import type { AutoBounds } from "./auto_window.ts";
import type { Needed } from "./needed.ts";
import type { Track } from "./scope.ts";
import { canonical } from "./scope.ts";
import type { WindowLength } from "./time/duration.ts";
import type { Window } from "./time/window.ts";
import { cutWindows, lastWindow, windowEnd } from "./time/window.ts";

/** One thing to fetch: a window of a track, or a track without windows. */
export interface Unit extends Track {
  /** The dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Values of `for_each`. */
  readonly eachValues: Readonly<Record<string, unknown>>;
  /** Why no request can be sent for it; absent if one can. */
  readonly refusal?: string;
}

/** What a stream's plan is created from. */
interface StreamPlanInput {
  /** Name of the stream. */
  readonly name: string;
  /** The stream. */
  readonly stream: Stream;
  /** Canonical string of the parameters that the stream uses. */
  readonly scope: string;
  /** Combinations of `for_each` values. */
  readonly each: AsyncIterable<Record<string, unknown>>;
  /** Dates of a track to fetch; null if the track has no windows and must be fetched. */
  readonly needed: (track: Omit<Unit, "window">) => Promise<Needed | null>;
  /** What `each` could not yield, once it has ended: the track and why no request can be sent for it. */
  readonly refusals?: () => readonly { each: string; reason: string }[];
  /** Records per civil minute that earlier runs measured. */
  readonly recordsPerMinute: number | undefined;
}

/** Dates of a track that are left to fetch. */
interface Ranges {
  readonly unit: Omit<Unit, "window">;
  readonly ranges: Window[];
  readonly whole: Needed["whole"] | undefined;
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
  /** Reports how many records a window held; call it before `settle`. */
  fetched(unit: Unit, records: number): void;
  /** Returns a window that held more than the API returns as two halves; false if it cannot be split. */
  tooFull(unit: Unit): boolean;
  /** The halves of a window of which a stretch fails; undefined if it cannot be halved. */
  halve(unit: Unit): Unit[] | undefined;
  /** Drops the remaining windows of a unit's `for_each` value; false if there are none. */
  setAside(unit: Unit): boolean;
  /** Reports that a unit has ended, whatever its outcome. */
  settle(unit: Unit): void;
}

/** Returns the units of a stream one by one; several workers may share it. */
export class StreamPlan implements UnitSource {
  /** Name of the stream. */
  readonly name: string;
  /** The stream. */
  readonly stream: Stream;
  /** Windows returned so far, and windows that were done before. */
  readonly counts = { planned: 0, skipped: 0 };
  readonly #input: StreamPlanInput;
  readonly #each: AsyncIterator<Record<string, unknown>>;
  readonly #queue: Unit[] = [];
  readonly #autos = new Map<string, AutoWindow>();
  /** What failed in an earlier run, to be fetched after everything else. */
  #retries: { unit: Omit<Unit, "window">; ranges: Window[] | "all" }[] = [];
  #current: Ranges | undefined;
  /** The first window of a track with unknown density; the others wait for its result. */
  #probe: { unit: Unit; settled: PromiseWithResolvers<void> } | undefined;
  #refusals: { each: string; reason: string }[] | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** A plan that starts with the first window. */
  constructor(input: StreamPlanInput) {
    this.name = input.name;
    this.stream = input.stream;
    this.#input = input;
    this.#each = input.each[Symbol.asyncIterator]();
  }

  /** The next unit; undefined if none is left, though a split may add one later. */
  next(): Promise<Unit | undefined> {
    const turn = this.#turn.then(() => this.#take());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Reports how many records a window held; call it before `settle`. */
  fetched(unit: Unit, records: number): void {
    if (unit.window !== null) this.#autos.get(unit.each)?.fetched(unit.window, records);
  }

  /** Returns a window that held more than the API returns as two halves; false if it cannot be split. */
  tooFull(unit: Unit): boolean {
    const halves = this.split(unit);
    this.#queue.push(...halves);
    return halves.length > 0;
  }

  /** The halves of a window that held more than the API returns; none if it cannot be split. */
  split(unit: Unit): Unit[] {
    const { window } = this.stream;
    if (unit.window === null || window === undefined || !window.auto) return [];
    const auto = this.#autos.get(unit.each);
    const halves = auto?.tooFull(unit.window) ?? splitWindow(unit.window, window.min);
    if (halves === undefined) return [];
    this.counts.planned++;
    return halves.map((half) => ({ ...unit, window: half }));
  }

  /**
   * The halves of a window of which a stretch fails; undefined if it has its shortest length, or if its
   * request states only where it begins.
   */
  halve(unit: Unit): Unit[] | undefined {
    const { window } = this.stream;
    if (unit.window === null || window === undefined) return undefined;
    if (!window.auto && !statesBothEnds(this.stream)) return undefined;
    const halves = splitWindow(unit.window, window.auto ? window.min : DAY);
    if (halves === undefined) return undefined;
    this.counts.planned++;
    return halves.map((half) => ({ ...unit, window: half }));
  }

  /** Drops the remaining windows of a unit's `for_each` value; false if there are none. */
  setAside({ each }: Unit): boolean {
    const isOfOther = (unit: { readonly each: string }) => unit.each !== each;
    const queue = this.#queue.filter(isOfOther);
    const retries = this.#retries.filter(({ unit }) => isOfOther(unit));
    const isCurrent = this.#current?.unit.each === each && this.#current.ranges.length > 0;
    const dropsAny = isCurrent || queue.length < this.#queue.length ||
      retries.length < this.#retries.length;
    this.#queue.splice(0, this.#queue.length, ...queue);
    this.#retries = retries;
    if (isCurrent) this.#current = undefined;
    this.#autos.delete(each);
    return dropsAny;
  }

  /** Reports that a unit has ended, whatever its outcome. */
  settle(unit: Unit): void {
    if (this.#probe?.unit !== unit) return;
    this.#probe.settled.resolve();
    this.#probe = undefined;
  }

  /** Whether the next window depends on the records of one that has been returned and has not ended. */
  get isWaiting(): boolean {
    return this.#probe !== undefined;
  }

  async #take(): Promise<Unit | undefined> {
    await this.#probe?.settled.promise;
    const queued = this.#queue.shift();
    if (queued !== undefined) return this.#shortened(queued);
    while (this.#current === undefined || this.#current.ranges.length === 0) {
      const unit = await this.#nextTrack();
      if (unit === undefined) return undefined;
      if (unit !== "windows") return this.#handOut(unit);
    }
    const { whole } = this.#current;
    const unit = this.#handOut(this.#cut(this.#current));
    const isProbe = whole === "in order" || (this.#autos.get(unit.each)?.isGuess ?? false);
    if (isProbe) this.#probe = { unit, settled: Promise.withResolvers() };
    return unit;
  }

  /**
   * A queued unit, or its first part where windows have become much shorter since: after empty dates, a
   * window may hold a hundred times too much, and halves of halves would all be fetched in vain.
   */
  #shortened(unit: Unit): Unit {
    const { window } = unit;
    const auto = this.#autos.get(unit.each);
    if (window === null || auto === undefined) return unit;
    const part = auto.next(window.from, window.to);
    if (2 * (part.to - part.from) > window.to - window.from) return unit;
    this.#queue.unshift({ ...unit, window: { from: part.to, to: window.to } });
    this.counts.planned++;
    return { ...unit, window: part };
  }

  #handOut(unit: Unit): Unit {
    this.counts.planned++;
    return unit;
  }

  /** Moves on to the next track: a unit without windows, or "windows" if it has ranges to cut. */
  async #nextTrack(): Promise<Unit | "windows" | undefined> {
    for (;;) {
      const next = await this.#each.next();
      if (next.done) return this.#nextRetry();
      const unit = this.#unit(next.value);
      const needed = await this.#input.needed(unit);
      if (needed === null) return { ...unit, window: null };
      const { retry = [] } = needed;
      if (retry.length > 0) this.#retries.push({ unit, ranges: retry });
      if (retry === "all") continue;
      this.counts.skipped += this.stream.window === undefined
        ? 1
        : countWindows(needed.skip, this.stream);
      this.#autos.delete(this.#current?.unit.each ?? "");
      if (needed.fetch.length === 0) continue;
      this.#current = { unit, ranges: [...needed.fetch], whole: needed.whole };
      return "windows";
    }
  }

  #nextRefusal(): Unit | undefined {
    this.#refusals ??= [...this.#input.refusals?.() ?? []];
    const refused = this.#refusals.shift();
    if (refused === undefined) return undefined;
    const { each, reason } = refused;
    return { ...this.#unit({}), each, window: null, refusal: reason };
  }

  #nextRetry(): Unit | "windows" | undefined {
    const retry = this.#retries.shift();
    if (retry === undefined) return this.#nextRefusal();
    const { unit, ranges } = retry;
    if (ranges === "all") return { ...unit, window: null };
    this.#autos.delete(this.#current?.unit.each ?? "");
    this.#current = { unit, ranges: [...ranges], whole: undefined };
    return "windows";
  }

  #unit(eachValues: Record<string, unknown>): Omit<Unit, "window"> {
    const { name, scope } = this.#input;
    return { stream: name, scope, each: canonical(eachValues), eachValues };
  }

  #cut(current: Ranges): Unit {
    if (current.whole !== undefined) return { ...current.unit, window: current.ranges.shift()! };
    if (this.stream.order === "newest_first") return this.#cutNewest(current);
    const range = current.ranges[0]!;
    const window = this.#windowAt(current.unit.each, range);
    if (window.to >= range.to) current.ranges.shift();
    else current.ranges[0] = { from: window.to, to: range.to };
    return { ...current.unit, window };
  }

  /** Cuts the last window of the last range. */
  #cutNewest(current: Ranges): Unit {
    const range = current.ranges.at(-1)!;
    const declared = this.stream.window!;
    const first = this.#windowAt(current.unit.each, range);
    const window = declared.auto
      ? { from: Math.max(range.from, range.to - (first.to - first.from)), to: range.to }
      : lastWindow(range, declared.length);
    current.ranges.pop();
    if (window.from > range.from) current.ranges.push({ from: range.from, to: window.from });
    return { ...current.unit, window };
  }

  #windowAt(each: string, range: Window): Window {
    const declared = this.stream.window!;
    if (!declared.auto) {
      return { from: range.from, to: Math.min(windowEnd(range.from, declared.length), range.to) };
    }
    let auto = this.#autos.get(each);
    if (auto === undefined) {
      auto = new AutoWindow(autoBounds(this.stream), this.#input.recordsPerMinute);
      this.#autos.set(each, auto);
    }
    return auto.next(range.from, range.to);
  }
}

/** The shortest part of a window of a fixed length; a run's range cuts such windows to days too. */
const DAY: WindowLength = { unit: "day", count: 1 };

/** Whether the requests of a stream state the end of their window too. */
function statesBothEnds({ request }: Stream): boolean {
  const text = JSON.stringify(request ?? null);
  return /\{from\b/.test(text) && /\{(to|last)\b/.test(text);
}

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
  };
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

/** The number of windows that ranges are cut into; with auto windows each range counts as one. */
export function countWindows(ranges: readonly Window[], stream: Stream): number {
  const { window } = stream;
  if (window === undefined) return 0;
  if (window.auto) return ranges.length;
  let count = 0;
  for (const range of ranges) {
    if (window.length.unit === "day" || window.length.unit === "minute") {
      const minutes = window.length.count * (window.length.unit === "day" ? 1440 : 1);
      count += Math.ceil((range.to - range.from) / minutes);
    } else for (const _ of cutWindows(range, window.length)) count++;
  }
  return count;
}
