// Owns waiting for a database that is gone or busy: exponential backoff with full jitter, bounded in time
// and in number. It runs nothing itself but what it is given, and takes clock and random source.
import type { Clock } from "../../fetch/rate/clock.ts";
import { DatabaseError } from "./database_error.ts";

/** How long and on which clock a database is waited for. */
export interface PatienceOptions {
  /** Tells the time and waits. */
  readonly clock: Clock;
  /** Uniform in `[0, 1)`. */
  readonly random: () => number;
  /** Time after which a database that does not come back is given up. */
  readonly patienceMs: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** Bounds the tries where the clock stands still. */
const MOST_WAITS = 200;

/** Waits between the tries of one piece of work. */
export class Patience {
  readonly #options: PatienceOptions;
  /** When the first try had failed; before that, time is the database's. */
  #failedAt: number | undefined;
  #waits = 0;

  /** Patience for one piece of work. */
  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Waits before another try; false where that is no use: time is up, or the run is being stopped. */
  async wait(): Promise<boolean> {
    const { clock, random, patienceMs, signal } = this.#options;
    this.#failedAt ??= clock.now();
    const leftMs = this.#failedAt + patienceMs - clock.now();
    if (leftMs <= 0 || this.#waits >= MOST_WAITS || signal?.aborted) return false;
    const mostMs = Math.min(FIRST_WAIT_MS * 2 ** this.#waits, LONGEST_WAIT_MS, leftMs);
    this.#waits++;
    try {
      await clock.sleep(random() * mostMs, signal);
    } catch (error) {
      if (signal?.aborted) return false;
      throw error;
    }
    return true;
  }
}

/** Runs something that may be repeated until it no longer fails for a reason that passes. */
export async function patiently<T>(
  options: PatienceOptions,
  run: () => Promise<T>,
  passes = (error: DatabaseError) => error.passes,
): Promise<T> {
  const patience = new Patience(options);
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof DatabaseError) || !passes(error)) throw error;
      if (!await patience.wait()) throw error;
    }
  }
}
