/**
 * Calls a function again after it failed, with exponential backoff.
 * For tests only: the fetcher decides its retries itself, with a clock that it is given.
 * Invariant: `fn` is called at most `maxAttempts` times, and never after the signal is aborted.
 *
 * @module
 */
import { delay } from "./delay.ts";

/** The error thrown when the last attempt failed; `cause` is what that attempt threw. */
export class RetryError extends Error {
  /** Takes what the last attempt threw and the number of attempts. */
  constructor(cause: unknown, attempts: number) {
    super(`Retrying exceeded the maxAttempts (${attempts}).`, { cause });
    this.name = "RetryError";
  }
}

/** Options of {@linkcode retry}; times in milliseconds. */
export interface RetryOptions {
  /** The factor by which the wait grows after each attempt, at least 1. Defaults to 2. */
  multiplier?: number;
  /** The longest wait. Defaults to 60000. */
  maxTimeout?: number;
  /** The number of calls, at least 1. Defaults to 5. */
  maxAttempts?: number;
  /** The first wait. Defaults to 1000. */
  minTimeout?: number;
  /** The random share of each wait, 0 to 1. Defaults to 1. */
  jitter?: number;
  /** Whether to call again after this error. Defaults to always. */
  isRetriable?: (err: unknown) => boolean;
  /** Ends the attempts; checked before each attempt and during each wait. */
  signal?: AbortSignal;
}

/**
 * Calls a function until it succeeds.
 *
 * @throws {RetryError} when the last attempt failed
 * @throws what `fn` threw, when `isRetriable` returns false
 * @throws the signal's reason, when it is aborted
 * @throws {RangeError} when an option is out of range
 */
export async function retry<T>(
  fn: (() => Promise<T>) | (() => T),
  options: RetryOptions = {},
): Promise<T> {
  const { multiplier, maxTimeout, maxAttempts, minTimeout, jitter } = checked(options);
  const { signal, isRetriable = () => true } = options;
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await fn();
    } catch (error) {
      if (!isRetriable(error)) throw error;
      if (attempt >= maxAttempts) throw new RetryError(error, maxAttempts);
    }
    const longestMs = Math.min(maxTimeout, minTimeout * multiplier ** (attempt - 1));
    await delay(longestMs * (1 - jitter * Math.random()), signal && { signal });
  }
}

function checked(options: RetryOptions) {
  const {
    multiplier = 2,
    maxTimeout = 60_000,
    maxAttempts = 5,
    minTimeout = 1_000,
    jitter = 1,
  } = options;
  const refuse = (name: keyof RetryOptions, must: string) => {
    throw new RangeError(
      `Cannot retry as '${name}' must be ${must}: current value is ${options[name]}`,
    );
  };
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    refuse("maxAttempts", "a positive integer");
  }
  if (!Number.isFinite(multiplier) || multiplier < 1) refuse("multiplier", "a finite number >= 1");
  if (!(maxTimeout > 0)) refuse("maxTimeout", "a positive number");
  if (!(minTimeout >= 0)) refuse("minTimeout", ">= 0");
  if (minTimeout > maxTimeout) {
    const current = `current values 'minTimeout=${minTimeout}', 'maxTimeout=${maxTimeout}'`;
    throw new RangeError(`Cannot retry as 'minTimeout' must be <= 'maxTimeout': ${current}`);
  }
  if (!(jitter >= 0 && jitter <= 1)) refuse("jitter", "between 0 and 1");
  return { multiplier, maxTimeout, maxAttempts, minTimeout, jitter };
}
