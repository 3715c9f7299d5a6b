/**
 * Learns the margin of one rate: how much later than the rate allows a request is sent, so that network
 * jitter cannot make it arrive early. It starts at a cost of less than one per cent, is raised by refusals
 * and lowered after a long refusal-free streak. Pure: times are arguments. Invariant: it never falls below
 * its initial value.
 *
 * The rule (measured, see docs/benchmarks.md): a server that counts a sliding or a fixed interval never
 * refuses when the distance over `requests` requests exceeds the interval by the jitter; a bucket that
 * holds one request requires the jitter between any two requests, which costs `requests` times as much; a
 * full-size bucket requires nothing. With 429s alone the margin must be doubled and halved. Round trips
 * contain the jitter, so the first refusal is usually enough: replay both strict servers on the arrivals
 * rebuilt from the responses, choose the one that refuses the same requests, and take the spread of the
 * round trips as the jitter. Simulated on 300 seeds that chose no constant, 40 ms of jitter, 5/s,
 * 400 ms: log 1.1 refusals and 96.0 % of a possible 96.2 % (3.5 and 95.6 % without using round trips),
 * bucket of one 1.7 and 82.9 of 83.3 % (8.4 and 81.9 %).
 */
import { Arrivals, type Departure, type Distance } from "./arrivals.ts";
import { RefusalFreeStreak, type Stretch } from "./refusal_free_streak.ts";
import { type Rate, spacingMs } from "../../plan/time/rate.ts";

/**
 * 9.4 ms of a second tolerates 8.4 ms of jitter and 1 ms of catching up, at 99.07 % of the rate. More than
 * 109 ms has no effect, except that two clocks may drift by 200 millionths over a long interval.
 */
const FIRST_SHARE = 0.0094;
const ENOUGH_MS = 109.4;
const CLOCK_DRIFT = 0.0002;
/** Responses after a raise during which a better estimate still corrects it, up or down. */
const LEARNING_ANSWERS = 32;
/** Smallest raise over a margin that was refused, as a factor. */
const STEP = 1.1;
/** A spread below this share of the refused margin cannot explain the refusal. */
const EXPLAINING_SHARE = 0.7;
/** Added to a measured spread, because the largest jitter has not been observed yet. */
const SAFETY_SHARE = 0.02;
const SAFETY_MS = 0.3;
/** Largest margin in intervals: below a sixteenth of the declared rate, the declaration is wrong. */
const MOST_INTERVALS = 16;
/** Difference, as a share of the distance, that does not justify another refusal. */
const FINE_SHARE = 0.01;

/** Length of a refusal-free streak, in responses and in time, before a lower margin is tried. */
const STREAKS = {
  /** Doubled without evidence: too high by up to a factor of two, so retry soon. */
  guess: { responses: 128, ms: 10_000 },
  /** Enough responses to see whether the spread that explained the refusal is gone: a stall, a handshake. */
  calm: { responses: 128, ms: 30_000 },
  /** One 429 per minute costs more than 1 % of margin, so a margin that works is rarely lowered. */
  long: { responses: 4_096, ms: 1_200_000 },
} as const;
/** The spread is gone when it is below this share of the margin; tails vary above it. */
const CALM_SHARE = 0.5;
const GENTLE_SHARE = 0.92;

/** Basis of the margin: a blind doubling, an explanation of the refusals, or a search by halving. */
type Basis = "guess" | "explained" | "found";

/** The learned margin of one rate. */
export class Margin {
  readonly #rate: Rate;
  readonly #arrivals: Arrivals;
  readonly #firstMs: number;
  #distance: Distance = "all";
  #marginMs: number;
  /** The largest margin known to be too small. */
  #refusedMs: number;
  /** The margin to return to while a lower one is tried. */
  #provenMs: number | undefined;
  #basis: Basis = "guess";
  #learningAnswers = 0;
  readonly #streak = new RefusalFreeStreak();
  /** The part of the rate's requests that is sent here, so that what all of them prove takes as long as alone. */
  #share = 1;

  /** Starts with the margin for a network without jitter. */
  constructor(rate: Rate) {
    this.#rate = rate;
    this.#arrivals = new Arrivals(rate.requests, rate.intervalMs);
    this.#firstMs = Math.min(
      FIRST_SHARE * rate.intervalMs,
      ENOUGH_MS + CLOCK_DRIFT * rate.intervalMs,
    );
    this.#marginMs = this.#firstMs;
    this.#refusedMs = this.#firstMs;
  }

  /** Milliseconds to add to the interval over which `requests` requests are spread. */
  get overIntervalMs(): number {
    return this.#distance === "all" ? this.#marginMs : this.#firstMs;
  }

  /** Milliseconds to add to the spacing of any two requests; 0 unless the server requires it. */
  get betweenMs(): number {
    return this.#distance === "one" ? this.#marginMs : 0;
  }

  /** Sends so many of the rate's requests from now on; others send the rest. */
  resize(requests: number): void {
    this.#share = requests / this.#rate.requests;
    this.#arrivals.resize(requests, requests < this.#rate.requests);
  }

  /** Takes over a margin over an interval that was learned elsewhere. */
  adopt(marginMs: number, atMs: number): void {
    if (this.#distance === "one") return;
    const mostMs = MOST_INTERVALS * this.#rate.intervalMs;
    const adoptedMs = Math.max(this.#firstMs, Math.min(marginMs, mostMs));
    if (adoptedMs === this.#marginMs) return;
    this.#streak.restart(atMs);
    this.#learningAnswers = 0;
    this.#basis = "explained";
    if (adoptedMs < this.#marginMs) return this.#try(adoptedMs);
    if (this.#provenMs !== undefined && adoptedMs >= this.#provenMs) this.#goBack(adoptedMs);
    this.#refusedMs = Math.max(this.#refusedMs, this.#marginMs);
    this.#marginMs = adoptedMs;
  }

  /** Takes over a margin between two requests that another process has learned. */
  adoptBetween(marginMs: number): void {
    this.#distance = "one";
    this.#basis = "explained";
    this.#provenMs = undefined;
    this.#marginMs = Math.max(this.#floorMs("one"), marginMs);
    this.#refusedMs = this.#floorMs("one");
  }

  /** Forgets the requests so far, among which others sent some that are unknown here. */
  forget(): void {
    this.#arrivals.forget();
  }

  /** Records the next request; `tight` when it was sent as early as the margin allowed. */
  sent(atMs: number, tight: boolean): void {
    this.#arrivals.sent({
      sentAtMs: atMs,
      tight,
      distance: this.#distance,
      marginMs: this.#marginMs,
    });
  }

  /** Corrects when request `number` was sent. */
  left(number: number, atMs: number): void {
    this.#arrivals.left(number, atMs);
  }

  /** Records that request `number` was accepted. */
  passed(number: number, atMs: number): void {
    this.#arrivals.answered(number, atMs, "passed");
    if (this.#marginMs === this.#floorMs(this.#distance)) return;
    if (this.#learningAnswers > 0) return this.#refine();
    const lowerMs = this.#lower(this.#streak.note(), atMs);
    if (lowerMs === undefined) return;
    this.#streak.restart(atMs);
    this.#try(Math.max(lowerMs, this.#floorMs(this.#distance)));
  }

  /** Tries a lower margin. */
  #try(lowerMs: number): void {
    this.#provenMs = this.#marginMs;
    this.#marginMs = lowerMs;
    this.#refusedMs = Math.min(this.#refusedMs, lowerMs);
  }

  /**
   * Records that request `number` was refused; returns whether it was sent as early as allowed.
   */
  refused(number: number, atMs: number): boolean {
    const departure = this.#arrivals.answered(number, atMs, "refused");
    if (departure === undefined || !departure.tight) return false;
    this.#learn(departure, atMs);
    return true;
  }

  #learn(departure: Departure, atMs: number): void {
    this.#streak.restart(atMs);
    // Requests in flight when the margin was raised are evidence, not a reason to raise it again.
    const sentMs = departure.distance === this.#distance ? departure.marginMs : 0;
    this.#refusedMs = Math.max(this.#refusedMs, sentMs);
    if (sentMs < 0.98 * this.#marginMs) return this.#refine();
    if (this.#provenMs !== undefined) return this.#goBack(this.#provenMs);
    this.#raise();
    this.#learningAnswers = LEARNING_ANSWERS;
  }

  #raise(): void {
    const found = this.#arrivals.explanation();
    if (found !== undefined && this.#accept(found.distance, withSafety(found.spreadMs))) return;
    // Requests of others may be the cause: if it recurs, this process or another sends alone and learns it.
    if (this.#share < 1) return;
    // The round trips do not explain the refusal: double the margin and reconsider soon.
    this.#basis = "guess";
    const spreadMs = withSafety(this.#arrivals.spreadMs());
    const doubledMs = Math.min(2 * this.#marginMs, MOST_INTERVALS * this.#rate.intervalMs);
    this.#marginMs = spreadMs > STEP * this.#marginMs ? Math.min(doubledMs, spreadMs) : doubledMs;
  }

  /** Corrects the margin while the evidence is fresh. */
  #refine(): void {
    if (this.#learningAnswers === 0) return;
    this.#learningAnswers--;
    const found = this.#arrivals.explanation();
    if (found !== undefined) this.#accept(found.distance, withSafety(found.spreadMs));
  }

  /** Sets the margin for `spreadMs` if that can explain the refusal. */
  #accept(distance: Distance, spreadMs: number): boolean {
    if (distance !== this.#distance) {
      if (spreadMs <= this.#floorMs(distance)) return false;
      this.#distance = distance;
      this.#provenMs = undefined;
      this.#refusedMs = this.#floorMs(distance);
    } else if (spreadMs < EXPLAINING_SHARE * this.#refusedMs) {
      return false;
    }
    this.#basis = "explained";
    this.#marginMs = Math.max(spreadMs, STEP * this.#refusedMs, this.#floorMs(distance));
    return true;
  }

  /** The lower margin to try now; undefined where it is too early. */
  #lower(responses: number, atMs: number): number | undefined {
    if (this.#basis === "guess") {
      if (!this.#streak.lasts(this.#own(STREAKS.guess), atMs, 1)) return undefined;
      if (this.#marginMs - this.#refusedMs > FINE_SHARE * this.#distanceMs()) {
        return (this.#marginMs + this.#refusedMs) / 2;
      }
      this.#basis = "found";
      // Only the initial margin was refused: it may have been a stall that does not recur.
      if (this.#refusedMs === this.#floorMs(this.#distance)) return this.#refusedMs;
    }
    if (this.#streak.lasts(this.#own(STREAKS.long), atMs)) return GENTLE_SHARE * this.#marginMs;
    const calm = this.#own(STREAKS.calm);
    if (this.#basis === "found" || responses % calm.responses !== 0) return undefined;
    if (!this.#streak.lasts(calm, atMs)) return undefined;
    const spreadMs = withSafety(this.#arrivals.spreadMs());
    return spreadMs < CALM_SHARE * this.#marginMs ? spreadMs : undefined;
  }

  /** The part of a streak over all requests that is seen here. */
  #own({ responses, ms }: Stretch): Stretch {
    return { responses: Math.ceil(this.#share * responses), ms };
  }

  #goBack(provenMs: number): void {
    this.#marginMs = provenMs;
    this.#provenMs = undefined;
    if (this.#basis !== "guess") this.#streak.doubleRequirement();
  }

  #floorMs(distance: Distance): number {
    return distance === "all" ? this.#firstMs : this.#firstMs / this.#rate.requests;
  }

  #distanceMs(): number {
    return this.#distance === "all" ? this.#rate.intervalMs : spacingMs(this.#rate);
  }
}

function withSafety(spreadMs: number): number {
  return spreadMs + Math.max(SAFETY_MS, SAFETY_SHARE * spreadMs);
}
