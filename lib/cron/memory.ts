// Owns what is remembered from one slice of an update to the next, in the same store as checkpoints but
// apart from them: it says nothing of what is done, only whether there is more to do.
import { commit, readValue } from "../checkpoint/open_kv.ts";
import { ROOT } from "../checkpoint/key.ts";
import type { TickReport } from "./tick.ts";

/** What one slice leaves to the next. */
export interface Remembered {
  /** Whether an update was begun and is not at its end. */
  readonly more: boolean;
  /** How many times the budget the next slice has; at least 1. */
  readonly patience: number;
  /** The last slice that did anything; null before the first. */
  readonly last: TickReport | null;
}

/** Before the first slice. */
export const NOTHING_REMEMBERED: Remembered = { more: false, patience: 1, last: null };

/** Keeps what slices remember of one job on one target. */
export class CronMemory {
  readonly #kv: Deno.Kv;
  readonly #key: Deno.KvKey;

  /** `target` is the label of the target: this is read without opening it. */
  constructor(kv: Deno.Kv, job: string, target: string) {
    this.#kv = kv;
    this.#key = [ROOT, "cron", job, target.slice(0, 500)];
  }

  /** What was remembered last. */
  async load(): Promise<Remembered> {
    return await readValue<Remembered>(this.#kv, this.#key) ?? NOTHING_REMEMBERED;
  }

  /** Remembers. */
  async save(remembered: Remembered): Promise<void> {
    await commit(this.#kv.atomic().set(this.#key, remembered));
  }
}
