/**
 * Giving up waiting when a signal says so.
 * Never stops the work itself: only the caller stops waiting for it.
 *
 * @module
 */

/**
 * Waits for a promise until the signal is aborted.
 *
 * @throws the signal's reason
 */
export function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T>;
/**
 * Passes values on until the signal is aborted.
 *
 * @throws the signal's reason
 */
export function abortable<T>(
  p: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T>;
export function abortable<T>(
  p: Promise<T> | AsyncIterable<T>,
  signal: AbortSignal,
): Promise<T> | AsyncIterable<T> {
  return p instanceof Promise ? first(p, signal) : each(p, signal);
}

async function first<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function* each<T>(
  values: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  while (true) {
    const { done, value } = await first(iterator.next(), signal);
    if (done) return;
    yield value;
  }
}
