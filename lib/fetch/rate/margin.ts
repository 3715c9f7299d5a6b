/**
 * How much later than its rate allows a request leaves, so that jitter on the way cannot make it early. It
 * starts with what costs less than one per cent, is raised by refusals and lowered after long quiet.
 * Pure: times are arguments, no clock. Invariant: never less than what it started with.
 *
 * The law (measured in ../shared/perf.md, and again in docs/benchmarks.md): a server that counts a sliding
 * or a fixed interval never refuses when the distance over `requests` requests exceeds the interval by
 * the jitter; a bucket that holds one request needs the jitter between any two, which is `requests` times as
 * dear; a full-size bucket needs nothing. From 429s alone the margin has to be doubled and halved. Round
 * trips contain the jitter on the way there, so mostly the first refusal is enough: replay both strict servers on
 * the arrivals that the answers show, believe the one that refuses the same requests, and take the
 * spread of the round trips as the jitter. Simulated on 300 seeds that chose no constant, 40 ms of jitter, 5/s,
 * 400 ms: log 1.1 refusals and 96.0 % of a possible 96.2 (without believing round trips 3.5 and 95.6 %),
 * bucket of one 1.7 and 82.9 of 83.3 % (8.4 and 81.9 %).
 */
import { Arrivals, type Departure, type Distance } from "./arrivals.ts";
import { Quiet } from "./refusal_free_streak.ts";
import { type Rate, spacingMs } from "../../plan/time/rate.ts";

/**
 * 9.4 ms of a second: takes 8.4 ms of jitter beside 1 ms of catching up, at 99.07 % of the rate. More than
 * 109 ms helps nobody, except that two clocks may disagree by 200 millionths over a long interval.
 */
const FIRST_SHARE = 0.0094;
const ENOUGH_MS = 109.4;
const CLOCK_DRIFT = 0.0002;
/** Answers after a raise during which a better estimate still corrects it, up or down. */
const LEARNING_ANSWERS = 32;
/** Least raise over a margin that was refused. */
const STEP = 1.1;
/** A spread below this share of the refused margin cannot be what made it too small. */
const EXPLAINING_SHARE = 0.7;
/** Added to a spread: it is measured, and the largest jitter has not been seen yet. */
const SAFETY_SHARE = 0.02;
const SAFETY_MS = 0.3;
/** Highest margin in intervals: below a sixteenth of the declared rate the declaration is the mistake. */
const MOST_INTERVALS = 16;
/** Difference, as a share of the distance, that is not worth another refusal to find out about. */
const FINE_SHARE = 0.01;

/** How long it has to be quiet, in answers and in time, before a lower margin is tried. */
const QUIET = {
  /** Doubled blindly: too high by up to a factor of two, so look soon. */
  guess: { answers: 128, ms: 10_000 },
  /** Enough answers to see whether the spread that explained the refusal has gone: a stall, a handshake. */
  calm: { answers: 128, ms: 30_000 },
  /** A 429 a minute costs more than 1 % of margin, so one that holds is tried rarely. */
  long: { answers: 4_096, ms: 1_200_000 },
} as const;
/** The spread has gone when it is below this share of the margin; tails come and go above it. */
const CALM_SHARE = 0.5;
const GENTLE_SHARE = 0.92;

/** What the margin rests on: a blind doubling, an explanation of the refusals, or halving until it was found. */
type Basis = "guess" | "explained" | "found";

/** The learnt margin of one rate. */
export class Margin {
  readonly #rate: Rate;
  readonly #arrivals: Arrivals;
  readonly #firstMs: number;
  #distance: Distance = "all";
  #armedMs: number;
  /** The largest margin known to be too small. */
  #refusedMs: number;
  /** While a lower margin is tried: the one to go back to. */
  #provenMs: number | undefined;
  #basis: Basis = "guess";
  #learningAnswers = 0;
  readonly #quiet = new Quiet();

  /** Starts with the margin of a quiet network. */
  constructor(rate: Rate) {
    this.#rate = rate;
    this.#arrivals = new Arrivals(rate.requests, rate.intervalMs);
    this.#firstMs = Math.min(
      FIRST_SHARE * rate.intervalMs,
      ENOUGH_MS + CLOCK_DRIFT * rate.intervalMs,
    );
    this.#armedMs = this.#firstMs;
    this.#refusedMs = this.#firstMs;
  }

  /** Milliseconds to add to the interval over which `requests` requests are spread. */
  get overIntervalMs(): number {
    return this.#distance === "all" ? this.#armedMs : this.#firstMs;
  }

  /** Milliseconds to add to the spacing of any two requests; 0 unless the server was found to need it. */
  get betweenMs(): number {
    return this.#distance === "one" ? this.#armedMs : 0;
  }

  /** Notes the next request; `tight` when it left as early as the margin allowed. */
  sent(atMs: number, tight: boolean): void {
    this.#arrivals.sent({
      sentAtMs: atMs,
      tight,
      distance: this.#distance,
      armedMs: this.#armedMs,
    });
  }

  /** Corrects when request `number` left. */
  left(number: number, atMs: number): void {
    this.#arrivals.left(number, atMs);
  }

  /** Learns that request `number` was let through. */
  passed(number: number, atMs: number): void {
    this.#arrivals.answered(number, atMs, "passed");
    if (this.#armedMs === this.#floorMs(this.#distance)) return;
    if (this.#learningAnswers > 0) return this.#refine();
    const lowerMs = this.#lower(this.#quiet.note(), atMs);
    if (lowerMs === undefined) return;
    this.#quiet.restart(atMs);
    this.#provenMs = this.#armedMs;
    this.#armedMs = Math.max(lowerMs, this.#floorMs(this.#distance));
    this.#refusedMs = Math.min(this.#refusedMs, this.#armedMs);
  }

  /** Learns that request `number` was refused; returns whether it had left as early as allowed. */
  refused(number: number, atMs: number): boolean {
    const departure = this.#arrivals.answered(number, atMs, "refused");
    if (departure === undefined || !departure.tight) return false;
    this.#learn(departure, atMs);
    return true;
  }

  #learn(departure: Departure, atMs: number): void {
    this.#quiet.restart(atMs);
    // Requests already on their way when the margin was raised are evidence, not a reason to raise again.
    const sentMs = departure.distance === this.#distance ? departure.armedMs : 0;
    this.#refusedMs = Math.max(this.#refusedMs, sentMs);
    if (sentMs < 0.98 * this.#armedMs) return this.#refine();
    if (this.#provenMs !== undefined) return this.#goBack(this.#provenMs);
    this.#raise();
    this.#learningAnswers = LEARNING_ANSWERS;
  }

  #raise(): void {
    const found = this.#arrivals.explanation();
    if (found !== undefined && this.#believe(found.distance, withSafety(found.spreadMs))) return;
    // The round trips explain nothing: double, and look back soon.
    this.#basis = "guess";
    const spreadMs = withSafety(this.#arrivals.spreadMs());
    const doubledMs = Math.min(2 * this.#armedMs, MOST_INTERVALS * this.#rate.intervalMs);
    this.#armedMs = spreadMs > STEP * this.#armedMs ? Math.min(doubledMs, spreadMs) : doubledMs;
  }

  /** Takes the present evidence for as long as it is fresh. */
  #refine(): void {
    if (this.#learningAnswers === 0) return;
    this.#learningAnswers--;
    const found = this.#arrivals.explanation();
    if (found !== undefined) this.#believe(found.distance, withSafety(found.spreadMs));
  }

  /** Arms against `spreadMs` if that can be what was missing. */
  #believe(distance: Distance, spreadMs: number): boolean {
    if (distance !== this.#distance) {
      if (spreadMs <= this.#floorMs(distance)) return false;
      this.#distance = distance;
      this.#provenMs = undefined;
      this.#refusedMs = this.#floorMs(distance);
    } else if (spreadMs < EXPLAINING_SHARE * this.#refusedMs) {
      return false;
    }
    this.#basis = "explained";
    this.#armedMs = Math.max(spreadMs, STEP * this.#refusedMs, this.#floorMs(distance));
    return true;
  }

  /** The lower margin that it is time to try, if it is. */
  #lower(answers: number, atMs: number): number | undefined {
    if (this.#basis === "guess") {
      if (!this.#quiet.lasts(QUIET.guess, atMs, 1)) return undefined;
      if (this.#armedMs - this.#refusedMs > FINE_SHARE * this.#distanceMs()) {
        return (this.#armedMs + this.#refusedMs) / 2;
      }
      this.#basis = "found";
      // Refused with the first margin alone, it may have been a stall that will not come again.
      if (this.#refusedMs === this.#floorMs(this.#distance)) return this.#refusedMs;
    }
    if (this.#quiet.lasts(QUIET.long, atMs)) return GENTLE_SHARE * this.#armedMs;
    if (this.#basis === "found" || answers % QUIET.calm.answers !== 0) return undefined;
    if (!this.#quiet.lasts(QUIET.calm, atMs)) return undefined;
    const spreadMs = withSafety(this.#arrivals.spreadMs());
    return spreadMs < CALM_SHARE * this.#armedMs ? spreadMs : undefined;
  }

  #goBack(provenMs: number): void {
    this.#armedMs = provenMs;
    this.#provenMs = undefined;
    if (this.#basis !== "guess") this.#quiet.doublePatience();
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
