/**
 * What recent answers say about the way to the server: how far jitter can push two requests together,
 * and which strict server would have refused exactly what was refused. Remembers and reckons, decides
 * nothing. Invariant: the memory is bounded, the oldest request is forgotten first.
 */

/** The distance a server counts: between two requests, or over a whole interval of them. */
export type Distance = "one" | "all";

/** What was true of a request when it left. */
export interface Departure {
  /** When it left, on a monotonic clock. */
  readonly sentAtMs: number;
  /** Whether it left as early as the pacer allowed, so that a refusal speaks of the pacer's margin. */
  readonly tight: boolean;
  /** The distance that the margin was added to. */
  readonly distance: Distance;
  /** The margin, which is the jitter it was armed against. */
  readonly armedMs: number;
}

/** A server that explains the refusals, and the jitter that its explanation needs. */
export interface Explanation {
  /** What that server counts. */
  readonly distance: Distance;
  /** The jitter on the way there, as the round trips admit it. */
  readonly spreadMs: number;
}

interface Trip extends Departure {
  sentAtMs: number;
  answeredAtMs: number;
  outcome: "pending" | "passed" | "refused";
}

const FEWEST_KEPT = 64;
const MOST_KEPT = 2_048;
/** Answers are stamped by a busy event loop: distances this close to the limit prove nothing. */
const STAMP_ERROR_MS = 2;
/** The share of refusals, predicted or real, on which a server and reality have to agree. */
const AGREEMENT = 0.7;
/** A wider spread is the server's own work rather than the way to it. */
const WIDEST_JITTER_MS = 60;
/** With less between two requests timers send in clumps, and a bucket that holds one is no sound guess. */
const FINEST_SPACING_MS = 5;

/** The last requests of one pacer, as far as their answers tell. */
export class Arrivals {
  readonly #requests: number;
  readonly #intervalMs: number;
  readonly #kept: number;
  readonly #trips: Trip[] = [];
  #forgotten = 0;

  /** Remembers enough for a server that allows `requests` in `intervalMs`. */
  constructor(requests: number, intervalMs: number) {
    this.#requests = requests;
    this.#intervalMs = intervalMs;
    this.#kept = Math.min(MOST_KEPT, Math.max(FEWEST_KEPT, 3 * requests));
  }

  /** Notes the next request; requests are numbered from 0 in the order of these calls. */
  sent(departure: Departure): void {
    this.#trips.push({ ...departure, answeredAtMs: 0, outcome: "pending" });
    if (this.#trips.length < 2 * this.#kept) return;
    this.#trips.splice(0, this.#kept);
    this.#forgotten += this.#kept;
  }

  /** Corrects when a request left: later than it was let go, because the event loop stood still. */
  left(number: number, atMs: number): void {
    const trip = this.#trips[number - this.#forgotten];
    if (trip !== undefined) trip.sentAtMs = atMs;
  }

  /** Notes the answer to a request and returns how it had left; undefined when it is forgotten. */
  answered(number: number, atMs: number, outcome: "passed" | "refused"): Departure | undefined {
    const trip = this.#trips[number - this.#forgotten];
    if (trip === undefined) return undefined;
    trip.answeredAtMs = atMs;
    trip.outcome = outcome;
    return trip;
  }

  /**
   * The jitter that the round trips admit, in milliseconds: their range, widened as n samples of uniform
   * jitter show only (n - 1) / (n + 1) of it in the mean, without stragglers beyond the outer fence (a
   * handshake, a slow page; the fence of 3 quartile distances keeps even exponential tails). It is an
   * upper bound, since a client cannot tell the way there from the way back.
   */
  spreadMs(): number {
    const trips = this.#answered().map((trip) => trip.answeredAtMs - trip.sentAtMs)
      .sort((a, b) => a - b);
    let count = trips.length;
    if (count < 2) return 0;
    if (count >= 8) {
      const upperQuartile = trips[(3 * count) >> 2]!;
      const fence = upperQuartile + 3 * (upperQuartile - trips[count >> 2]!) + 1;
      while (trips[count - 1]! > fence) count--;
    }
    return (trips[count - 1]! - trips[0]!) * Math.min(1.5, (count + 1) / (count - 1));
  }

  /**
   * Replays the two servers that could have refused, a bucket that holds one request and a sliding log,
   * on arrivals rebuilt from the answers, and returns the one that would have refused the same requests.
   * Undefined when neither would: then the round trips say nothing about the way there.
   */
  explanation(): Explanation | undefined {
    const trips = this.#answered().sort((a, b) => a.answeredAtMs - b.answeredAtMs);
    const spacingMs = this.#intervalMs / this.#requests;
    const all = agreement(trips, this.#requests, this.#intervalMs);
    const one = this.#requests === 1 || spacingMs < FINEST_SPACING_MS
      ? 0
      : agreement(trips, 1, spacingMs);
    if (Math.max(one, all) < AGREEMENT) return undefined;
    const spreadMs = this.spreadMs();
    return spreadMs > WIDEST_JITTER_MS
      ? undefined
      : { distance: one > all ? "one" : "all", spreadMs };
  }

  #answered(): Trip[] {
    return this.#trips.slice(-this.#kept).filter((trip) => trip.outcome !== "pending");
  }
}

/**
 * Of the requests that a server of `requests` in any `intervalMs` refused, in the replay or in truth, the
 * share that it refused in both.
 */
function agreement(trips: readonly Trip[], requests: number, intervalMs: number): number {
  const passed: number[] = [];
  let inBoth = 0;
  let inEither = 0;
  for (const { answeredAtMs, outcome } of trips) {
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
