/**
 * Estimates the network path to the server from recent responses: how much jitter can push two requests
 * together, and which strict server would have refused exactly the requests that were refused. It makes
 * no decisions. Invariant: memory is bounded; the oldest request is forgotten first.
 */

/** What a server measures: the distance between two requests, or over all requests of an interval. */
export type Distance = "one" | "all";

/** State of a request when it was sent. */
export interface Departure {
  /** When it was sent, on a monotonic clock. */
  readonly sentAtMs: number;
  /** Whether it was sent as early as the pacer allowed, so that a refusal is evidence about the margin. */
  readonly tight: boolean;
  /** The distance to which the margin was added. */
  readonly distance: Distance;
  /** The margin, in milliseconds: the jitter it tolerates. */
  readonly marginMs: number;
}

/** A server model that explains the refusals, and the jitter the explanation requires. */
export interface Explanation {
  /** What that server measures. */
  readonly distance: Distance;
  /** Upper bound of the jitter on the way to the server, in milliseconds. */
  readonly spreadMs: number;
}

interface RoundTrip extends Departure {
  sentAtMs: number;
  answeredAtMs: number;
  outcome: "pending" | "passed" | "refused";
}

const FEWEST_KEPT = 64;
const MOST_KEPT = 2_048;
/** A busy event loop delays time stamps: distances this close to the limit prove nothing. */
const STAMP_ERROR_MS = 2;
/** The share of refusals, predicted or real, on which a server model and reality must agree. */
const AGREEMENT = 0.7;
/** A wider spread is caused by the server's own work rather than by the network. */
const WIDEST_JITTER_MS = 60;
/** Below this spacing timers send in clumps, and a bucket that holds one request is not a sound guess. */
const FINEST_SPACING_MS = 5;

/** The last requests of one pacer, with the outcome of each. */
export class Arrivals {
  #requests: number;
  readonly #intervalMs: number;
  readonly #kept: number;
  readonly #roundTrips: RoundTrip[] = [];
  #forgotten = 0;
  #isShared = false;
  /** The first request that the server models replay: earlier ones were paced as another share. */
  #modelFrom = 0;

  /** Keeps enough requests to model a server that allows `requests` in `intervalMs` milliseconds. */
  constructor(requests: number, intervalMs: number) {
    this.#requests = requests;
    this.#intervalMs = intervalMs;
    this.#kept = Math.min(MOST_KEPT, Math.max(FEWEST_KEPT, 3 * requests));
  }

  /** Models a server that allows `requests` in the interval; where others send the rest, they are not seen here. */
  resize(requests: number, isShared: boolean): void {
    if (requests === this.#requests) return;
    this.#requests = requests;
    this.#isShared = isShared;
    this.#modelFrom = this.#forgotten + this.#roundTrips.length;
  }

  /** Records the next request; requests are numbered from 0 in the order of these calls. */
  sent(departure: Departure): void {
    this.#roundTrips.push({ ...departure, answeredAtMs: 0, outcome: "pending" });
    if (this.#roundTrips.length < 2 * this.#kept) return;
    this.#roundTrips.splice(0, this.#kept);
    this.#forgotten += this.#kept;
  }

  /** Forgets all requests: what they show is no evidence for what follows. */
  forget(): void {
    this.#forgotten += this.#roundTrips.length;
    this.#roundTrips.length = 0;
  }

  /** Corrects the time at which a request was sent: the event loop was blocked after it was released. */
  left(number: number, atMs: number): void {
    const roundTrip = this.#roundTrips[number - this.#forgotten];
    if (roundTrip !== undefined) roundTrip.sentAtMs = atMs;
  }

  /** Records the response to a request and returns how it was sent; undefined when it is forgotten. */
  answered(number: number, atMs: number, outcome: "passed" | "refused"): Departure | undefined {
    const roundTrip = this.#roundTrips[number - this.#forgotten];
    if (roundTrip === undefined) return undefined;
    roundTrip.answeredAtMs = atMs;
    roundTrip.outcome = outcome;
    return roundTrip;
  }

  /**
   * Upper bound of the jitter, in milliseconds: the range of the round trips, widened because n samples of
   * uniform jitter show only (n - 1) / (n + 1) of it on average, without outliers beyond the outer fence (a
   * handshake, a slow page; a fence of 3 quartile distances keeps even exponential tails). It is an upper
   * bound because a client cannot separate the way to the server from the way back.
   */
  spreadMs(): number {
    const roundTrips = this.#answered().map((roundTrip) =>
      roundTrip.answeredAtMs - roundTrip.sentAtMs
    )
      .sort((a, b) => a - b);
    let count = roundTrips.length;
    if (count < 2) return 0;
    if (count >= 8) {
      const upperQuartile = roundTrips[(3 * count) >> 2]!;
      const fence = upperQuartile + 3 * (upperQuartile - roundTrips[count >> 2]!) + 1;
      while (roundTrips[count - 1]! > fence) count--;
    }
    return (roundTrips[count - 1]! - roundTrips[0]!) * Math.min(1.5, (count + 1) / (count - 1));
  }

  /**
   * Replays two server models, a bucket that holds one request and a sliding log, on arrival times rebuilt from the
   * responses, and returns the model that refuses the same requests. Undefined when neither does: then the round trips
   * do not explain the refusals. Requests of other processes are unknown, so with them only the log is modelled, with
   * the own share.
   */
  explanation(): Explanation | undefined {
    const roundTrips = this.#answered(this.#modelFrom)
      .sort((a, b) => a.answeredAtMs - b.answeredAtMs);
    const spacingMs = this.#intervalMs / this.#requests;
    const all = agreement(roundTrips, this.#requests, this.#intervalMs);
    const one = this.#isShared || this.#requests === 1 || spacingMs < FINEST_SPACING_MS
      ? 0
      : agreement(roundTrips, 1, spacingMs);
    if (Math.max(one, all) < AGREEMENT) return undefined;
    const spreadMs = this.spreadMs();
    return spreadMs > WIDEST_JITTER_MS
      ? undefined
      : { distance: one > all ? "one" : "all", spreadMs };
  }

  #answered(from = 0): RoundTrip[] {
    const first = Math.max(0, from - this.#forgotten, this.#roundTrips.length - this.#kept);
    return this.#roundTrips.slice(first).filter((roundTrip) => roundTrip.outcome !== "pending");
  }
}

/** The share of requests refused both in the replay and in reality, of those refused in either. */
function agreement(roundTrips: readonly RoundTrip[], requests: number, intervalMs: number): number {
  const passed: number[] = [];
  let inBoth = 0;
  let inEither = 0;
  for (const { answeredAtMs, outcome } of roundTrips) {
    const distanceMs = answeredAtMs - (passed[passed.length - requests] ?? -Infinity);
    if (outcome === "refused") {
      inEither++;
      if (distanceMs < intervalMs + STAMP_ERROR_MS) inBoth++;
    } else {
      if (distanceMs < intervalMs - STAMP_ERROR_MS) inEither++;
      passed.push(answeredAtMs);
    }
  }
  return inEither === 0 ? 0 : inBoth / inEither;
}
