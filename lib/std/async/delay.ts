/**
 * Waiting, over `node:timers/promises`.
 * Invariant: an aborted wait leaves no timer behind and rejects with the signal's own reason.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
  /** Whether the wait keeps the process alive. Defaults to true. */
  persistent?: boolean;
}

/** What one timer can hold; longer waits take several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits.
 *
 * @param ms how long, in milliseconds; there is no upper bound
 * @throws the signal's reason, as soon as it is aborted
 */
export async function delay(
  ms: number,
  options: DelayOptions = {},
): Promise<void> {
  const { signal, persistent = true } = options;
  let leftMs = Math.trunc(Math.max(ms, 0) || 0);
  try {
    do {
      const nowMs = Math.min(leftMs, LONGEST_TIMER_MS);
      await setTimeout(nowMs, undefined, {
        ref: persistent,
        ...(signal && { signal }),
      });
      leftMs -= nowMs;
    } while (leftMs > 0);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
