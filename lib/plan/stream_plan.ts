// Owns the order in which the windows of one stream are fetched: track by track, oldest first, and the
// halves of a window that was too full before all others. Windows are cut as late as possible, so that
// `auto` windows use the density of the last response. It never fetches and never writes.
import { inTurn } from "./in_turn.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { autoBounds } from "./auto_bounds.ts";
import { AutoWindow, splitWindow } from "./auto_window.ts";
import type { Needed } from "./needed.ts";
import type { Unit, UnitSource } from "./unit.ts";
import { refusedUnits } from "./refused_units.ts";
import { canonical } from "./scope.ts";
import type { WindowLength } from "./time/duration.ts";
import type { Window } from "./time/window.ts";
import { cutWindows, lastWindow, windowEnd } from "./time/window.ts";

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
  /** The values that `each` could not yield, once it has ended: the track, and why no request can be sent for it. */
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
  /** What the windows of all tracks held. */
  readonly #seen = { records: 0, minutes: 0 };
  /** What failed in an earlier run, to be fetched after everything else. */
  #retries: { unit: Omit<Unit, "window">; ranges: Window[] | "all" }[] = [];
  #current: Ranges | undefined;
  /** The first window of a track with unknown density; the others wait for its result. */
  #probe: { unit: Unit; settled: PromiseWithResolvers<void> } | undefined;
  readonly #refused: Iterator<Unit, undefined>;

  /** A plan that starts with the first window. */
  constructor(input: StreamPlanInput) {
    this.name = input.name;
    this.stream = input.stream;
    this.#input = input;
    this.#each = input.each[Symbol.asyncIterator]();
    this.#refused = refusedUnits(input);
  }

  /** The next unit; undefined if none is left, though a split may add one later. */
  readonly next: () => Promise<Unit | undefined> = inTurn(() => this.#take());

  /** Reports how many records a window held; call it before `settle`. */
  fetched(unit: Unit, records: number): void {
    if (unit.window === null) return;
    this.#autos.get(unit.each)?.fetched(unit.window, records);
    this.#seen.records += records;
    this.#seen.minutes += unit.window.to - unit.window.from;
  }

  /** Returns a window that held more than the API returns in two parts; false if it cannot be split. */
  tooFull(unit: Unit, held?: number): boolean {
    const parts = this.split(unit, held);
    this.#queue.push(...parts);
    return parts.length > 0;
  }

  /** The two parts of a window that held more than the API returns; none if it cannot be split. */
  split(unit: Unit, held?: number): Unit[] {
    const { window } = this.stream;
    if (unit.window === null || window === undefined || !window.auto) return [];
    const auto = this.#autos.get(unit.each);
    const parts = auto?.tooFull(unit.window, held) ?? splitWindow(unit.window, window.min);
    if (parts === undefined) return [];
    this.counts.planned++;
    return parts.map((part) => ({ ...unit, window: part }));
  }

  /**
   * The halves of a window that fails in part; undefined if it has its shortest length, or if its request
   * states only its start.
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
    if (queued !== undefined) return this.cutAnew(queued, this.#queue);
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
   * A part of a window that was too full, cut again with those that follow it by what was learned since: after
   * empty dates, a window may hold a hundred times too much, and parts of parts would all be fetched in vain.
   */
  cutAnew(unit: Unit, following: Unit[]): Unit {
    const auto = this.#autos.get(unit.each);
    if (unit.window === null || auto === undefined) return unit;
    let window = unit.window;
    while (follows(following[0], unit.each, window.to)) {
      window = { from: window.from, to: following.shift()!.window!.to };
      this.counts.planned--;
    }
    const part = auto.next(window.from, window.to);
    if (ALMOST * (window.to - window.from) <= part.to - part.from) return { ...unit, window };
    following.unshift({ ...unit, window: { from: part.to, to: window.to } });
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

  #nextRetry(): Unit | "windows" | undefined {
    const retry = this.#retries.shift();
    if (retry === undefined) return this.#refused.next().value;
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
      const { records, minutes } = this.#seen;
      const density = records > 0 ? records / minutes : this.#input.recordsPerMinute;
      auto = new AutoWindow(autoBounds(this.stream), density);
      this.#autos.set(each, auto);
    }
    return auto.next(range.from, range.to);
  }
}

/** The share of a window from which the rest is not worth a separate window. */
const ALMOST = 0.95;

/** Whether a unit of a track begins where another one ends. */
function follows(unit: Unit | undefined, each: string, end: number): boolean {
  return unit?.each === each && unit.window?.from === end;
}

/** The shortest part of a window of a fixed length; a run's range cuts such windows to days too. */
const DAY: WindowLength = { unit: "day", count: 1 };

/** Whether the requests of a stream state the end of their window too. */
function statesBothEnds({ request }: Stream): boolean {
  const text = JSON.stringify(request ?? null);
  return /\{from\b/.test(text) && /\{(to|last)\b/.test(text);
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
