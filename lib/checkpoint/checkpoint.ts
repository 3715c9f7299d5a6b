// Owns what is known about a job on one target: coverage, windows to fetch again (failed, or with rejected rows), runs
// and measures. It is a fold of the target's logs: KV keeps the fold and how far the logs were read, memory is the
// working copy. Only the holder of the job's lock writes to KV, and only after the rows that a change describes have
// committed. Invariant: what is stored is never less than the fold of its mark.
import { type Coverage, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Logs } from "../upsert/read_logs.ts";
import type { Change } from "./change.ts";
import { deletion, writeChanges } from "./change.ts";
import type { EntryKind } from "./key.ts";
import { jobPrefix } from "./key.ts";
import { DoneTracks, type DoneWindow, type Item } from "./done_tracks.ts";
import { addSums, doneOf, foldRetries } from "./fold_logs.ts";
import { type Measure, Measures, sumIds } from "./measures.ts";
import { readValue } from "./open_kv.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { failedEntry, rejectedEntry } from "./retry_entry.ts";
import { RetryList } from "./retry_list.ts";
import { RunLog } from "./run_log.ts";
import { Verifications } from "./verification.ts";

/** How far the target's logs are folded. */
interface Fold {
  /** Mark of the last reading. */
  readonly mark?: string | undefined;
  /** What the windows up to it measured, by stream. */
  readonly measures: Readonly<Record<string, Measure>>;
}

/** The checkpoint of one job on one target. */
export class Checkpoint {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #tracks: DoneTracks;
  #retryList: Promise<RetryList> | undefined;
  #fold: Fold | undefined;
  /** Windows that were recorded since the logs were folded last. */
  unmarked = 0;
  /** The options of the job's runs and how they ended. */
  readonly runs: RunLog;
  /** What the windows of each stream measured; written with the next `done`. */
  readonly measures: Measures;
  /** The result of the last verification. */
  readonly verifications: Verifications;

  /** A checkpoint in an open store; `target` is the stamp of the target. */
  constructor(kv: Deno.Kv, target: string, job: string) {
    this.#kv = kv;
    this.#prefix = jobPrefix(target, job);
    this.runs = new RunLog(kv, this.#key("run"));
    this.measures = new Measures(kv, this.#key("measure"));
    this.#tracks = new DoneTracks(kv, this.#prefix, this.measures);
    this.verifications = new Verifications(kv, this.#key("verified"));
  }

  /** Reads the coverage of all tracks of a stream and scope into memory. */
  load(stream: string, scope: string): Promise<void> {
    return this.#tracks.load(stream, scope);
  }

  /** The coverage of a track; its stream and scope must have been loaded. */
  coverage(track: Track): Coverage {
    return this.#tracks.coverage(track);
  }

  /** When a stream without windows was last fetched. */
  item(track: Track): Item | undefined {
    return this.#tracks.of(track).item;
  }

  /** The tracks of a stream and scope that have been fetched, in part or whole. */
  tracks(stream: string, scope: string): Track[] {
    return this.#tracks.list(stream, scope);
  }

  /** The scopes of a stream that have been fetched, in part or whole. */
  scopes(stream: string): Promise<string[]> {
    return this.#tracks.scopes(stream);
  }

  /** Records windows whose rows have committed; retry entries for their dates are removed. */
  async done(windows: readonly DoneWindow[], at: number): Promise<void> {
    this.unmarked += windows.length;
    const retryList = await this.#openRetryList();
    const changes: Change[] = [];
    for (const window of windows) {
      if (window.isPage === true) {
        changes.push(...retryList.page(window, at));
        continue;
      }
      changes.push(...retryList.resolve(window, window.window));
      if (window.rejectedCount > 0) changes.push(...retryList.add(rejectedEntry(window, at)));
    }
    changes.push(...this.#tracks.cover(windows));
    const sums = new Set(windows.flatMap(({ stream, scope }) => sumIds(stream, scope)));
    changes.push(...this.measures.changes(sums));
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

  /** The mark up to which the logs are folded; undefined if nothing was. */
  async mark(): Promise<string | undefined> {
    return (await this.#openFold()).mark;
  }

  /**
   * Folds a reading of the target's logs: a complete one replaces coverage, one since a mark adds to it. A
   * transaction that came later counts; windows that failed or had rejected rows become retry entries until
   * they are done. With `isStored` the result and its mark are written, which only the holder of the job's
   * lock may do; otherwise memory alone knows it.
   */
  async fold(logs: Logs, isStored: boolean): Promise<void> {
    const [fold, retryList] = await Promise.all([this.#openFold(), this.#openRetryList()]);
    if (logs.isWhole) await this.#forget(isStored);
    else {
      for (const { stream, scope } of [...logs.tracks, ...logs.failures]) {
        await this.load(stream, scope);
      }
    }
    this.unmarked = 0;
    const retries = logs.isWhole ? retryList.clear("failed") : [];
    const done = logs.tracks.flatMap(({ windows, ...track }) =>
      windows.map((w) => doneOf(track, w))
    );
    retries.push(...foldRetries(retryList, logs));
    const changes = [...retries, ...this.#tracks.cover(done)];
    this.#fold = { mark: logs.mark, measures: addSums(logs.isWhole ? {} : fold.measures, logs) };
    changes.push(...this.measures.replace(this.#fold.measures));
    if (isStored) {
      await this.#write(changes);
      // Last: what an interrupted fold did not write is read again.
      const value = this.#fold;
      if (logs.mark !== undefined) {
        await this.#write([{ key: this.#key("fold"), value: () => value }]);
      }
    }
    await this.runs.fold(logs.runs, isStored);
  }

  async #openFold(): Promise<Fold> {
    return this.#fold ??= await readValue<Fold>(this.#kv, this.#key("fold")) ?? { measures: {} };
  }

  /** Forgets all coverage; what is stored too, its mark first. */
  async #forget(isStored: boolean): Promise<void> {
    this.#tracks.forget();
    if (!isStored) return;
    await this.#write([deletion(this.#key("fold"))]);
    await this.#write(await this.#tracks.deletions());
  }

  #openRetryList(): Promise<RetryList> {
    return this.#retryList ??= RetryList.load(this.#kv, this.#prefix);
  }

  #write(changes: readonly Change[]): Promise<void> {
    return writeChanges(this.#kv, changes);
  }

  #key(kind: EntryKind, ...parts: Deno.KvKeyPart[]): Deno.KvKey {
    return [...this.#prefix, kind, ...parts];
  }
}
