// Tracks what all processes of a run have finished, and what the others have claimed, as far as this one
// knows. It determines which parts of a window are still free. It reads and writes nothing.
import type { Track } from "../plan/scope.ts";
import { Coverage, subtract } from "../plan/coverage.ts";
import type { Unit } from "../plan/unit.ts";
import type { Window } from "../plan/time/window.ts";
import type { ClaimedWindow } from "../upsert/claim_table.ts";
import type { Logs } from "../upsert/read_logs.ts";

/** Dates of a track that are taken. */
interface Taken {
  readonly dates: Coverage;
  /** Whether the track is taken that has no windows. */
  isWhole: boolean;
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
  readonly #sinceXid: number;
  readonly #ended = new Map<string, Taken>();
  readonly #claimed = new Map<string, Map<string, Taken>>();

  /** Transactions from `sinceXid` on belong to the run. */
  constructor(sinceXid: number) {
    this.#sinceXid = sinceXid;
  }

  /** Takes over windows that were finished or have failed in the run. */
  add({ tracks, failures }: Logs): void {
    for (const track of tracks) {
      for (const { window, xid, settled } of track.windows) {
        // A feed has ended once it had no more.
        if (window === null && !settled) continue;
        if (xid >= this.#sinceXid) take(this.#ended, track, window);
      }
    }
    for (const failure of failures) {
      if (failure.xid >= this.#sinceXid && failure.reason !== null) {
        take(this.#ended, failure, failure.window);
      }
    }
  }

  /** Replaces what others have claimed of streams. */
  claimedByOthers(streams: readonly string[], claims: readonly ClaimedWindow[]): void {
    for (const stream of streams) this.#claimed.set(stream, new Map());
    for (const claim of claims) take(this.#claimed.get(claim.stream)!, claim, claim.window);
  }

  /** Which parts of a unit are free, and which are busy; the others have ended. */
  partsOf(unit: Unit): Parts {
    const id = trackId(unit);
    const ended = this.#ended.get(id);
    const claimed = this.#claimed.get(unit.stream)?.get(id);
    const { window } = unit;
    if (window === null) {
      if (ended?.isWhole) return { free: [], busy: [] };
      return claimed?.isWhole ? { free: [], busy: [unit] } : { free: [unit], busy: [] };
    }
    const open = ended === undefined ? [window] : ended.dates.gaps(window);
    const free = claimed === undefined ? open : open.flatMap((part) => claimed.dates.gaps(part));
    const busy = open.flatMap((part) => subtract(part, free));
    const unitOf = (part: Window) =>
      part.from === window.from && part.to === window.to ? unit : { ...unit, window: part };
    return { free: free.map(unitOf), busy: busy.map(unitOf) };
  }
}

function take(taken: Map<string, Taken>, track: Track, window: Window | null): void {
  const id = trackId(track);
  let of = taken.get(id);
  if (of === undefined) taken.set(id, of = { dates: new Coverage(), isWhole: false });
  if (window === null) of.isWhole = true;
  else of.dates.add(window, STATE);
}

function trackId({ stream, scope, each }: Track): string {
  return `${stream}\0${scope}\0${each}`;
}
