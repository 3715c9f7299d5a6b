// What is done of each track of a job: the coverage of its dates, or when it was fetched. It is read from KV by stream
// and scope, kept in memory, and written as changes that the checkpoint commits. It knows nothing of retries.
import { Coverage, type RangeState, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import { type Change, deletion } from "./change.ts";
import type { EntryKind } from "./key.ts";
import type { Measures } from "./measures.ts";
import { entries } from "./open_kv.ts";
import type { RejectedWindow } from "./retry_entry.ts";
import { readShards, type Shard, Shards, type ShardValue } from "./shard.ts";

/** A window whose rows have committed. */
export interface DoneWindow extends RejectedWindow {
  /** Whether it is a page of a feed; then `rejectedCount` counts all pages of the feed. */
  readonly isPage?: boolean;
  /** Parts of the window with their state; ignored without a window. */
  readonly parts: readonly (Window & RangeState)[];
}

/** A stream without windows (or one of its `for_each` values) that was fetched. */
export interface Item {
  /** When its fetch started, epoch milliseconds. */
  readonly at: number;
  /** Whether the API returned no record. */
  readonly empty: boolean;
}

/** What is done of one track. */
export interface DoneTrack {
  /** The dates that are done; undefined for a track without windows. */
  coverage: Coverage | undefined;
  /** How the coverage is stored. */
  shards: Shards | undefined;
  /** When it was fetched; undefined for a track with windows, and before. */
  item: Item | undefined;
}

/** Entries read at once; larger than KV's default of 100 because a history may have thousands. */
const BATCH = { batchSize: 500 } as const;

/** What is done of the tracks of one job. */
export class DoneTracks {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #measures: Pick<Measures, "load">;
  readonly #tracks = new Map<string, DoneTrack>();
  readonly #loaded = new Map<string, Promise<void>>();
  /** Whether memory holds everything, and what is stored does not count. */
  #isWhole = false;

  /** Reads nothing yet; measures are loaded with the tracks. */
  constructor(kv: Deno.Kv, prefix: Deno.KvKey, measures: Pick<Measures, "load">) {
    [this.#kv, this.#prefix, this.#measures] = [kv, prefix, measures];
  }

  /** Reads the coverage of all tracks of a stream and scope into memory. */
  load(stream: string, scope: string): Promise<void> {
    const id = JSON.stringify([stream, scope]);
    if (this.#isWhole) return Promise.resolve();
    const loaded = this.#loaded.get(id) ?? this.#load(stream, scope);
    this.#loaded.set(id, loaded);
    return loaded;
  }

  async #load(stream: string, scope: string): Promise<void> {
    await this.#loadCoverage(stream, scope);
    const prefix = this.#key("item", stream, scope);
    for await (const { key, value } of entries<Item>(this.#kv, { prefix }, BATCH)) {
      this.of({ stream, scope, each: String(key.at(-1)) }).item = value;
    }
    await this.#measures.load(stream, scope);
  }

  async #loadCoverage(stream: string, scope: string): Promise<void> {
    const stored = new Map<string, [Shard, ShardValue][]>();
    const prefix = this.#key("coverage", stream, scope);
    for await (const { key, value } of entries<ShardValue>(this.#kv, { prefix }, BATCH)) {
      const each = String(key.at(-2));
      const shards = stored.get(each);
      if (shards === undefined) stored.set(each, [[Number(key.at(-1)), value]]);
      else shards.push([Number(key.at(-1)), value]);
    }
    for (const [each, shards] of stored) {
      Object.assign(this.of({ stream, scope, each }), readShards(shards));
    }
  }

  /** The tracks of a stream and scope that have been fetched, in part or whole. */
  list(stream: string, scope: string): Track[] {
    return [...this.#tracks.keys()]
      .map((id) => JSON.parse(id) as [string, string, string])
      .filter(([ofStream, ofScope]) => ofStream === stream && ofScope === scope)
      .map(([, , each]) => ({ stream, scope, each }));
  }

  /** The scopes of a stream that have been fetched, in part or whole. */
  async scopes(stream: string): Promise<string[]> {
    const scopes = new Set<string>();
    for (const id of this.#tracks.keys()) {
      const [ofStream, scope] = JSON.parse(id) as [string, string, string];
      const { coverage, item } = this.#tracks.get(id)!;
      const isFetched = (coverage?.ranges ?? []).length > 0 || item !== undefined;
      if (ofStream === stream && isFetched) scopes.add(scope);
    }
    if (this.#isWhole) return [...scopes].sort();
    for (const kind of ["coverage", "item"] as const) {
      const prefix = this.#key(kind, stream);
      let start: Deno.KvKey | undefined;
      for (;;) {
        const selector = start === undefined ? { prefix } : { prefix, start };
        const { value: entry } = await entries(this.#kv, selector, { limit: 1 }).next();
        if (entry === undefined) break;
        const scope = String(entry.key[prefix.length]);
        scopes.add(scope);
        start = [...prefix, `${scope}\0`];
      }
    }
    return [...scopes].sort();
  }

  /** Covers windows in memory first, so that a year that several of them touch is written once. */
  cover(windows: readonly DoneWindow[]): Change[] {
    const changes: Change[] = [];
    const touched = new Map<DoneTrack, { track: Track; windows: Window[] }>();
    for (const done of windows) {
      const { stream, scope, each, window, parts, requestedAt } = done;
      const tracked = this.of(done);
      if (window === null) {
        const item: Item = { at: requestedAt, empty: parts.every((part) => part.empty) };
        tracked.item = item;
        changes.push({ key: this.#key("item", stream, scope, each), value: () => item });
        continue;
      }
      for (const part of parts) datesOf(tracked).coverage.add(part, part);
      const known = touched.get(tracked);
      if (known === undefined) touched.set(tracked, { track: done, windows: [window] });
      else known.windows.push(window);
    }
    for (const [tracked, { track: { stream, scope, each }, windows }] of touched) {
      const { coverage, shards } = datesOf(tracked);
      const changed = union(windows).flatMap((each) => shards.changes(coverage, each));
      for (const { shard, value } of changed) {
        changes.push({ key: this.#key("coverage", stream, scope, each, shard), value });
      }
    }
    return changes;
  }

  /** Forgets everything; what is stored does not count from now on. */
  forget(): void {
    this.#tracks.clear();
    this.#loaded.clear();
    this.#isWhole = true;
  }

  /** The deletions of everything that is stored. */
  async deletions(): Promise<Change[]> {
    const stored: Change[] = [];
    for (const kind of ["coverage", "item"] as const) {
      for await (const { key } of entries(this.#kv, { prefix: this.#key(kind) }, BATCH)) {
        stored.push(deletion(key));
      }
    }
    return stored;
  }

  /** The dates of a track that are done; its stream and scope must have been loaded. */
  coverage(track: Track): Coverage {
    return datesOf(this.of(track)).coverage;
  }

  /** What is done of a track; its stream and scope must have been loaded. */
  of(track: Track): DoneTrack {
    const id = JSON.stringify([track.stream, track.scope, track.each]);
    let done = this.#tracks.get(id);
    if (done === undefined) {
      done = { coverage: undefined, shards: undefined, item: undefined };
      this.#tracks.set(id, done);
    }
    return done;
  }

  #key(kind: EntryKind, ...parts: Deno.KvKeyPart[]): Deno.KvKey {
    return [...this.#prefix, kind, ...parts];
  }
}

/** The coverage of a track with windows. */
function datesOf(tracked: DoneTrack): { coverage: Coverage; shards: Shards } {
  const coverage = tracked.coverage ??= new Coverage();
  const shards = tracked.shards ??= new Shards();
  return { coverage, shards };
}
