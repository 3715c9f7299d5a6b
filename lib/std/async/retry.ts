/**
 * Calling again what failed, with exponential backoff.
 * For scripts and tests: the fetcher decides its retries itself, with a clock it is given.
 * Invariant: `fn` is called at most `maxAttempts` times.
 *
 * @module
 */
import { delay } from "./delay.ts";

/** Thrown when the last attempt failed; `cause` is what it threw. */
export class RetryError extends Error {
  /** Takes what the last attempt threw and how many attempts there were. */
  constructor(cause: unknown, attempts: number) {
    super(`Retrying exceeded the maxAttempts (${attempts}).`, { cause });
    this.name = "RetryError";
  }
}

/** Options of {@linkcode retry}; times in milliseconds. */
export interface RetryOptions {
  /** By how much the wait grows each time, at least 1. Defaults to 2. */
  multiplier?: number;
  /** The longest wait. Defaults to 60000. */
  maxTimeout?: number;
  /** How often to call, at least 1. Defaults to 5. */
  maxAttempts?: number;
  /** The first wait. Defaults to 1000. */
  minTimeout?: number;
  /** The part of each wait that is left to chance, 0 to 1. Defaults to 1. */
  jitter?: number;
  /** Whether to call again after this error. Defaults to always. */
  isRetriable?: (err: unknown) => boolean;
}

/**
 * Calls a function until it succeeds.
 *
 * @throws {RetryError} when the last attempt failed
 * @throws what `fn` threw, when `isRetriable` says no
 * @throws {RangeError} when an option is out of its range
 */
export async function retry<T>(
  fn: (() => Promise<T>) | (() => T),
  options?: RetryOptions,
): Promise<T> {
  const plan = checked(options ?? {});
  for (let attempt = 1;; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (!plan.isRetriable(error)) throw error;
      if (attempt >= plan.maxAttempts) {
        throw new RetryError(error, plan.maxAttempts);
      }
    }
    const fullMs = Math.min(
      plan.maxTimeout,
      plan.minTimeout * plan.multiplier ** (attempt - 1),
    );
    await delay(fullMs * (1 - plan.jitter * Math.random()));
  }
}

function checked(options: RetryOptions): Required<RetryOptions> {
  const {
    multiplier = 2,
    maxTimeout = 60_000,
    maxAttempts = 5,
    minTimeout = 1_000,
    jitter = 1,
    isRetriable = () => true,
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
  if (minTimeout > maxTimeout) refuse("minTimeout", "<= 'maxTimeout'");
  if (!(jitter >= 0 && jitter <= 1)) refuse("jitter", "between 0 and 1");
  return { multiplier, maxTimeout, maxAttempts, minTimeout, jitter, isRetriable };
}
