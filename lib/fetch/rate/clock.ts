/**
 * The clock used wherever Hindcast waits. It is monotonic, because wall clocks jump and go backwards. Its
 * origin is arbitrary; only differences are meaningful. Invariant: `sleep` never resolves early. Tests
 * pass a virtual clock.
 */
import { setImmediate } from "node:timers";

/** Monotonic time in milliseconds, and a function that waits for a time. */
export interface Clock {
  /** Milliseconds, with fractions, since some unspecified moment; never goes backwards. */
  now(): number;
  /**
   * Waits at least `ms` milliseconds. Rejects with the signal's reason as soon as it aborts; zero and
   * less resolve immediately.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits for one turn of the event loop, after which pending writes have been sent; optional in tests. */
  turn?(): Promise<void>;
}

/** Times that are closer, in milliseconds, are the same moment: sums of spacings are rounded. */
export const SAME_MOMENT_MS = 0.001;

/**
 * `setTimeout` of Deno 2.9 fires 0.3 to 1.6 ms late (measured: median 1.5 ms on sleeps of 5 to 200 ms, up
 * to 2.3 ms on a noisy machine). At two requests per second that alone costs 0.3 % of the rate.
 */
const TIMER_LATE_MS = 2;
/** Longest delay that `setTimeout` accepts; longer sleeps are split. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The real clock, based on `performance.now()`. For the last two milliseconds of a sleep (at most a tenth
 * of it) it yields to the event loop repeatedly, which ends the sleep within 0.01 ms of its time in the
 * median and does not block input and output.
 */
export function monotonicClock(): Clock {
  return { now: () => performance.now(), sleep, turn };
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const until = performance.now() + ms;
  const yieldMs = Math.min(TIMER_LATE_MS, ms / 10);
  for (let left = ms - yieldMs; left >= 1; left = until - yieldMs - performance.now()) {
    await timer(Math.min(Math.floor(left), LONGEST_TIMER_MS), signal);
  }
  while (performance.now() < until) {
    await turn();
    signal?.throwIfAborted();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(id);
      reject(signal!.reason);
    };
    const id = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
