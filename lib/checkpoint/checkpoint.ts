// Owns what is remembered of a job on one target: coverage, windows to be asked again (failed, or with
// rejected rows), runs and measures. Memory is the working copy, KV the truth: a change is written
// before the call returns, and callers make it only after the rows it speaks of have committed. One
// process holds a job at a time (the target's lock sees to it), so no other writer needs to be merged.
import type { Rejection } from "../extract/extractor.ts";
import type { RangeState } from "../plan/coverage.ts";
import { Coverage, subtract, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/window.ts";
import type { EntryKind } from "./key.ts";
import { jobPrefix } from "./key.ts";
import { commit, entries, readValue } from "./open_kv.ts";
import type { MonthValue } from "./shard.ts";
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

/** A window that the target's ledger proves. */
export interface ProvenWindow extends DoneWindow {
  /** When it was fetched, epoch milliseconds. */
  readonly at: number;
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

/** Keys written in one commit; KV takes 1000, and 800 KiB. */
const CHANGES_PER_COMMIT = 12;
/** Changes gathered while coverage is rebuilt; a month that many windows touch is written once for them all. */
const CHANGES_PER_REBUILD = 5000;
/** Characters kept of each text of a rejection; KV stores two bytes of each. */
const TEXT_CHARS = 1024;
/** Rejections of one value; each is at most 6.5 KiB, a value 64 KiB. */
const REJECTIONS_PER_VALUE = 7;
/** Rejections kept of one window; the rest is counted. */
const REJECTIONS_PER_WINDOW = 1000;
/** Parts of a window still to be asked again that are kept apart, 25 bytes each; beyond it, all of it is. */
const PARTS_KEPT = 500;
/** Runs listed. */
const RUNS_KEPT = 50;

/** A value to be set, made when it is written; undefined where the key is to be deleted. */
interface Change {
  readonly key: Deno.KvKey;
  readonly value: (() => unknown) | undefined;
}

interface Tracked {
  coverage: Coverage;
  item: Item | undefined;
}

/** A trouble with its keys and the parts of its window that are still to be asked again. */
interface OpenTrouble {
  trouble: Trouble;
  readonly keys: Deno.KvKey[];
  rest: readonly Window[];
}

/** The first value of a trouble: all but the rejections that have values of their own. */
interface StoredTrouble extends Trouble {
  /** Parts still to be asked again; absent for all of the window. */
  readonly rest?: readonly Window[];
}

/** The checkpoint of one job on one target. */
export class Checkpoint {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #tracks = new Map<string, Tracked>();
  readonly #loaded = new Map<string, Promise<void>>();
  #troubles: Promise<OpenTrouble[]> | undefined;
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
    const months = new Map<string, MonthValue[]>();
    const prefix = this.#key("coverage", stream, scope);
    for await (const { key, value } of entries<MonthValue>(this.#kv, { prefix }, BATCH)) {
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
    for (const window of windows) {
      changes.push(...this.#resolve(window, troubles));
      if (window.rejectedCount > 0) changes.push(...this.#addRejected(window, troubles, at));
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
    const trouble: Trouble = {
      ...onlyTrack(track),
      kind: "failed",
      window,
      at: new Date(at).toISOString(),
      reason: reason.slice(0, TEXT_CHARS),
      hint: hint?.slice(0, TEXT_CHARS),
      rejected: [],
    };
    const key = this.#troubleKey("failed", track, window, 0);
    const superseded = this.#supersede(troubles, trouble);
    troubles.push({ trouble, keys: [key], rest: window === null ? [] : [window] });
    await this.#write([...superseded, { key, value: () => trouble }]);
  }

  /** The windows to be asked again, stream by stream in the order of their dates. */
  async troubles(): Promise<Trouble[]> {
    return (await this.#openTroubles()).map((open) => open.trouble).sort(byTrackAndDate);
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
    await this.#write(troubles.flatMap(deletions));
    troubles.length = 0;
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
   * the later one counts. What is to be asked again, runs and measures stay. Cut short, it has forgotten
   * some of what is done, and the next run fetches that again.
   */
  async rebuild(windows: AsyncIterable<ProvenWindow>): Promise<void> {
    await this.#forgetCoverage();
    let changes: Change[] = [];
    for await (const window of windows) {
      changes.push(...this.#cover([window], window.at));
      if (changes.length < CHANGES_PER_REBUILD) continue;
      await this.#write(changes);
      changes = [];
    }
    await this.#write(changes);
  }

  async #forgetCoverage(): Promise<void> {
    this.#tracks.clear();
    this.#loaded.clear();
    const forgotten: Change[] = [];
    for (const kind of ["coverage", "item"] as const) {
      for await (const { key } of entries(this.#kv, { prefix: this.#key(kind) }, BATCH)) {
        forgotten.push({ key, value: undefined });
      }
    }
    await this.#write(forgotten);
  }

  /** Covers windows in memory first, so that a month that several of them touch is written once. */
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
      for (const month of monthsOf(window)) {
        const key = this.#key("coverage", stream, scope, each, month);
        changes.push({ key, value: () => encodeMonth(tracked.coverage, month) });
      }
    }
    return changes;
  }

  /** Takes a done window off what is to be asked again. */
  #resolve(done: DoneWindow, troubles: OpenTrouble[]): Change[] {
    const changes: Change[] = [];
    for (let i = troubles.length - 1; i >= 0; i--) {
      const open = troubles[i]!;
      if (!sameTrack(open.trouble, done)) continue;
      const rest = without(open.rest, done.window);
      if (rest.length === 0) {
        troubles.splice(i, 1);
        changes.push(...deletions(open));
      } else if (minutesOf(rest) < minutesOf(open.rest)) {
        open.rest = rest;
        changes.push({ key: open.keys[0]!, value: () => stored(open) });
      }
    }
    return changes;
  }

  /** Drops failures that a new one holds wholly, so that a stretch that never succeeds has but one. */
  #supersede(troubles: OpenTrouble[], by: Trouble): Change[] {
    const changes: Change[] = [];
    for (let i = troubles.length - 1; i >= 0; i--) {
      const open = troubles[i]!;
      if (open.trouble.kind !== "failed" || !sameTrack(open.trouble, by)) continue;
      if (without(open.rest, by.window).length > 0) continue;
      troubles.splice(i, 1);
      changes.push(...deletions(open));
    }
    return changes;
  }

  #addRejected(done: DoneWindow, troubles: OpenTrouble[], at: number): Change[] {
    const kept = done.rejected.slice(0, REJECTIONS_PER_WINDOW).map(bounded);
    const keys: Deno.KvKey[] = [];
    const changes: Change[] = [];
    for (let i = 0; i < Math.max(kept.length, 1); i += REJECTIONS_PER_VALUE) {
      const key = this.#troubleKey("rejected", done, done.window, i);
      const rejected = kept.slice(i, i + REJECTIONS_PER_VALUE);
      const trouble = rejectedTrouble(done, rejected, at);
      keys.push(key);
      changes.push({ key, value: () => trouble });
    }
    const rest = done.window === null ? [] : [done.window];
    troubles.push({ trouble: rejectedTrouble(done, kept, at), keys, rest });
    return changes;
  }

  #openTroubles(): Promise<OpenTrouble[]> {
    return this.#troubles ??= this.#loadTroubles();
  }

  async #loadTroubles(): Promise<OpenTrouble[]> {
    const found: OpenTrouble[] = [];
    for (const kind of ["failed", "rejected"] as const) {
      const list = entries<StoredTrouble>(this.#kv, { prefix: this.#key(kind) }, BATCH);
      for await (const { key, value } of list) {
        const last = found.at(-1);
        if (Number(key.at(-1)) > 0 && last !== undefined) addChunk(last, key, value);
        else found.push(opened(key, value));
      }
    }
    return found;
  }

  /**
   * Writes changes, of each key the last. Values come before deletions, what is rejected before what is
   * covered: where only a part is written, too much is asked again and nothing is forgotten.
   */
  async #write(changes: readonly Change[]): Promise<void> {
    const last = [
      ...new Map(changes.map((change) => [JSON.stringify(change.key), change])).values(),
    ];
    const ordered = [
      ...last.filter(({ value }) => value !== undefined),
      ...last.filter(({ value }) => value === undefined),
    ];
    for (let i = 0; i < ordered.length; i += CHANGES_PER_COMMIT) {
      const operation = this.#kv.atomic();
      for (const { key, value } of ordered.slice(i, i + CHANGES_PER_COMMIT)) {
        if (value === undefined) operation.delete(key);
        else operation.set(key, value());
      }
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

function opened(key: Deno.KvKey, { rest, ...trouble }: StoredTrouble): OpenTrouble {
  const all = trouble.window === null ? [] : [trouble.window];
  return { trouble, keys: [key], rest: rest ?? all };
}

function addChunk(open: OpenTrouble, key: Deno.KvKey, { rejected }: StoredTrouble): void {
  open.keys.push(key);
  open.trouble = { ...open.trouble, rejected: [...open.trouble.rejected, ...rejected] };
}

function stored({ trouble, rest }: OpenTrouble): StoredTrouble {
  const rejected = trouble.rejected.slice(0, REJECTIONS_PER_VALUE);
  return { ...trouble, rejected, ...(rest.length <= PARTS_KEPT && { rest }) };
}

function deletions(open: OpenTrouble): Change[] {
  return open.keys.map((key) => ({ key, value: undefined }));
}

/** The parts outside a window; none where there are no dates to tell apart. */
function without(parts: readonly Window[], window: Window | null): Window[] {
  return window === null ? [] : parts.flatMap((part) => subtract(part, [window]));
}

function minutesOf(parts: readonly Window[]): number {
  return parts.reduce((sum, part) => sum + part.to - part.from, 0);
}

function byTrackAndDate(a: Trouble, b: Trouble): number {
  const [one, other] = [a, b].map(({ stream, scope, each }) => `${stream}\0${scope}\0${each}`);
  if (one !== other) return one! < other! ? -1 : 1;
  return (a.window?.from ?? 0) - (b.window?.from ?? 0);
}

function bounded({ table, column, reason, value, record }: Rejection): Rejection {
  const [why, what, where] = [reason, value, record].map((text) => text.slice(0, TEXT_CHARS));
  return { table, column, reason: why!, value: what!, record: where! };
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
