/**
 * Waiting for a time.
 * Invariant: an aborted wait leaves no timer behind and rejects with the signal's own reason.
 *
 * @module
 */

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
  /**
   * Whether the wait keeps the process alive. Defaults to true. As in the real package, false only calls
   * `Deno.unrefTimer`, and Deno 2.9 does not release a timer that is identified by a number.
   */
  persistent?: boolean;
}

/** The longest wait of one timer; longer waits take several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits.
 *
 * @param ms the time in milliseconds, without an upper bound; anything that is not a positive number is 0
 * @throws the signal's reason, as soon as it is aborted
 */
export function delay(
  ms: number,
  options: DelayOptions = {},
): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let leftMs = Math.trunc(Math.max(ms, 0) || 0);
  let timer = 0;
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const next = () => {
    if (leftMs <= 0) {
      signal?.removeEventListener("abort", abort);
      return resolve();
    }
    const nowMs = Math.min(leftMs, LONGEST_TIMER_MS);
    leftMs -= nowMs;
    start(nowMs);
  };
  const start = (forMs: number) => {
    timer = Number(setTimeout(next, forMs));
    if (!persistent) Deno.unrefTimer(timer);
  };
  signal?.addEventListener("abort", abort, { once: true });
  const firstMs = Math.min(leftMs, LONGEST_TIMER_MS);
  leftMs -= firstMs;
  start(firstMs);
  return promise;
}
