/**
 * Mapping several values at once.
 * Starts as soon as it is called and does not wait for its reader: results queue without a bound, as
 * in the real package, so give it finite work only. Invariant: results come in the order of the
 * values.
 *
 * @module
 */

const FAILED = "Cannot complete the mapping as an error was thrown from an item";

interface Pool<R> {
  /** Outcomes that nobody has read yet, in the order of the values. */
  outcomes: Promise<PromiseSettledResult<R>>[];
  errors: unknown[];
  isOver: boolean;
  isLeft: boolean;
  wake: () => void;
}

/**
 * Maps values with at most `poolLimit` calls under way. Once a call has failed its place stays taken and, when
 * all places are, no call is started; those under way are awaited and their results still given.
 *
 * @throws {AggregateError} while iterating, with what the calls threw
 * @throws {RangeError} when `poolLimit` is not a positive integer
 */
export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  iteratorFn: (data: T) => Promise<R>,
): AsyncIterableIterator<R> {
  if (!Number.isInteger(poolLimit) || poolLimit < 1) {
    throw new RangeError(
      `Cannot map as 'poolLimit' must be a positive integer: current value is ${poolLimit}`,
    );
  }
  const pool: Pool<R> = {
    outcomes: [],
    errors: [],
    isOver: false,
    isLeft: false,
    wake: () => {},
  };
  work(pool, poolLimit, array, iteratorFn);
  return read(pool);
}

async function work<T, R>(
  pool: Pool<R>,
  limit: number,
  values: Iterable<T> | AsyncIterable<T>,
  map: (value: T) => Promise<R>,
): Promise<void> {
  const running = new Set<Promise<unknown>>();
  try {
    for await (const value of values) {
      const outcome = settle(pool, map, value);
      running.add(outcome);
      outcome.then(() => running.delete(outcome));
      pool.outcomes.push(outcome);
      pool.wake();
      if (pool.isLeft) break;
      if (running.size + pool.errors.length < limit) continue;
      if (pool.errors.length === 0) await Promise.race(running);
      if (pool.errors.length > 0) break;
    }
  } catch (error) {
    pool.errors.push(error);
  }
  await Promise.all(running);
  pool.isOver = true;
  pool.wake();
}

async function settle<T, R>(
  pool: Pool<R>,
  map: (value: T) => Promise<R>,
  value: T,
): Promise<PromiseSettledResult<R>> {
  try {
    return { status: "fulfilled", value: await map(value) };
  } catch (reason) {
    pool.errors.push(reason);
    return { status: "rejected", reason };
  }
}

async function* read<R>(pool: Pool<R>): AsyncGenerator<R> {
  try {
    while (true) {
      const outcome = await pool.outcomes.shift();
      if (outcome?.status === "fulfilled") yield outcome.value;
      if (outcome) continue;
      if (pool.isOver) break;
      await new Promise<void>((resolve) => pool.wake = resolve);
    }
  } finally {
    pool.isLeft = true;
  }
  if (pool.errors.length > 0) throw new AggregateError(pool.errors, FAILED);
}
