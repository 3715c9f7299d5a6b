// Owns the windows to fetch again, in memory and in KV: which parts of them are left, and when an entry
// is resolved. It returns changes, which checkpoint.ts writes together with others. An entry is stored
// as one value, or as several if its rejected rows do not fit in one.
import { subtract } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Change } from "./change.ts";
import { deletion } from "./change.ts";
import { entries } from "./open_kv.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { byTrackAndDate, rejectedEntry, sameTrack } from "./retry_entry.ts";

/** Rejected rows in one value; a row is at most 6.5 KiB, a value 64 KiB. */
const REJECTIONS_PER_VALUE = 7;
/** Most parts of a window stored, 25 bytes each; with more, the whole window is fetched again. */
const PARTS_KEPT = 500;

/** An entry with its keys and the parts of its window that are left to fetch. */
interface OpenEntry {
  entry: RetryEntry;
  readonly keys: Deno.KvKey[];
  rest: readonly Window[];
}

/** The first value of an entry; further rejected rows are in separate values. */
interface StoredEntry extends RetryEntry {
  /** Parts left to fetch; absent for the whole window. */
  readonly rest?: readonly Window[];
}

/** The windows of a job to fetch again. */
export class RetryList {
  readonly #prefix: Deno.KvKey;
  readonly #open: OpenEntry[];

  /** Reads the entries stored under the prefix of a job. */
  static async load(kv: Deno.Kv, prefix: Deno.KvKey): Promise<RetryList> {
    const open: OpenEntry[] = [];
    for (const kind of ["failed", "rejected"] as const) {
      for await (const entry of entries<StoredEntry>(kv, { prefix: [...prefix, kind] })) {
        const last = open.at(-1);
        if (Number(entry.key.at(-1)) > 0 && last !== undefined) addValue(last, entry);
        else open.push(opened(entry));
      }
    }
    return new RetryList(prefix, open);
  }

  private constructor(prefix: Deno.KvKey, open: OpenEntry[]) {
    this.#prefix = prefix;
    this.#open = open;
  }

  /** All entries, by track and date. */
  list(): RetryEntry[] {
    return this.#open.map(({ entry }) => entry).sort(byTrackAndDate);
  }

  /** Whether a track has an entry. */
  has(track: Track): boolean {
    return this.#open.some(({ entry }) => sameTrack(entry, track));
  }

  /** The parts of a track's windows that are left to fetch; they may overlap. */
  rest(track: Track): Window[] {
    return this.#open.filter(({ entry }) => sameTrack(entry, track))
      .flatMap(({ rest }) => rest);
  }

  /** Adds an entry and drops failures that it covers, so that dates that keep failing have one entry. */
  add(entry: RetryEntry): Change[] {
    const superseded = entry.kind === "failed"
      ? this.#drop((open) =>
        open.entry.kind === "failed" && sameTrack(open.entry, entry) &&
        without(open.rest, entry.window).length === 0
      )
      : [];
    const values = valuesOf(entry).map((value, i) => ({ key: this.#key(entry, i), value }));
    const keys = values.map(({ key }) => key);
    this.#open.push({ entry, keys, rest: entry.window === null ? [] : [entry.window] });
    return [...superseded, ...values.map(({ key, value }) => ({ key, value: () => value }))];
  }

  /**
   * Removes the dates of a window that is done from the entries that are older than `before` (epoch
   * milliseconds).
   */
  resolve(track: Track, window: Window | null, before = Infinity): Change[] {
    const shorter: Change[] = [];
    const resolved = this.#drop((open) => {
      if (!sameTrack(open.entry, track) || Date.parse(open.entry.at) >= before) return false;
      const rest = without(open.rest, window);
      if (minutesOf(rest) < minutesOf(open.rest)) {
        open.rest = rest;
        shorter.push({ key: open.keys[0]!, value: () => firstValue(open) });
      }
      return rest.length === 0;
    });
    return [...shorter, ...resolved];
  }

  /**
   * Applies a window of the target's ledger that was fetched at `at`: it resolves older entries, and
   * becomes an entry if rows were rejected, unless such an entry exists, which also holds the rows.
   */
  restore(done: Track & { window: Window | null }, rejected: number, at: number): Change[] {
    const resolved = this.resolve(done, done.window, at);
    if (rejected === 0) return resolved;
    const isKnown = this.#open.some(({ entry }) =>
      entry.kind === "rejected" && sameTrack(entry, done) && covers(entry.window, done.window)
    );
    if (isKnown) return resolved;
    return [...resolved, ...this.add(rejectedEntry(done, done.window, [], rejected, at))];
  }

  /** Deletes all entries. */
  clear(): Change[] {
    return this.#drop(() => true);
  }

  #drop(isDropped: (open: OpenEntry) => boolean): Change[] {
    const changes: Change[] = [];
    for (let i = this.#open.length - 1; i >= 0; i--) {
      if (!isDropped(this.#open[i]!)) continue;
      changes.push(...this.#open[i]!.keys.map(deletion));
      this.#open.splice(i, 1);
    }
    return changes;
  }

  #key({ kind, stream, scope, each, window }: RetryEntry, value: number): Deno.KvKey {
    const dates = [window?.from ?? -1, window?.to ?? -1];
    return [...this.#prefix, kind, stream, scope, each, ...dates, value];
  }
}

function opened({ key, value }: Deno.KvEntry<StoredEntry>): OpenEntry {
  const { rest, ...entry } = value;
  const all = entry.window === null ? [] : [entry.window];
  return { entry, keys: [key], rest: rest ?? all };
}

function addValue(open: OpenEntry, { key, value }: Deno.KvEntry<StoredEntry>): void {
  open.keys.push(key);
  open.entry = { ...open.entry, rejected: [...open.entry.rejected, ...value.rejected] };
}

/** An entry as values that each fit in KV, with its rejected rows split over them. */
function valuesOf(entry: RetryEntry): StoredEntry[] {
  const values: StoredEntry[] = [];
  for (let i = 0; i < Math.max(entry.rejected.length, 1); i += REJECTIONS_PER_VALUE) {
    values.push({ ...entry, rejected: entry.rejected.slice(i, i + REJECTIONS_PER_VALUE) });
  }
  return values;
}

function firstValue({ entry, rest }: OpenEntry): StoredEntry {
  return { ...valuesOf(entry)[0]!, ...(rest.length <= PARTS_KEPT && { rest }) };
}

/** Whether a window contains another. */
function covers(window: Window | null, other: Window | null): boolean {
  if (window === null || other === null) return window === other;
  return subtract(other, [window]).length === 0;
}

/** The parts outside a window; none if there are no dates. */
function without(parts: readonly Window[], window: Window | null): Window[] {
  return window === null ? [] : parts.flatMap((part) => subtract(part, [window]));
}

function minutesOf(parts: readonly Window[]): number {
  return parts.reduce((sum, part) => sum + part.to - part.from, 0);
}
