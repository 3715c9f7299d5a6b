// A clock for tests: it stands still until a test moves it.
// Never looks at the real clock and never fires a timer. Invariant: sleepers wake in the order of
// their times, and between two times everything that can continue has done so.
import { setImmediate } from "node:timers/promises";

interface Sleeper {
  atMs: number;
  wake: () => void;
}

/** Turns of the event loop after which the clock assumes that everything waits. */
const TURNS_TO_SETTLE = 8;

/** A clock that fits wherever `now()` and `sleep()` are requested. */
export class FakeClock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];
  #held = new Set<Promise<unknown>>();
  #onSleep: () => void = () => {};
  readonly #settle: () => Promise<void>;

  /** Starts at a time, in epoch milliseconds; `settle` resolves when everything that can continue has done so. */
  constructor(startMs: number = Date.UTC(2024, 0, 1), settle: () => Promise<void> = someTurns) {
    this.#nowMs = startMs;
    this.#settle = settle;
  }

  /** The time, in epoch milliseconds. */
  readonly now = (): number => this.#nowMs;

  /**
   * Resolves when the clock has been moved `ms` further; at once for zero and less.
   *
   * @throws the signal's reason, as soon as it is aborted
   */
  readonly sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { atMs: this.#nowMs + ms, wake: resolve };
    const abort = () => {
      this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#sleepers.push(sleeper);
    this.#onSleep();
    await promise;
    signal?.removeEventListener("abort", abort);
  };

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /**
   * Advances the clock, stopping at each sleeper, including those that start to sleep on the way; resolves when
   * everything that can continue has done so.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#settle();
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) {
      this.#wake(next);
      await this.#settle();
    }
    this.#nowMs = untilMs;
  }

  /**
   * Moves the clock to the next sleeper whenever everything waits, until the returned value is
   * disposed. "Everything waits" means that the event loop has turned a few times and nobody fell
   * asleep: real input and output that is under way is not seen, so pass what waits for it through
   * {@linkcode hold}, or time runs ahead of it.
   *
   * @example
   * ```ts
   * const clock = new FakeClock();
   * using _ = clock.autoAdvance();
   * await clock.sleep(3_600_000); // resolves now
   * ```
   */
  autoAdvance(): Disposable {
    let isOn = true;
    const run = async () => {
      while (isOn) {
        await this.#settle();
        const next = this.#next();
        if (this.#held.size > 0) await Promise.race(this.#held);
        else if (!next) await new Promise<void>((resolve) => this.#onSleep = resolve);
        else if (isOn) this.#wake(next);
      }
    };
    run();
    return {
      [Symbol.dispose]: () => {
        isOn = false;
        this.#onSleep();
      },
    };
  }

  /** Keeps {@linkcode autoAdvance} from moving the clock while a promise is pending. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    const held = promise.then(() => {}, () => {});
    this.#held.add(held);
    try {
      return await promise;
    } finally {
      this.#held.delete(held);
    }
  }

  #next(): Sleeper | undefined {
    return this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
    this.#nowMs = sleeper.atMs;
    sleeper.wake();
  }
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++) await setImmediate();
}
