// Owns giving the event loop its turn in the middle of work, so that a timer, a signal or an answer never
// waits long for a large page or batch. It does nothing else.
import { setImmediate } from "node:timers";

/** Lets the event loop do what is due. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Runs work that yields wherever it may be interrupted, and lets the event loop do what is due each time. */
export async function breathing<R>(work: Generator<void, R>): Promise<R> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await breathe();
  }
}
