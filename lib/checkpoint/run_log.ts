// Owns the records of a job's runs in KV: its options and how it ended. An update by
// cron is recorded as such, so that `--resume` and `status` can distinguish it from a backfill. It never
// decides what is done: coverage does.
import type { Wait } from "../report/text/wait.ts";
import type { RecordedRun } from "../upsert/history.ts";
import { commit, entries, readValue } from "./open_kv.ts";

/** The options of a run and how it ended. */
export interface RunRecord extends RecordedRun {
  /** What the run is waiting for; absent if it is not waiting. */
  readonly wait?: Wait;
}

/** Number of runs listed by default. */
const RUNS_LISTED = 50;

/** The runs of one job on one target. */
export class RunLog {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  /** Runs that are known and not stored. */
  readonly #remembered = new Map<string, RecordedRun>();
  #run: RunRecord | undefined;

  /** `prefix` is the key under which the runs are stored. */
  constructor(kv: Deno.Kv, prefix: Deno.KvKey) {
    this.#kv = kv;
    this.#prefix = prefix;
  }

  /** Writes a run, replacing the record with the same ID. */
  async save(run: RunRecord): Promise<void> {
    this.#run = run;
    await this.#store(run);
  }

  /** Records what the run that was saved last waits for; null where it no longer waits. */
  async saveWait(wait: Wait | null): Promise<void> {
    if (this.#run === undefined) return;
    const { wait: _, ...run } = this.#run;
    await this.save(wait === null ? run : { ...run, wait });
  }

  /** The last runs, newest first. */
  async list(limit = RUNS_LISTED): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    for await (const run of this.#newestFirst({ limit })) runs.push(run);
    return runs;
  }

  /** The record of a run by ID, among the last ones; undefined if there is none. */
  async find(id: string): Promise<RunRecord | undefined> {
    for await (const run of this.#newestFirst({ limit: RUNS_LISTED })) {
      if (run.run === id) return run;
    }
    return undefined;
  }

  /** The last run that was not an update by cron; undefined if there is none. */
  async lastBackfill(): Promise<RunRecord | undefined> {
    for await (const run of this.#newestFirst({})) if (run.kind !== "cron") return run;
    return undefined;
  }

  /** Takes over runs that the target records; stores them if `isStored`, otherwise only remembers them. */
  async fold(recorded: readonly RecordedRun[], isStored: boolean): Promise<void> {
    for (const run of recorded) {
      const before = this.#remembered.get(run.run) ??
        await readValue<RunRecord>(this.#kv, this.#keyOf(run));
      if (before !== null && (run.endedAt ?? "") <= (before.endedAt ?? "")) continue;
      if (isStored) await this.#store(run);
      else this.#remembered.set(run.run, run);
    }
  }

  #store(run: RunRecord): Promise<void> {
    return commit(this.#kv.atomic().set(this.#keyOf(run), run));
  }

  #keyOf({ startedAt, run }: RecordedRun): Deno.KvKey {
    return [...this.#prefix, startedAt, run];
  }

  async *#newestFirst(options: Deno.KvListOptions): AsyncGenerator<RunRecord> {
    const left = [...this.#remembered.values()].sort(byStart);
    const { limit = Infinity } = options;
    let count = 0;
    for await (const run of this.#stored(options)) {
      while (left.length > 0 && byStart(left[0]!, run) < 0 && count < limit) {
        count++;
        yield left.shift()!;
      }
      if (count >= limit) return;
      if (this.#remembered.has(run.run)) continue;
      count++;
      yield run;
    }
    yield* left.slice(0, limit - count);
  }

  async *#stored(options: Deno.KvListOptions): AsyncGenerator<RunRecord> {
    const selector = { prefix: this.#prefix };
    const newest = { ...options, reverse: true };
    for await (const { value } of entries<RunRecord>(this.#kv, selector, newest)) yield value;
  }
}

/** Later runs first. */
function byStart(a: RunRecord, b: RunRecord): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return a.run < b.run ? 1 : -1;
}
