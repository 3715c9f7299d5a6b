/**
 * Giving up waiting after a time.
 * Never stops the work itself; where an API takes a signal, `AbortSignal.timeout` does.
 *
 * @module
 */
import { abortable } from "./abortable.ts";

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
}

/**
 * Waits for a promise, at most for a time.
 *
 * @param ms the time, in milliseconds
 * @throws {DOMException} named `TimeoutError` when the time is over, or the signal's reason
 */
export async function deadline<T>(
  p: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const limits = [
    AbortSignal.timeout(ms),
    ...(options.signal ? [options.signal] : []),
  ];
  return await abortable(p, AbortSignal.any(limits));
}
