/**
 * Measures the rate at which requests really left, for the progress shown to people. Steers nothing.
 * Invariant: bounded memory, whatever the rate.
 */

/** How much of the allowed rate is used, over the last minute. */
export interface Usage {
  /** Requests that left, per second. */
  readonly requestsPerSecond: number;
  /** Requests that the declared limits allow per second; Infinity without a limit. */
  readonly allowedPerSecond: number;
  /** Requests that are let go per second with the margins that were learnt; Infinity without a limit. */
  readonly pacedPerSecond: number;
  /** `requestsPerSecond / allowedPerSecond`; undefined without a limit. */
  readonly share: number | undefined;
  /** Answers that said a request was too early, since the start. */
  readonly refused: number;
}

const WINDOW_MS = 60_000;
const MOST_REMEMBERED = 512;

/** The rate of the last minute, or of the last 512 requests where they are fewer than a minute old. */
export class RateMeter {
  readonly #sentAtMs = new Float64Array(MOST_REMEMBERED);
  #count = 0;

  /** Notes that a request left. */
  mark(atMs: number): void {
    this.#sentAtMs[this.#count++ % MOST_REMEMBERED] = atMs;
  }

  /** Requests noted so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Requests per second up to `nowMs`. `paceMs` is the time that one request accounts for: n requests cover
   * n paces, not the n - 1 distances between them.
   */
  perSecond(nowMs: number, paceMs: number): number {
    const oldest = Math.max(0, this.#count - MOST_REMEMBERED);
    let from = oldest;
    while (from < this.#count && this.#at(from) < nowMs - WINDOW_MS) from++;
    const sent = this.#count - from;
    if (sent === 0) return 0;
    return sent * 1_000 / Math.max(nowMs - this.#at(from) + paceMs, Number.EPSILON);
  }

  #at(index: number): number {
    return this.#sentAtMs[index % MOST_REMEMBERED]!;
  }
}

/** Puts the figures of a usage together. */
export function makeUsage(figures: Omit<Usage, "share">): Usage {
  const { requestsPerSecond, allowedPerSecond } = figures;
  const share = allowedPerSecond === Infinity ? undefined : requestsPerSecond / allowedPerSecond;
  return { ...figures, share };
}
