// Owns the state that one slice of an update passes to the next, in the same store as checkpoints but
// separate from them: it never records what is done, only whether and how an update continues.
import { commit, readValue } from "../checkpoint/open_kv.ts";
import { ROOT } from "../checkpoint/key.ts";

/**
 * How a slice ended.
 *
 * - `done`: the update is complete.
 * - `more`: its time was over, or it helped another process with its run; the next slice continues.
 * - `failed`: it could not continue, or windows failed, or rows were rejected.
 * - `locked`: another run of the job is in progress; nothing was done.
 * - `interrupted`: a signal ended it.
 */
export type TickOutcome = "done" | "more" | "failed" | "locked" | "interrupted";

/** What a slice did; `/status.json` shows it, so its field names are stable. */
export interface TickReport {
  /** How the slice ended. */
  outcome: TickOutcome;
  /** Whether all phases of the update have ended, with or without failed windows. */
  complete: boolean;
  /** When the slice started, ISO 8601. */
  at: string;
  /** How long it took. */
  seconds: number;
  /** Windows done and failed. */
  windows: { done: number; failed: number };
  /** Requests sent. */
  requests: number;
  /** Rows that are new, have changed or vanished. */
  rows: number;
  /** Rows that were rejected. */
  rejected: number;
  /** A message about it; null if there is none. */
  message: string | null;
}

/** What one slice leaves to the next. */
export interface CronState {
  /** Whether an update has started and has not ended. */
  readonly more: boolean;
  /** The update in progress; absent if there is none. */
  readonly update?: UpdateInProgress;
  /** How often windows were shortened because no slice finished one; absent if never. */
  readonly cuts?: number;
  /** The last slice that did anything; null before the first. */
  readonly last: TickReport | null;
}

/** An update of one or several slices; all of them are one run. */
export interface UpdateInProgress {
  /** ID of the run. */
  readonly run: string;
  /** When its first slice started, epoch milliseconds. */
  readonly startedAtMs: number;
}

/** The state before the first slice. */
export const INITIAL_STATE: CronState = { more: false, last: null };

/** Stores the state of one job on one target. */
export class CronStateStore {
  readonly #kv: Deno.Kv;
  readonly #key: Deno.KvKey;

  /** `target` is the label of the target, so that the state can be read without opening it. */
  constructor(kv: Deno.Kv, job: string, target: string) {
    this.#kv = kv;
    this.#key = [ROOT, "cron", job, target.slice(0, 500)];
  }

  /** The state that was saved last. */
  async load(): Promise<CronState> {
    return await readValue<CronState>(this.#kv, this.#key) ?? INITIAL_STATE;
  }

  /** Saves the state. */
  async save(state: CronState): Promise<void> {
    await commit(this.#kv.atomic().set(this.#key, state));
  }
}
