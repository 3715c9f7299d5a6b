// Limits how long an action may take. The time is counted in ticks, so that a process that had no processor for
// longer than the limit takes a result that has arrived meanwhile instead of a timeout.

/** An action took too long. */
export class Timeout extends Error {}

const TICKS = 10;

/**
 * The result of an action; one that completes after the limit does no harm.
 *
 * @throws {Timeout} with the given message if the action takes longer than `ms` milliseconds.
 */
export async function within<T>(ms: number, action: Promise<T>, why: string): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    let left = TICKS;
    timer = setInterval(() => {
      if (--left === 0) reject(new Timeout(why));
    }, ms / TICKS);
  });
  try {
    return await Promise.race([action, tooLong]);
  } finally {
    clearInterval(timer);
  }
}
