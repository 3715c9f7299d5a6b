// Owns a run from the archive alone: the archived windows of each track, and the responses to their requests.
// No request is sent. If the same dates were read several times, the newest reading counts; an older one is
// replayed only for dates that no newer one has, and one for another database only for dates that no reading for its
// own has. Invariant: a window that is requested and missing is listed,
// never silently skipped.
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { exportRequest, pageRequest } from "../fetch/http/page_request.ts";
import type { KeptResponse, PageArchive } from "../fetch/page_archive.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import { subtract, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Unit } from "../plan/unit.ts";
import { formatDay, parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { formatWindow } from "../report/text/format.ts";
import type { Mask } from "../report/text/mask.ts";
import { type RunArchive, settledOf, type SettledResponse } from "./archive.ts";
import type { CommittedReading } from "./interrupted.ts";
import { type ArchivedReading, Contents } from "./contents.ts";
import { findResponse, keyOf } from "./replayed_reading.ts";
import type { ArchiveStore } from "./store/store.ts";

/** A track with the values of its requests. */
export interface ReplayedTrack extends Track {
  /** Values of `for_each`. */
  readonly eachValues?: Readonly<Record<string, unknown>>;
}

/** The windows of a track that an archive holds. */
export interface HeldWindows {
  /** The windows, in the order in which they were read. */
  readonly windows: Window[];
  /** Whether some overlap, so that their order matters. */
  readonly overlap: boolean;
}

/** What a replay is opened with. */
export interface ReplayOptions {
  /** Where the files are. */
  readonly store: ArchiveStore;
  /** The job as it is now. */
  readonly job: Job;
  /** Values of its parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Hides the secrets of the job in strings. */
  readonly mask: Mask;
  /** The stamp of the target, whose own responses are preferred. Defaults to none. */
  readonly target?: string | undefined;
  /** The windows whose rows the target has; older responses never replace them. */
  readonly committed?: readonly CommittedReading[];
}

const NOT_KEPT: KeptResponse = { place: undefined, written: Promise.resolve(), day: null };

/** Dates that are listed one by one. */
const MOST_LISTED = 5;

/** An archive that is replayed. */
export class Replay implements RunArchive {
  readonly #options: ReplayOptions;
  readonly #contents: Contents;
  readonly #byTrack = new Map<string, ArchivedReading[]>();
  readonly #committed = new Map<string, CommittedReading[]>();
  readonly #chosen = new Map<string, ArchivedReading>();
  /** The readings of the pages of feeds. */
  readonly #pages = new WeakMap<Unit, ArchivedReading>();
  #foreignPages = 0;
  readonly #missing = new Map<string, { stream: string; each: string; window: Window | null }>();

  private constructor(options: ReplayOptions) {
    this.#options = options;
    this.#contents = new Contents(options.store);
  }

  /**
   * Reads what the archive holds.
   *
   * @throws {Failure} of kind `configuration` if it holds nothing.
   */
  static async open(options: ReplayOptions): Promise<Replay> {
    const replay = new Replay(options);
    for (const reading of options.committed ?? []) {
      const id = trackId(reading);
      const known = replay.#committed.get(id);
      if (known === undefined) replay.#committed.set(id, [reading]);
      else known.push(reading);
    }
    const files = await options.store.list();
    await replay.#contents.read(files);
    const byWindow = Map.groupBy(replay.#contents.readings, windowId);
    for (const reading of replay.#contents.readings) {
      if (!reading.hasEnded) continue;
      const isExport = options.job.streams[reading.stream]?.export !== undefined;
      replay.#add(isExport ? withOrder(reading, byWindow.get(windowId(reading))!) : reading);
    }
    if (replay.#byTrack.size > 0) return replay;
    throw new Failure(
      "configuration",
      `Cannot replay the archive ${options.store.label}: it contains no complete window`,
      { hint: 'Check "archive" of the job, or BACKFILL_ARCHIVE' },
    );
  }

  /** The windows of a track that touch these dates. */
  windowsOf(track: ReplayedTrack, dates: readonly Window[]): HeldWindows {
    const touches = (window: Window) =>
      dates.some(({ from, to }) => window.from < to && from < window.to);
    const chosen: Window[] = [];
    let covered: Window[] = [];
    for (const reading of this.#candidates(track)) {
      const window = windowOf(reading);
      if (window === null || !touches(window)) continue;
      if (subtract(window, covered).length === 0 || this.#isOutdated(track, reading)) continue;
      if (!this.#holds(track, reading, window)) continue;
      chosen.push(window);
      covered = union([...covered, window]);
      this.#chosen.set(idOf(track, window), reading);
    }
    const length = (windows: readonly Window[]) =>
      windows.reduce((sum, { from, to }) => sum + to - from, 0);
    for (const date of dates) {
      for (const gap of subtract(date, covered)) this.#note(track, gap);
    }
    return { windows: chosen.reverse(), overlap: length(chosen) > length(covered) };
  }

  /** Whether the archive holds a track without windows. */
  holdsItem(track: ReplayedTrack): boolean {
    const reading = this.#candidates(track).find((one) =>
      one.from === null && !this.#isOutdated(track, one) && this.#holds(track, one, null)
    );
    if (reading === undefined) this.#note(track, null);
    else this.#chosen.set(idOf(track, null), reading);
    return reading !== undefined;
  }

  /** Whether the archive holds the response to the request for a page of a feed; the newest is taken. */
  holdsPage(unit: Unit): boolean {
    const reading = this.#candidates(unit).find((one) =>
      one.from === null && this.#holds(unit, one, null, unit.feed?.sent)
    );
    if (reading !== undefined) this.#pages.set(unit, reading);
    else if (unit.feed?.isFirst) this.#note(unit, null);
    if (reading !== undefined && !this.#isOwn(reading)) this.#foreignPages++;
    return reading !== undefined;
  }

  /**
   * The number of windows that were taken from responses for another database, although the archive has responses for
   * this one; into a database that has archived nothing, all may come from others.
   */
  get foreign(): number {
    const hasOwn = [...this.#byTrack.values()].flat().some((reading) => this.#isOwn(reading));
    if (!hasOwn) return 0;
    const windows = [...this.#chosen.values()].filter((reading) => !this.#isOwn(reading));
    return windows.length + this.#foreignPages;
  }

  /**
   * Ends a run that could not be complete.
   *
   * @throws {Failure} of kind `window` that lists what the archive does not hold.
   */
  refuseGaps(): void {
    const missing = [...this.#missing.values()];
    if (missing.length === 0) return;
    const listed = missing.slice(0, MOST_LISTED).map(({ stream, each, window }) =>
      [stream, each, window === null ? "" : formatWindow(window)].filter((part) => part !== "")
        .join(" ")
    );
    const more = missing.length - listed.length;
    const windows = missing.flatMap(({ window }) => window ?? []);
    const from = windows.reduce((least, window) => Math.min(least, window.from), Infinity);
    const to = windows.reduce((most, window) => Math.max(most, window.to), -Infinity);
    const dates = windows.length === 0
      ? ""
      : ` --start-date ${formatDay(from)} --end-date ${formatDay(to - 1)}`;
    const only = [...new Set(missing.map(({ stream }) => stream))].map((name) => ` --only ${name}`);
    throw new Failure(
      "window",
      `Cannot replay everything: the archive does not contain the current responses of ${
        listed.join(", ")
      }` +
        (more > 0 ? `, and ${more} more` : ""),
      { hint: `Fetch it from the API: deno task backfill --resume${dates}${only.join("")}` },
    );
  }

  begin(unit: Unit, begunAt: number, mask: Mask): PageArchive {
    const reading = this.#pages.get(unit) ?? this.#chosen.get(idOf(unit, unit.window));
    return {
      startedAt: reading?.at ?? begunAt,
      isOnly: true,
      isWhole: true,
      find: (request) => reading && findResponse(this.#contents, reading, request, mask),
      forget: () => false,
      keep: () => NOT_KEPT,
      keepLong: () => ({ add: () => Promise.resolve(), end: () => [] }),
    };
  }

  settle(kept: readonly KeptResponse[]): Promise<SettledResponse[]> {
    return Promise.resolve(settledOf(kept));
  }

  /** Closes the files. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#contents[Symbol.dispose]();
    return Promise.resolve();
  }

  #add(reading: ArchivedReading): void {
    const id = trackId(reading);
    const readings = this.#byTrack.get(id);
    if (readings === undefined) this.#byTrack.set(id, [reading]);
    else readings.push(reading);
  }

  /** The readings that may hold windows of a track, else those of any stream: for this target first, then the newest. */
  #candidates(track: ReplayedTrack): ArchivedReading[] {
    const known = this.#byTrack.get(trackId(track));
    const all = known ?? [...this.#byTrack.values()].flat();
    return all.toSorted((a, b) => Number(this.#isOwn(b)) - Number(this.#isOwn(a)) || b.at - a.at);
  }

  #isOwn({ target }: ArchivedReading): boolean {
    return target === this.#options.target;
  }

  /** Whether a reading has the response to the first request for a window. */
  #holds(
    track: ReplayedTrack,
    reading: ArchivedReading,
    window: Window | null,
    since?: string,
  ): boolean {
    const { job, params, mask } = this.#options;
    const stream = job.streams[track.stream]!;
    const unit = { window, each: track.eachValues ?? {}, params, since };
    const first = stream.export === undefined
      ? pageRequest(job, track.stream, unit, openPaginator(stream, job.source.url).first())
      : exportRequest(job, track.stream, stream.export.order, unit);
    return reading.pages.has(keyOf(first, mask));
  }

  /** Whether the target has rows of newer responses for dates of a reading. */
  #isOutdated(track: Track, { from, to, at }: ArchivedReading): boolean {
    return this.#committed.get(trackId(track))?.some((one) =>
      one.at > at && (from === null || one.from! < to! && from < one.to!)
    ) ?? false;
  }

  #note({ stream, each }: Track, window: Window | null): void {
    const id = JSON.stringify([stream, each, window?.from, window?.to]);
    this.#missing.set(id, { stream, each, window });
  }
}

function windowOf({ from, to }: ArchivedReading): Window | null {
  if (from === null || to === null) return null;
  return { from: parseCivil(from)!, to: parseCivil(to)! };
}

function trackId({ stream, scope, each }: Track): string {
  return JSON.stringify([stream, scope, each]);
}

function idOf(track: Track, window: Window | null): string {
  return `${trackId(track)} ${window?.from} ${window?.to}`;
}

/** A reading with the responses of earlier ones of its window, one of which may have ordered its export. */
function withOrder(
  reading: ArchivedReading,
  ofWindow: readonly ArchivedReading[],
): ArchivedReading {
  const earlier = ofWindow.filter(({ at }) => at <= reading.at).sort((a, b) => a.at - b.at);
  return { ...reading, pages: new Map(earlier.flatMap(({ pages }) => [...pages])) };
}

function windowId(reading: ArchivedReading): string {
  return `${trackId(reading)} ${reading.from} ${reading.to}`;
}
