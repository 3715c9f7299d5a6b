// Owns what is remembered from one slice of an update to the next, in the same store as checkpoints but
// apart from them: it says nothing of what is done, only whether there is more to do.
import { commit, readValue } from "../checkpoint/open_kv.ts";
import { ROOT } from "../checkpoint/key.ts";

/**
 * How a slice ended.
 *
 * - `done`: the update is complete.
 * - `more`: its time was over; the next slice goes on.
 * - `failed`: it could not go on, or windows failed or rows were rejected.
 * - `locked`: another run of the job is under way; nothing was done.
 * - `interrupted`: a signal.
 */
export type TickOutcome = "done" | "more" | "failed" | "locked" | "interrupted";

/** What a slice did; its field names are a promise of `/status.json`. */
export interface TickReport {
  /** How it ended. */
  outcome: TickOutcome;
  /** Whether every phase came to its end, with or without failed windows. */
  complete: boolean;
  /** When it began, ISO 8601. */
  at: string;
  /** How long it took. */
  seconds: number;
  /** Windows done and failed. */
  windows: { done: number; failed: number };
  /** Requests sent. */
  requests: number;
  /** Rows that are new or have changed. */
  rows: number;
  /** Rows that were rejected. */
  rejected: number;
  /** What is to be said of it; null where nothing is. */
  message: string | null;
}

/** What one slice leaves to the next. */
export interface CronState {
  /** Whether an update was begun and is not at its end. */
  readonly more: boolean;
  /** How many times the budget the next slice has; at least 1. */
  readonly patience: number;
  /** Phases that the update under way has completed, and the day on which it did; heals are not among them. */
  readonly completed?: { readonly day: number; readonly phases: readonly string[] } | undefined;
  /** The last slice that did anything; null before the first. */
  readonly last: TickReport | null;
}

/** Before the first slice. */
export const INITIAL_STATE: CronState = { more: false, patience: 1, last: null };

/** Keeps what slices remember of one job on one target. */
export class CronStateStore {
  readonly #kv: Deno.Kv;
  readonly #key: Deno.KvKey;

  /** `target` is the label of the target: this is read without opening it. */
  constructor(kv: Deno.Kv, job: string, target: string) {
    this.#kv = kv;
    this.#key = [ROOT, "cron", job, target.slice(0, 500)];
  }

  /** What was remembered last. */
  async load(): Promise<CronState> {
    return await readValue<CronState>(this.#kv, this.#key) ?? INITIAL_STATE;
  }

  /** Remembers. */
  async save(remembered: CronState): Promise<void> {
    await commit(this.#kv.atomic().set(this.#key, remembered));
  }
}
