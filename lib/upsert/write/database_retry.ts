// Waits for a database that is unreachable or busy: exponential backoff with full jitter, bounded
// in time and number. It takes the clock and the random source as arguments.
import type { Clock } from "../../fetch/rate/clock.ts";
import { DatabaseError } from "./database_error.ts";

/** How long, and by which clock, to wait for a database. */
export interface DatabaseRetryOptions {
  /** The clock. */
  readonly clock: Clock;
  /** Uniform in `[0, 1)`. */
  readonly random: () => number;
  /** Milliseconds after which an unreachable database fails the run. */
  readonly retryForMs: number;
  /** Longest wait between two attempts, in milliseconds. Defaults to 5,000. */
  readonly longestWaitMs?: number | undefined;
  /** Ends the wait. Defaults to never. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** Bounds the attempts if the clock does not advance. */
const MAX_WAITS = 200;

/** The waits between the attempts at one operation. */
export class DatabaseRetry {
  readonly #options: DatabaseRetryOptions;
  /** When the first attempt failed; the time before that does not count. */
  #failedAt: number | undefined;
  #waits = 0;

  /** Starts without a failed attempt. */
  constructor(options: DatabaseRetryOptions) {
    this.#options = options;
  }

  /** Waits before the next attempt; false if there is none because time is up or the run is stopping. */
  async wait(): Promise<boolean> {
    const { clock, random, retryForMs, longestWaitMs = LONGEST_WAIT_MS, signal } = this.#options;
    this.#failedAt ??= clock.now();
    const leftMs = this.#failedAt + retryForMs - clock.now();
    if (leftMs <= 0 || this.#waits >= MAX_WAITS || signal?.aborted) return false;
    const mostMs = Math.min(FIRST_WAIT_MS * 2 ** this.#waits, longestWaitMs, leftMs);
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

/** Repeats an idempotent operation while it fails with an error for which `passes` is true. */
export async function retryDatabase<T>(
  options: DatabaseRetryOptions,
  run: () => Promise<T>,
  passes = (error: DatabaseError) => error.passes,
): Promise<T> {
  const retry = new DatabaseRetry(options);
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof DatabaseError) || !passes(error)) throw error;
      if (!await retry.wait()) throw error;
    }
  }
}
