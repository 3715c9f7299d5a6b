// Owns giving the event loop its turn in the middle of work, so that a timer, a signal or an answer never
// waits long for a large page or batch. Where several pieces of work take turns, one goes on at a time:
// else each turn would be as long as all of them together.
import { setImmediate } from "node:timers";

const waiting: (() => void)[] = [];

/** Lets the event loop do what is due. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}

/** Runs work that yields wherever it may be interrupted, and lets the event loop do what is due each time. */
export async function yieldingToEventLoop<R>(work: Generator<void, R>): Promise<R> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await yieldToEventLoop();
  }
}

/** Runs work that yields, without yielding. */
export function atOnce<R>(work: Generator<void, R>): R {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
