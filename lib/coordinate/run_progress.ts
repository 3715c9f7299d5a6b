// Tracks what all processes of a run have finished, and what the others have claimed, as far as this one
// knows. It determines which parts of a window are still free. It reads and writes nothing.
import type { Track } from "../plan/scope.ts";
import { Coverage, subtract } from "../plan/coverage.ts";
import type { Unit } from "../plan/unit.ts";
import type { Window } from "../plan/time/window.ts";
import type { ClaimedWindow } from "../upsert/claim_table.ts";
import type { Logs } from "../upsert/read_logs.ts";

/** What is taken, by the ids of tracks: there may be 100,000 of them. */
class Taken {
  /** Tracks without windows. */
  readonly whole = new Set<string>();
  /** Dates of tracks with windows. */
  readonly dates = new Map<string, Coverage>();

  add(track: Track, window: Window | null): void {
    const id = trackId(track);
    if (window === null) return void this.whole.add(id);
    const dates = this.dates.get(id) ?? new Coverage();
    this.dates.set(id, dates);
    dates.add(window, STATE);
  }

  /** The parts of a window that are not taken. */
  gaps(id: string, window: Window): Window[] {
    return this.dates.get(id)?.gaps(window) ?? [window];
  }
}

/** The parts of a unit. */
export interface Parts {
  /** The free parts; the unit itself if it is free as a whole. */
  readonly free: readonly Unit[];
  /** Others are fetching them. */
  readonly busy: readonly Unit[];
}

const STATE = { empty: false, settled: true };

/** The progress of a run. */
export class RunProgress {
  /** The first transaction of the run. */
  readonly sinceXid: number;
  readonly #ended = new Taken();
  readonly #claimed = new Map<string, Taken>();

  /** Transactions from `sinceXid` on belong to the run. */
  constructor(sinceXid: number) {
    this.sinceXid = sinceXid;
  }

  /** Takes over windows that were finished or have failed in the run. */
  add({ tracks, failures }: Logs): void {
    for (const track of tracks) {
      for (const { window, xid, settled } of track.windows) {
        // A feed has ended once it had no more.
        if (window === null && !settled) continue;
        if (xid >= this.sinceXid) this.#ended.add(track, window);
      }
    }
    for (const failure of failures) {
      if (failure.xid >= this.sinceXid && failure.reason !== null) {
        this.#ended.add(failure, failure.window);
      }
    }
  }

  /** Replaces what others have claimed of streams. */
  claimedByOthers(streams: readonly string[], claims: readonly ClaimedWindow[]): void {
    for (const stream of streams) this.#claimed.set(stream, new Taken());
    for (const claim of claims) this.#claimed.get(claim.stream)!.add(claim, claim.window);
  }

  /** Whether no part of a unit has ended or is being fetched by others. */
  isFree(unit: Unit): boolean {
    const { free, busy } = this.partsOf(unit);
    return busy.length === 0 && free[0] === unit;
  }

  /** Which parts of a unit are free, and which are busy; the others have ended. */
  partsOf(unit: Unit): Parts {
    const id = trackId(unit);
    const claimed = this.#claimed.get(unit.stream);
    const { window } = unit;
    if (window === null) {
      if (this.#ended.whole.has(id)) return { free: [], busy: [] };
      return claimed?.whole.has(id) ? { free: [], busy: [unit] } : { free: [unit], busy: [] };
    }
    const open = this.#ended.gaps(id, window);
    const free = claimed === undefined ? open : open.flatMap((part) => claimed.gaps(id, part));
    const busy = open.flatMap((part) => subtract(part, free));
    const unitOf = (part: Window) =>
      part.from === window.from && part.to === window.to ? unit : { ...unit, window: part };
    return { free: free.map(unitOf), busy: busy.map(unitOf) };
  }
}

function trackId({ stream, scope, each }: Track): string {
  return `${stream}\0${scope}\0${each}`;
}
