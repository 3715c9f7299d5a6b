// Owns what is remembered of a job on one target: coverage, windows to be asked again (failed, or with
// rejected rows), runs and measures. Memory is the working copy, KV the truth: a change is written
// before the call returns, and callers make it only after the rows it speaks of have committed. One
// process holds a job at a time (the target's lock sees to it), so no other writer needs to be merged.
import type { Rejection } from "../extract/extractor.ts";
import type { RangeState } from "../plan/coverage.ts";
import { Coverage, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Change } from "./change.ts";
import { deletion, writeChanges } from "./change.ts";
import type { EntryKind } from "./key.ts";
import { jobPrefix } from "./key.ts";
import { entries, readValue } from "./open_kv.ts";
import type { Shard, ShardValue } from "./shard.ts";
import { readShards, Shards } from "./shard.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { failedTrouble, rejectedTrouble } from "./retry_entry.ts";
import { RetryList } from "./retry_list.ts";

export type { RetryEntry } from "./retry_entry.ts";

/** A window whose rows have committed. */
export interface DoneWindow extends Track {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Parts of the window with what is known of them; ignored without a window. */
  readonly parts: readonly (Window & RangeState)[];
  /** Rows of it that were rejected. */
  readonly rejected: readonly Rejection[];
  /** How many were rejected in all; may exceed what is kept. */
  readonly rejectedCount: number;
}

/** A window that the target's ledger proves. */
export interface ProvenWindow extends DoneWindow {
  /** When it was fetched, epoch milliseconds. */
  readonly at: number;
}

/** A stream without windows (or one of its `for_each` values) that was fetched. */
export interface Item {
  /** Epoch milliseconds of the fetch. */
  readonly at: number;
  /** Whether there was no record. */
  readonly empty: boolean;
}

/** What a run was asked and how it went. */
export interface RunRecord {
  /** Id of the run. */
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; absent while it runs or where it was killed. */
  readonly endedAt?: string;
  /** The command's options, for `--resume`; no secrets. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The summary, once ended. */
  readonly summary?: unknown;
}

/** Sums over all windows of a stream, from which requests, rows and time are forecast. */
export interface Measure {
  /** Windows; a stream without windows counts its fetches. */
  windows: number;
  /** Answers read to their end. */
  pages: number;
  /** Records on them. */
  records: number;
  /** Rows made of them, over all tables. */
  rows: number;
  /** Civil minutes the windows covered. */
  minutes: number;
  /** Milliseconds from a request to the end of its answer, over all pages. */
  answerMs: number;
}

/** Changes gathered while coverage is rebuilt; a year that many windows touch is written once for them all. */
const CHANGES_PER_REBUILD = 5000;
/** Runs listed. */
const RUNS_KEPT = 50;

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
  #troubles: Promise<RetryList> | undefined;
  readonly #measures = new Map<string, Measure>();

  /** A checkpoint in an open store; `target` is the stamp of the target. */
  constructor(kv: Deno.Kv, target: string, job: string) {
    this.#kv = kv;
    this.#prefix = jobPrefix(target, job);
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
    const measure = await readValue<Measure>(this.#kv, this.#key("measure", stream));
    if (measure !== null && !this.#measures.has(stream)) this.#measures.set(stream, measure);
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

  /** The tracks of a stream and scope of which anything is known. */
  tracks(stream: string, scope: string): Track[] {
    return [...this.#tracks.keys()]
      .map((id) => JSON.parse(id) as [string, string, string])
      .filter(([ofStream, ofScope]) => ofStream === stream && ofScope === scope)
      .map(([, , each]) => ({ stream, scope, each }));
  }

  /** The scopes of a stream of which anything is stored. */
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

  /** Records windows whose rows have committed; what stood against their dates is removed. */
  async done(windows: readonly DoneWindow[], at: number): Promise<void> {
    const troubles = await this.#openTroubles();
    const changes: Change[] = [];
    for (const { window, rejected, rejectedCount, ...track } of windows) {
      changes.push(...troubles.resolve(track, window));
      if (rejectedCount === 0) continue;
      changes.push(...troubles.add(rejectedTrouble(track, window, rejected, rejectedCount, at)));
    }
    changes.push(...this.#cover(windows, at));
    for (const stream of new Set(windows.map((window) => window.stream))) {
      const measure = this.#measures.get(stream);
      if (measure === undefined) continue;
      changes.push({ key: this.#key("measure", stream), value: () => measure });
    }
    await this.#write(changes);
  }

  /** Records a window that failed; what was done of it before stays done. */
  async failed(
    track: Track,
    window: Window | null,
    reason: string,
    hint: string | undefined,
    at: number,
  ): Promise<void> {
    const troubles = await this.#openTroubles();
    await this.#write(troubles.add(failedTrouble(track, window, reason, hint, at)));
  }

  /** The windows to be asked again, stream by stream in the order of their dates. */
  async troubles(): Promise<RetryEntry[]> {
    return (await this.#openTroubles()).list();
  }

  /** The ranges of a track that are to be asked again. */
  async troubled(track: Track): Promise<Window[]> {
    return union((await this.#openTroubles()).rest(track));
  }

  /** Whether a track without windows is to be asked again. */
  async isTroubled(track: Track): Promise<boolean> {
    return (await this.#openTroubles()).has(track);
  }

  /** Forgets the troubles; what failed is not done and stays a gap. Returns how many there were. */
  async clearTroubles(): Promise<number> {
    const troubles = await this.#openTroubles();
    const count = troubles.list().length;
    await this.#write(troubles.clear());
    return count;
  }

  /** Adds what a window measured to its stream's sums; written with the next `done`. */
  measure(stream: string, more: Measure): void {
    const sum = this.#measures.get(stream) ??
      { windows: 0, pages: 0, records: 0, rows: 0, minutes: 0, answerMs: 0 };
    for (const name of Object.keys(sum) as (keyof Measure)[]) sum[name] += more[name];
    this.#measures.set(stream, sum);
  }

  /** The sums of a stream; undefined before its first window. */
  measured(stream: string): Measure | undefined {
    return this.#measures.get(stream);
  }

  /** Writes a run, at its start and at its end. */
  async saveRun(run: RunRecord): Promise<void> {
    const key = this.#key("run", run.startedAt, run.run);
    await this.#write([{ key, value: () => run }]);
  }

  /** The last runs, newest first. */
  async runs(limit = RUNS_KEPT): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    const list = entries<RunRecord>(this.#kv, { prefix: this.#key("run") }, {
      reverse: true,
      limit,
    });
    for await (const { value } of list) runs.push(value);
    return runs;
  }

  /**
   * Replaces all coverage of the job by what the target can prove; of two windows over the same dates
   * the later one counts. Windows with rejected rows that were forgotten are to be asked again; what
   * else is to be asked again, runs and measures stay. Cut short, it has forgotten some of what is done,
   * and the next run fetches that again.
   */
  async rebuild(windows: AsyncIterable<ProvenWindow>): Promise<void> {
    await this.#forgetCoverage();
    const troubles = await this.#openTroubles();
    let [toAsk, done]: [Change[], Change[]] = [[], []];
    for await (const window of windows) {
      toAsk.push(...troubles.restore(window, window.rejectedCount, window.at));
      done.push(...this.#cover([window], window.at));
      if (toAsk.length + done.length < CHANGES_PER_REBUILD) continue;
      await this.#write([...toAsk, ...done]);
      [toAsk, done] = [[], []];
    }
    await this.#write([...toAsk, ...done]);
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
  #cover(windows: readonly DoneWindow[], at: number): Change[] {
    const changes: Change[] = [];
    for (const done of windows) {
      const { stream, scope, each, window, parts } = done;
      const tracked = this.#tracked(done);
      if (window === null) {
        const item: Item = { at, empty: parts.every((part) => part.empty) };
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

  #openTroubles(): Promise<RetryList> {
    return this.#troubles ??= RetryList.load(this.#kv, this.#prefix);
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
