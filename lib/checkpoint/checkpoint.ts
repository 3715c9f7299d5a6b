// Owns what is known of a job on one target: coverage, windows to fetch again (failed, or with rejected
// rows), runs and measures. Memory is the working copy, KV is the durable one: a change is written before
// the call returns, and callers make it only after the rows it describes have committed. One process
// holds a job at a time (the target's lock ensures it), so no other writer's changes are merged.
import type { Rejection } from "../extract/extractor.ts";
import type { RangeState } from "../plan/coverage.ts";
import { Coverage, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { RecordedFailure } from "../upsert/history.ts";
import type { Change } from "./change.ts";
import { deletion, writeChanges } from "./change.ts";
import type { EntryKind } from "./key.ts";
import { jobPrefix } from "./key.ts";
import { Measures } from "./measures.ts";
import { entries } from "./open_kv.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { failedEntry, rejectedEntry } from "./retry_entry.ts";
import { RetryList } from "./retry_list.ts";
import { RunLog } from "./run_log.ts";
import type { Shard, ShardValue } from "./shard.ts";
import { readShards, Shards } from "./shard.ts";

/** A window whose rows have committed. */
export interface DoneWindow extends Track {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Parts of the window with their state; ignored without a window. */
  readonly parts: readonly (Window & RangeState)[];
  /** Rows of it that were rejected. */
  readonly rejected: readonly Rejection[];
  /** Number of rejected rows; may exceed the number kept. */
  readonly rejectedCount: number;
  /** When its fetch started, epoch milliseconds. */
  readonly requestedAt: number;
}

/** A stream without windows (or one of its `for_each` values) that was fetched. */
export interface Item {
  /** When its fetch started, epoch milliseconds. */
  readonly at: number;
  /** Whether the API returned no record. */
  readonly empty: boolean;
}

/** Changes gathered while coverage is rebuilt; a year that many windows touch is then written once. */
const CHANGES_PER_REBUILD = 5000;

interface Tracked {
  coverage: Coverage;
  shards: Shards;
  item: Item | undefined;
}

/** The checkpoint of one job on one target. */
export class Checkpoint {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #tracks = new Map<string, Tracked>();
  readonly #loaded = new Map<string, Promise<void>>();
  #retryList: Promise<RetryList> | undefined;
  /** The options of the job's runs and how they ended. */
  readonly runs: RunLog;
  /** What the windows of each stream measured; written with the next `done`. */
  readonly measures: Measures;

  /** A checkpoint in an open store; `target` is the stamp of the target. */
  constructor(kv: Deno.Kv, target: string, job: string) {
    this.#kv = kv;
    this.#prefix = jobPrefix(target, job);
    this.runs = new RunLog(kv, this.#key("run"));
    this.measures = new Measures(kv, this.#key("measure"));
  }

  /** Reads the coverage of all tracks of a stream and scope into memory. */
  load(stream: string, scope: string): Promise<void> {
    const id = JSON.stringify([stream, scope]);
    const loaded = this.#loaded.get(id) ?? this.#load(stream, scope);
    this.#loaded.set(id, loaded);
    return loaded;
  }

  async #load(stream: string, scope: string): Promise<void> {
    await this.#loadCoverage(stream, scope);
    const prefix = this.#key("item", stream, scope);
    for await (const { key, value } of entries<Item>(this.#kv, { prefix }, BATCH)) {
      this.#tracked({ stream, scope, each: String(key.at(-1)) }).item = value;
    }
    await this.measures.load(stream);
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
      Object.assign(this.#tracked({ stream, scope, each }), readShards(shards));
    }
  }

  /** The coverage of a track; its stream and scope must have been loaded. */
  coverage(track: Track): Coverage {
    return this.#tracked(track).coverage;
  }

  /** When a stream without windows was last fetched. */
  item(track: Track): Item | undefined {
    return this.#tracked(track).item;
  }

  /** The tracks of a stream and scope that have been fetched, in part or whole. */
  tracks(stream: string, scope: string): Track[] {
    return [...this.#tracks.keys()]
      .map((id) => JSON.parse(id) as [string, string, string])
      .filter(([ofStream, ofScope]) => ofStream === stream && ofScope === scope)
      .map(([, , each]) => ({ stream, scope, each }));
  }

  /** The scopes of a stream that have been fetched, in part or whole. */
  async scopes(stream: string): Promise<string[]> {
    const scopes = new Set<string>();
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

  /** Records windows whose rows have committed; retry entries for their dates are removed. */
  async done(windows: readonly DoneWindow[], at: number): Promise<void> {
    const retryList = await this.#openRetryList();
    const changes: Change[] = [];
    for (const { window, rejected, rejectedCount, ...track } of windows) {
      changes.push(...retryList.resolve(track, window));
      if (rejectedCount === 0) continue;
      changes.push(...retryList.add(rejectedEntry(track, window, rejected, rejectedCount, at)));
    }
    changes.push(...this.#cover(windows));
    changes.push(...this.measures.changes(new Set(windows.map(({ stream }) => stream))));
    await this.#write(changes);
  }

  /** Records a window that failed; parts of it that were done before stay done. */
  async failed(
    track: Track,
    window: Window | null,
    reason: string,
    hint: string | undefined,
    at: number,
  ): Promise<void> {
    const retryList = await this.#openRetryList();
    await this.#write(retryList.add(failedEntry(track, window, reason, hint, at)));
  }

  /** Deletes the retry entries of a track that no longer apply. */
  async resolve(track: Track): Promise<void> {
    const retryList = await this.#openRetryList();
    if (retryList.has(track)) await this.#write(retryList.resolve(track, null));
  }

  /** The windows to fetch again, by stream and date. */
  async retryEntries(): Promise<RetryEntry[]> {
    return (await this.#openRetryList()).list();
  }

  /** The ranges of a track to fetch again. */
  async retryWindows(track: Track): Promise<Window[]> {
    return union((await this.#openRetryList()).rest(track));
  }

  /** Whether a track without windows is to be fetched again. */
  async needsRetry(track: Track): Promise<boolean> {
    return (await this.#openRetryList()).has(track);
  }

  /** Deletes all retry entries; failed windows stay gaps. Returns the number deleted. */
  async clearRetryEntries(): Promise<number> {
    const retryList = await this.#openRetryList();
    const count = retryList.list().length;
    await this.#write(retryList.clear());
    return count;
  }

  /**
   * Replaces all coverage of the job by what the target's ledger records; of two windows over the same
   * dates the later one counts. Failures become retry entries unless a later window resolves them, and
   * so do windows with rejected rows unless they are known. Interrupted, it leaves some done dates out,
   * and the next run fetches them again.
   */
  async rebuild(
    windows: AsyncIterable<DoneWindow>,
    failures: AsyncIterable<RecordedFailure> | Iterable<RecordedFailure> = [],
  ): Promise<void> {
    await this.#forgetCoverage();
    const retryList = await this.#openRetryList();
    let [retries, done]: [Change[], Change[]] = [[], []];
    for await (const { window, reason, hint, at, ...track } of failures) {
      retries.push(...retryList.add(failedEntry(track, window, reason, hint, at)));
    }
    for await (const window of windows) {
      retries.push(...retryList.restore(window, window.rejectedCount, window.requestedAt));
      done.push(...this.#cover([window]));
      if (retries.length + done.length < CHANGES_PER_REBUILD) continue;
      await this.#write([...retries, ...done]);
      [retries, done] = [[], []];
    }
    await this.#write([...retries, ...done]);
  }

  async #forgetCoverage(): Promise<void> {
    this.#tracks.clear();
    this.#loaded.clear();
    const forgotten: Change[] = [];
    for (const kind of ["coverage", "item"] as const) {
      for await (const { key } of entries(this.#kv, { prefix: this.#key(kind) }, BATCH)) {
        forgotten.push(deletion(key));
      }
    }
    await this.#write(forgotten);
  }

  /** Covers windows in memory first, so that a year that several of them touch is written once. */
  #cover(windows: readonly DoneWindow[]): Change[] {
    const changes: Change[] = [];
    for (const done of windows) {
      const { stream, scope, each, window, parts, requestedAt } = done;
      const tracked = this.#tracked(done);
      if (window === null) {
        const item: Item = { at: requestedAt, empty: parts.every((part) => part.empty) };
        tracked.item = item;
        changes.push({ key: this.#key("item", stream, scope, each), value: () => item });
        continue;
      }
      for (const part of parts) tracked.coverage.add(part, part);
      for (const { shard, value } of tracked.shards.changes(tracked.coverage, window)) {
        changes.push({ key: this.#key("coverage", stream, scope, each, shard), value });
      }
    }
    return changes;
  }

  #openRetryList(): Promise<RetryList> {
    return this.#retryList ??= RetryList.load(this.#kv, this.#prefix);
  }

  #write(changes: readonly Change[]): Promise<void> {
    return writeChanges(this.#kv, changes);
  }

  #tracked(track: Track): Tracked {
    const id = JSON.stringify([track.stream, track.scope, track.each]);
    let tracked = this.#tracks.get(id);
    if (tracked === undefined) {
      tracked = { coverage: new Coverage(), shards: new Shards(), item: undefined };
      this.#tracks.set(id, tracked);
    }
    return tracked;
  }

  #key(kind: EntryKind, ...parts: Deno.KvKeyPart[]): Deno.KvKey {
    return [...this.#prefix, kind, ...parts];
  }
}

/** Entries read at once; larger than KV's default of 100 because a history may have thousands. */
const BATCH = { batchSize: 500 } as const;
