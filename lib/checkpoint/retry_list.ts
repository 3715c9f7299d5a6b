// Owns the windows to fetch again, in memory and in KV: which parts of them are left, and when an entry
// is resolved. It returns changes, which checkpoint.ts writes together with others. An entry is stored
// as one value, or as several if its rejected rows do not fit in one.
import { subtract } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Change } from "./change.ts";
import { deletion } from "./change.ts";
import { entries } from "./open_kv.ts";
import type { RejectedWindow, RetryEntry } from "./retry_entry.ts";
import { byTrackAndDate, rejectedEntry } from "./retry_entry.ts";

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
  /** By track. */
  readonly #open = new Map<string, OpenEntry[]>();

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
    for (const each of open) this.#opened(each);
  }

  #opened(open: OpenEntry): void {
    const id = trackId(open.entry);
    const others = this.#open.get(id);
    if (others === undefined) this.#open.set(id, [open]);
    else others.push(open);
  }

  #of(track: Track): readonly OpenEntry[] {
    return this.#open.get(trackId(track)) ?? [];
  }

  /** All entries, by track and date. */
  list(): RetryEntry[] {
    return [...this.#open.values()].flat().map(({ entry }) => entry).sort(byTrackAndDate);
  }

  /** Whether a track has an entry. */
  has(track: Track): boolean {
    return this.#open.has(trackId(track));
  }

  /** The parts of a track's windows that are left to fetch; they may overlap. */
  rest(track: Track): Window[] {
    return this.#of(track).flatMap(({ rest }) => rest);
  }

  /** Adds an entry and drops failures that it covers, so that dates that keep failing have one entry. */
  add(entry: RetryEntry): Change[] {
    const superseded = entry.kind === "failed"
      ? this.#drop(
        trackId(entry),
        (open) => open.entry.kind === "failed" && without(open.rest, entry.window).length === 0,
      )
      : [];
    const values = valuesOf(entry).map((value, i) => ({ key: this.#key(entry, i), value }));
    const keys = values.map(({ key }) => key);
    this.#opened({ entry, keys, rest: entry.window === null ? [] : [entry.window] });
    return [...superseded, ...values.map(({ key, value }) => ({ key, value: () => value }))];
  }

  /** Removes the dates of a window that is done from the entries, or from those of one kind. */
  resolve(track: Track, window: Window | null, kind?: RetryEntry["kind"]): Change[] {
    const shorter: Change[] = [];
    const resolved = this.#drop(trackId(track), (open) => {
      if (kind !== undefined && open.entry.kind !== kind) return false;
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
   * Applies a window of the target's ledger: it resolves entries, and becomes one if rows were rejected. An
   * entry of the same fetch stays, because it also holds the rows.
   */
  fold(done: RejectedWindow): Change[] {
    const isKnown = done.rejectedCount > 0 &&
      this.#of(done).some(({ entry }) =>
        entry.kind === "rejected" && covers(entry.window, done.window) && isOfFetch(entry, done)
      );
    if (isKnown) return this.resolve(done, done.window, "failed");
    const resolved = this.resolve(done, done.window);
    if (done.rejectedCount === 0) return resolved;
    return [...resolved, ...this.add(rejectedEntry(done, done.requestedAt))];
  }

  /**
   * Applies a page of a feed that is done: it resolves a failure, and the rejected rows of its feed once none is left.
   * The feed has one entry, with the rows of all its pages.
   */
  page(done: RejectedWindow, at: number): Change[] {
    if (!this.has(done) && done.rejectedCount === 0) return [];
    const known = this.#of(done).flatMap(({ entry }) => entry.rejected);
    const resolved = this.resolve(done, null);
    if (done.rejectedCount === 0) return resolved;
    const rejected = [
      ...new Map([...known, ...done.rejected].map((row) => [JSON.stringify(row), row]))
        .values(),
    ];
    return [...resolved, ...this.add(rejectedEntry({ ...done, rejected }, at))];
  }

  /** Deletes all entries, or those of one kind. */
  clear(kind?: RetryEntry["kind"]): Change[] {
    return [...this.#open.keys()].flatMap((id) =>
      this.#drop(id, ({ entry }) => kind === undefined || entry.kind === kind)
    );
  }

  #drop(id: string, isDropped: (open: OpenEntry) => boolean): Change[] {
    const changes: Change[] = [];
    const kept = (this.#open.get(id) ?? []).filter((open) => {
      if (!isDropped(open)) return true;
      changes.push(...open.keys.map(deletion));
      return false;
    });
    if (kept.length > 0) this.#open.set(id, kept);
    else this.#open.delete(id);
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

function trackId({ stream, scope, each }: Track): string {
  return `${stream}\0${scope}\0${each}`;
}

/** An entry of an earlier version does not say when its window was requested. */
function isOfFetch({ requestedAt, at }: RetryEntry, done: RejectedWindow): boolean {
  if (requestedAt === undefined) return Date.parse(at) >= done.requestedAt;
  return requestedAt === done.requestedAt;
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
