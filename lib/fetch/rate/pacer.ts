/**
 * Decides when the next request of one rate may leave. Keeps two distances, from send to send: one spacing
 * to the request before, and one interval to the request `requests` before, each with a margin that is
 * learnt. Knows no clock and waits for nothing. Invariant: in any interval at most `requests` requests leave,
 * and, unless the rate allows bursts, never two at once.
 *
 * Why both: the spacing alone drifts by every late timer and cannot be caught up; the interval alone lets
 * a burst through at the start and after every stall. A send that is late by no more than the slack
 * does not move the plan, so late timers cost no rate: without it 1 ms of lateness costs 0.1 % at any
 * one-second limit, and 5 % at 50 requests a second.
 */
import { FirstTrip } from "./first_request_delay.ts";
import { Margin } from "./margin.ts";
import { type Rate, spacingMs } from "../../plan/time/rate.ts";

/** The distance over an interval forgives this much lateness, as a share of it and at most. */
const SLACK_SHARE = 0.001;
const MOST_SLACK_MS = 1;
/**
 * The spacing forgives as much as a busy machine is late, and at least this share of itself: with 5 % of sends 10
 * to 30 ms late, 5/s is used to 99.0 % so, and 50/s to 98.7 % (98.8 and 95.7 % with 10 ms at most). A
 * bucket that holds few requests may refuse what is caught up, so after a refusal it is no more than half the
 * margin: then two requests are never as close as declared; below 10 ms, where timers are coarser than that,
 * what a timer is late.
 */
const CATCH_UP_MS = 30;
const CATCH_UP_SHARE = 0.25;
const COARSE_SPACING_MS = 10;
const TIMER_LATE_MS = 4;
/**
 * A stream that waits for its turn at the source as well may be held up by a whole spacing of the source each
 * time. It makes up for that by this share of its own spacing: 3/s under a busy 7/s is used to 99 % so and
 * to 77 % with the share above; 80/min under 3/s to 100 and 75 %.
 */
const QUEUED_SHARE = 0.5;
/** Most send times remembered; beyond, one stands for a group, which costs less than 0.05 % of the rate. */
const MOST_SLOTS = 4_096;
/** A request that left later than this share of the spacing (or these milliseconds) was not held back by it. */
const TIGHT_SHARE = 0.25;
const TIGHT_MS = 5;

/** What a pacer has to know beside its rate. */
export interface PacerOptions {
  /** Whether its requests wait for another limit as well, so that they are late for no fault of theirs. */
  readonly queued?: boolean;
}

/** The pace of one rate. */
export class Pacer {
  /** The declared rate. */
  readonly rate: Rate;
  readonly #margin: Margin;
  readonly #spacingMs: number;
  readonly #slackMs: number;
  readonly #groupSize: number;
  /** Ring of the first send time of each group, as long as the interval is in groups. */
  readonly #sentAtMs: Float64Array;
  readonly #queued: boolean;
  readonly #firstTrip = new FirstTrip();
  #bursts: boolean;
  #refused = false;
  #sent = 0;
  #firstMs = -Infinity;
  #lastMs = -Infinity;
  /** When the last request would have left had no timer been late. */
  #plannedMs = -Infinity;

  /** Starts with nothing sent: the first request is due at once. */
  constructor(rate: Rate, options: PacerOptions = {}) {
    this.rate = rate;
    this.#queued = options.queued ?? false;
    this.#bursts = rate.burst;
    this.#margin = new Margin(rate);
    this.#spacingMs = spacingMs(rate);
    this.#slackMs = Math.min(MOST_SLACK_MS, SLACK_SHARE * rate.intervalMs);
    this.#groupSize = Math.ceil(rate.requests / MOST_SLOTS);
    const semaphore = this.#groupSize === 1
      ? rate.requests
      : Math.floor(rate.requests / this.#groupSize) - 1;
    this.#sentAtMs = new Float64Array(semaphore).fill(-Infinity);
  }

  /** Earliest moment, in the caller's milliseconds, at which the next request may leave. */
  due(): number {
    const overMs = this.#opensGroup(this.#sent) ? this.#overDue() : -Infinity;
    if (this.#bursts) return overMs;
    const { betweenMs } = this.#margin;
    // The bucket that holds one request forgives nothing: between two requests there is no catching up.
    const betweenDue = betweenMs > 0 ? this.#lastMs + this.#spacingMs + betweenMs : -Infinity;
    return Math.max(overMs, betweenDue, this.#plannedMs + this.paceMs);
  }

  /** Milliseconds between two requests at the present margin. */
  get paceMs(): number {
    const { overIntervalMs, betweenMs } = this.#margin;
    return Math.max(
      (this.rate.intervalMs + overIntervalMs) / this.rate.requests,
      betweenMs > 0 ? this.#spacingMs + betweenMs : 0,
    );
  }

  /** The margin in use, in milliseconds over a whole interval and between two requests. */
  get margin(): { readonly overIntervalMs: number; readonly betweenMs: number } {
    const { overIntervalMs, betweenMs } = this.#margin;
    return { overIntervalMs, betweenMs };
  }

  /** Notes that a request left, not before it was due, and returns its number. */
  sent(atMs: number): number {
    const lateMs = atMs - this.due();
    const tight = this.#bursts || lateMs <= Math.max(TIGHT_MS, TIGHT_SHARE * this.#spacingMs);
    this.#plannedMs = this.#planned(atMs, lateMs);
    if (this.#sent === 0) this.#firstMs = atMs;
    if (this.#opensGroup(this.#sent)) this.#sentAtMs[this.#slot(this.#sent)] = atMs;
    this.#lastMs = atMs;
    this.#margin.sent(atMs, tight);
    return this.#sent++;
  }

  /**
   * Corrects when request `number`, one of the last, really left: later than it was let go, because the
   * event loop stood still in between. Uncorrected, the next ones would follow too closely.
   */
  left(number: number, atMs: number): void {
    if (number === 0) this.#firstMs = atMs;
    this.#correct(number, atMs);
  }

  /** Learns that the server let request `number` through; `atMs` is when its answer began. */
  passed(number: number, atMs: number): void {
    if (this.#sent <= this.#sentAtMs.length && this.#groupSize === 1) this.#connected(number, atMs);
    this.#margin.passed(number, atMs);
  }

  /**
   * Learns that the server found request `number` too early, which ends bursts for good. Returns whether
   * the request had left as early as this pace allows, so that this rate can be the one that was meant.
   */
  refused(number: number, atMs: number): boolean {
    const blamed = this.#margin.refused(number, atMs);
    this.#bursts &&= !blamed;
    this.#refused ||= blamed;
    return blamed;
  }

  /** Within the first interval: corrects when the first request can have arrived. */
  #connected(number: number, atMs: number): void {
    this.#firstTrip.note(number, atMs - (number === 0 ? this.#firstMs : this.#sentAtMs[number]!));
    this.#correct(0, this.#firstMs + this.#firstTrip.lateMs());
  }

  #correct(number: number, atMs: number): void {
    if (this.#opensGroup(number)) this.#sentAtMs[this.#slot(number)] = atMs;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#margin.left(number, atMs);
  }

  #planned(atMs: number, lateMs: number): number {
    const catchUpMs = this.#catchUpMs();
    // Later than a machine is: nobody asked, so there is nothing to catch up.
    if (lateMs > catchUpMs) return atMs;
    return Math.max(this.#plannedMs + this.paceMs, atMs - catchUpMs);
  }

  #catchUpMs(): number {
    if (this.#refused) {
      if (this.#spacingMs < COARSE_SPACING_MS) return TIMER_LATE_MS;
      const marginMs = this.#margin.overIntervalMs / this.rate.requests;
      return Math.min(CATCH_UP_MS, marginMs / 2);
    }
    const share = this.#queued ? QUEUED_SHARE : CATCH_UP_SHARE;
    return Math.max(CATCH_UP_MS, share * this.#spacingMs);
  }

  #overDue(): number {
    return this.#sentAtMs[this.#slot(this.#sent)]! + this.rate.intervalMs +
      this.#margin.overIntervalMs -
      this.#slackMs;
  }

  #opensGroup(number: number): boolean {
    return number % this.#groupSize === 0;
  }

  #slot(number: number): number {
    return Math.floor(number / this.#groupSize) % this.#sentAtMs.length;
  }
}
