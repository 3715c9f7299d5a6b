/**
 * Measures the rate at which requests were sent, for progress displays. It controls nothing. Invariant:
 * memory is bounded at any rate.
 */

/** Use of the allowed rate over the last minute. */
export interface Usage {
  /** Requests sent per second. */
  readonly requestsPerSecond: number;
  /** Requests that the declared limits allow per second; Infinity without a limit. */
  readonly allowedPerSecond: number;
  /** Requests per second with the learned margins; Infinity without a limit. */
  readonly pacedPerSecond: number;
  /** `requestsPerSecond / allowedPerSecond`; undefined without a limit. */
  readonly share: number | undefined;
  /** Responses that refused a request as too early, since the start. */
  readonly refused: number;
}

const WINDOW_MS = 60_000;
const MOST_REMEMBERED = 512;

/** The rate of the last minute, or of the last 512 requests where those are less than a minute old. */
export class RateMeter {
  readonly #sentAtMs = new Float64Array(MOST_REMEMBERED);
  #count = 0;

  /** Records that a request was sent. */
  mark(atMs: number): void {
    this.#sentAtMs[this.#count++ % MOST_REMEMBERED] = atMs;
  }

  /** Requests recorded so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Requests per second up to `nowMs`. `paceMs` is the time one request accounts for: n requests cover n
   * paces, not the n - 1 distances between them.
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

/** Creates a usage from its figures. */
export function makeUsage(figures: Omit<Usage, "share">): Usage {
  const { requestsPerSecond, allowedPerSecond } = figures;
  const share = allowedPerSecond === Infinity ? undefined : requestsPerSecond / allowedPerSecond;
  return { ...figures, share };
}
