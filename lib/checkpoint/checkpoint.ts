// Owns what is remembered of a job on one target: coverage, windows to be asked again (failed, or with
// rejected rows), runs and measures. Memory is the working copy, KV the truth: a change is written
// before the call returns, and callers make it only after the rows it speaks of have committed. One
// process holds a job at a time (the target's lock sees to it), so no other writer needs to be merged.
import type { Rejection } from "../extract/extractor.ts";
import { Coverage, subtract, union } from "../plan/coverage.ts";
import type { RangeState } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/window.ts";
import { commit } from "./open_kv.ts";
import type { EntryKind } from "./key.ts";
import { jobPrefix } from "./key.ts";
import { decodeMonths, encodeMonth, monthsOf } from "./shard.ts";

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

/** Why a window is to be asked again. */
export interface Trouble extends Track {
  /** `failed`: nothing of it counts as done; `rejected`: done but for some rows. */
  readonly kind: "failed" | "rejected";
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** What was the case, or how many rows were rejected. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Rows that were rejected. */
  readonly rejected: readonly Rejection[];
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
  windows: number;
  pages: number;
  records: number;
  rows: number;
  /** Civil minutes the windows covered. */
  minutes: number;
  /** Milliseconds from a request to the end of its answer, over all pages. */
  answerMs: number;
}

/** Mutations of one commit; KV takes 1000, and 800 KiB. */
const MUTATIONS_PER_COMMIT = 12;
/** Rejections of one value; each is at most about 2.5 KiB, a value 64 KiB. */
const REJECTIONS_PER_VALUE = 20;
/** Rejections kept of one window; the rest is counted. */
const REJECTIONS_PER_WINDOW = 1000;
/** Runs listed. */
const RUNS_KEPT = 50;

type Mutation = (operation: Deno.AtomicOperation) => void;

interface Tracked {
  coverage: Coverage;
  item: Item | undefined;
}

/** A trouble with its keys and the part of its window that is still to be asked again. */
interface OpenTrouble {
  trouble: Trouble;
  readonly keys: Deno.KvKey[];
  rest: Window[];
}

/** The checkpoint of one job on one target. */
export class Checkpoint {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #tracks = new Map<string, Tracked>();
  readonly #loaded = new Set<string>();
  #troubles: OpenTrouble[] | undefined;
  readonly #measures = new Map<string, Measure>();

  /** A checkpoint in an open store; `target` is the stamp of the target. */
  constructor(kv: Deno.Kv, target: string, job: string) {
    this.#kv = kv;
    this.#prefix = jobPrefix(target, job);
  }

  /** Reads the coverage of all tracks of a stream and scope into memory. */
  async load(stream: string, scope: string): Promise<void> {
    const id = JSON.stringify([stream, scope]);
    if (this.#loaded.has(id)) return;
    this.#loaded.add(id);
    await this.#loadCoverage(stream, scope);
    const items = this.#kv.list<Item>({ prefix: this.#key("item", stream, scope) }, BATCH);
    for await (const { key, value } of items) {
      this.#tracked({ stream, scope, each: String(key.at(-1)) }).item = value;
    }
    const measure = await this.#kv.get<Measure>(this.#key("measure", stream));
    if (measure.value !== null) this.#measures.set(stream, measure.value);
  }

  async #loadCoverage(stream: string, scope: string): Promise<void> {
    const months = new Map<string, number[][]>();
    const prefix = this.#key("coverage", stream, scope);
    for await (const { key, value } of this.#kv.list<number[]>({ prefix }, BATCH)) {
      const each = String(key.at(-2));
      const values = months.get(each);
      if (values === undefined) months.set(each, [value]);
      else values.push(value);
    }
    for (const [each, values] of months) {
      this.#tracked({ stream, scope, each }).coverage = decodeMonths(values);
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
        const next = this.#kv.list(selector, { limit: 1 });
        const entry = await next.next();
        if (entry.done) break;
        const scope = String(entry.value.key[prefix.length]);
        scopes.add(scope);
        start = [...prefix, `${scope}\0`];
      }
    }
    return [...scopes].sort();
  }

  /** Records windows whose rows have committed; what stood against their dates is removed. */
  async done(windows: readonly DoneWindow[], at: number): Promise<void> {
    const troubles = await this.#openTroubles();
    const mutations: Mutation[] = [];
    for (const window of windows) {
      mutations.push(...this.#resolve(window, troubles));
      if (window.rejectedCount > 0) mutations.push(...this.#addRejected(window, at));
    }
    mutations.push(...this.#cover(windows, at));
    for (const stream of new Set(windows.map((window) => window.stream))) {
      const measure = this.#measures.get(stream);
      if (measure !== undefined) {
        mutations.push((operation) => operation.set(this.#key("measure", stream), measure));
      }
    }
    await this.#write(mutations);
  }

  /** Records a window that failed; what was done of it before stays done. */
  async failed(
    track: Track,
    window: Window | null,
    reason: string,
    hint: string | undefined,
    at: number,
  ) {
    const troubles = await this.#openTroubles();
    const key = this.#troubleKey("failed", track, window, 0);
    const trouble: Trouble = {
      ...onlyTrack(track),
      kind: "failed",
      window,
      at: new Date(at).toISOString(),
      reason: reason.slice(0, 4000),
      hint,
      rejected: [],
    };
    const old = troubles.findIndex((open) => sameKey(open.keys[0], key));
    if (old >= 0) troubles.splice(old, 1);
    troubles.push({ trouble, keys: [key], rest: window === null ? [] : [window] });
    await this.#write([(operation) => operation.set(key, trouble)]);
  }

  /** The windows to be asked again, oldest first. */
  async troubles(): Promise<Trouble[]> {
    return (await this.#openTroubles()).map((open) => open.trouble);
  }

  /** The ranges of a track that are to be asked again. */
  async troubled(track: Track): Promise<Window[]> {
    const open = (await this.#openTroubles()).filter(({ trouble }) => sameTrack(trouble, track));
    return union(open.flatMap(({ rest }) => rest));
  }

  /** Whether a track without windows is to be asked again. */
  async isTroubled(track: Track): Promise<boolean> {
    return (await this.#openTroubles()).some(({ trouble }) => sameTrack(trouble, track));
  }

  /** Forgets the troubles; what failed is not done and stays a gap. Returns how many there were. */
  async clearTroubles(): Promise<number> {
    const troubles = await this.#openTroubles();
    const count = troubles.length;
    await this.#write(
      troubles.flatMap(({ keys }) =>
        keys.map((key): Mutation => (operation) => operation.delete(key))
      ),
    );
    this.#troubles = [];
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
    await this.#write([(operation) => operation.set(key, run)]);
  }

  /** The last runs, newest first. */
  async runs(limit = RUNS_KEPT): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    const list = this.#kv.list<RunRecord>({ prefix: this.#key("run") }, { reverse: true, limit });
    for await (const { value } of list) runs.push(value);
    return runs;
  }

  /** Replaces the coverage of tracks by what the target can prove. */
  async rebuild(windows: AsyncIterable<DoneWindow>, at: number): Promise<number> {
    let count = 0;
    for await (const window of windows) {
      await this.load(window.stream, window.scope);
      await this.done([window], at);
      count++;
    }
    return count;
  }

  /** Covers windows in memory first, so that a month that several of them touch is written once. */
  #cover(windows: readonly DoneWindow[], at: number): Mutation[] {
    const months = new Map<string, Mutation>();
    for (const done of windows) {
      const { stream, scope, each, window, parts } = done;
      const tracked = this.#tracked(done);
      if (window === null) {
        const item: Item = { at, empty: parts.every((part) => part.empty) };
        tracked.item = item;
        const key = this.#key("item", stream, scope, each);
        months.set(JSON.stringify([stream, scope, each]), (operation) => operation.set(key, item));
        continue;
      }
      for (const part of parts) tracked.coverage.add(part, part);
      for (const month of monthsOf(window)) {
        const key = this.#key("coverage", stream, scope, each, month);
        months.set(
          JSON.stringify([stream, scope, each, month]),
          (operation) => operation.set(key, encodeMonth(tracked.coverage, month)),
        );
      }
    }
    return [...months.values()];
  }

  #resolve(done: DoneWindow, troubles: OpenTrouble[]): Mutation[] {
    const mutations: Mutation[] = [];
    for (let i = troubles.length - 1; i >= 0; i--) {
      const open = troubles[i]!;
      if (!sameTrack(open.trouble, done)) continue;
      if (done.window !== null) {
        const { window } = done;
        open.rest = open.rest.flatMap((part) => subtract(part, [window]));
      }
      if (open.rest.length > 0) continue;
      troubles.splice(i, 1);
      for (const key of open.keys) mutations.push((operation) => operation.delete(key));
    }
    return mutations;
  }

  #addRejected(done: DoneWindow, at: number): Mutation[] {
    const kept = done.rejected.slice(0, REJECTIONS_PER_WINDOW);
    const keys: Deno.KvKey[] = [];
    const mutations: Mutation[] = [];
    for (let i = 0; i < Math.max(kept.length, 1); i += REJECTIONS_PER_VALUE) {
      const key = this.#troubleKey("rejected", done, done.window, i);
      const rejected = kept.slice(i, i + REJECTIONS_PER_VALUE);
      const trouble = rejectedTrouble(done, rejected, at);
      keys.push(key);
      mutations.push((operation) => operation.set(key, trouble));
    }
    const rest = done.window === null ? [] : [done.window];
    this.#troubles?.push({ trouble: rejectedTrouble(done, kept, at), keys, rest });
    return mutations;
  }

  async #openTroubles(): Promise<OpenTrouble[]> {
    if (this.#troubles !== undefined) return this.#troubles;
    const found: OpenTrouble[] = [];
    for (const kind of ["failed", "rejected"] as const) {
      for await (
        const { key, value } of this.#kv.list<Trouble>({ prefix: this.#key(kind) }, BATCH)
      ) {
        const last = found.at(-1);
        if (Number(key.at(-1)) > 0 && last !== undefined) {
          last.keys.push(key);
          last.trouble = {
            ...last.trouble,
            rejected: [...last.trouble.rejected, ...value.rejected],
          };
        } else {found.push({
            trouble: value,
            keys: [key],
            rest: value.window === null ? [] : [value.window],
          });}
      }
    }
    this.#troubles = found;
    return found;
  }

  async #write(mutations: readonly Mutation[]): Promise<void> {
    for (let i = 0; i < mutations.length; i += MUTATIONS_PER_COMMIT) {
      const operation = this.#kv.atomic();
      for (const mutate of mutations.slice(i, i + MUTATIONS_PER_COMMIT)) mutate(operation);
      await commit(operation);
    }
  }

  #tracked(track: Track): Tracked {
    const id = JSON.stringify([track.stream, track.scope, track.each]);
    let tracked = this.#tracks.get(id);
    if (tracked === undefined) {
      tracked = { coverage: new Coverage(), item: undefined };
      this.#tracks.set(id, tracked);
    }
    return tracked;
  }

  #key(kind: EntryKind, ...parts: Deno.KvKeyPart[]): Deno.KvKey {
    return [...this.#prefix, kind, ...parts];
  }

  #troubleKey(
    kind: "failed" | "rejected",
    track: Track,
    window: Window | null,
    chunk: number,
  ): Deno.KvKey {
    const { stream, scope, each } = track;
    return this.#key(kind, stream, scope, each, window?.from ?? -1, window?.to ?? -1, chunk);
  }
}

/** Entries read at once; larger than KV's default of 100 because a history has thousands of months. */
const BATCH = { batchSize: 500 } as const;

function onlyTrack({ stream, scope, each }: Track): Track {
  return { stream, scope, each };
}

function sameTrack(a: Track, b: Track): boolean {
  return a.stream === b.stream && a.scope === b.scope && a.each === b.each;
}

function sameKey(a: Deno.KvKey | undefined, b: Deno.KvKey): boolean {
  return a !== undefined && a.length === b.length && a.every((part, i) => part === b[i]);
}

function rejectedTrouble(done: DoneWindow, rejected: readonly Rejection[], at: number): Trouble {
  return {
    ...onlyTrack(done),
    kind: "rejected",
    window: done.window,
    at: new Date(at).toISOString(),
    reason: `${done.rejectedCount} ${done.rejectedCount === 1 ? "row" : "rows"} rejected`,
    rejected,
  };
}
