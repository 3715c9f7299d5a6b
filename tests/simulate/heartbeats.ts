// Renews leases only while another process could notice: a process that waits alone for a day would renew its lease
// 17,280 times. Its heartbeats rest until another process starts or this one is about to die, and then all of them
// beat at once. Invariant: to any observer, every lease is as old as if its holder had renewed it all the time.
import type { MortalProcess } from "./mortal_process.ts";

/** The time between two heartbeats of job_lock.ts and crew.ts; nothing else may wait for exactly this long. */
const HEARTBEAT_MS = 5_000;

/** The heartbeats of all processes. */
export class Heartbeats {
  readonly #alive = new Set<MortalProcess>();
  /** How each paused heartbeat continues, with the signal that ends its pause. */
  readonly #resting = new Map<() => void, AbortSignal>();

  /** Notes that a process lives. */
  enter(process: MortalProcess): void {
    this.#alive.add(process);
  }

  /** Notes that a process has ended. */
  leave(process: MortalProcess): void {
    this.#alive.delete(process);
  }

  /** Waits for the next beat; undefined where it comes at its time. */
  sleep(ms: number, signal: AbortSignal): Promise<void> | undefined {
    if (ms !== HEARTBEAT_MS || this.#alive.size > 1) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#resting.set(resolve, signal);
    const abort = () => {
      this.#resting.delete(resolve);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    return promise;
  }

  /** Lets all of them beat. */
  rouse(): void {
    for (const beat of this.#resting.keys()) beat();
    this.#resting.clear();
  }
}
