// Yields to the event loop in the middle of long work, so that a timer, a signal or a response never waits
// long for a large page or batch. Where several tasks yield, one continues per turn: otherwise each turn
// would take as long as all of them together.
import { setImmediate } from "node:timers";

const waiting: (() => void)[] = [];

/** Resolves after one turn of the event loop. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}

/** Runs a generator to its end; each `yield` gives the event loop a turn. */
export async function yieldingToEventLoop<R>(work: Generator<void, R>): Promise<R> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await yieldToEventLoop();
  }
}

/** Runs a generator to its end without a pause. */
export function atOnce<R>(work: Generator<void, R>): R {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
