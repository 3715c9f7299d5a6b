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
import { Margin } from "./margin.ts";
import { type Rate, spacingMs } from "./rate.ts";

/** The distance over an interval forgives this much lateness, as a share of it and at most. */
const SLACK_SHARE = 0.001;
const MOST_SLACK_MS = 1;
/**
 * What the spacing forgives. Where it is wide: the margin, so that catching up never brings two requests closer
 * than the declared spacing, which a bucket that holds one would refuse. Where it is finer, late timers and a
 * stalled event loop would cost more than 0.1 % of the rate (2 % of sends 8 ms late: 4 % at 200/s), so as much as the event loop may
 * be late, until a refusal. Where timers are coarser than the spacing, always.
 */
const WIDE_SPACING_MS = 150;
const COARSE_SPACING_MS = 10;
const CATCH_UP_MS = 10;
/**
 * A stream that waits for its turn at the source as well may be held up by a whole spacing of the source each
 * time. It makes up for that by this share of its own spacing: 2/s under a busy 5/s would else be 1.65/s.
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
  #bursts: boolean;
  #refused = false;
  #sent = 0;
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
    const slots = this.#groupSize === 1
      ? rate.requests
      : Math.floor(rate.requests / this.#groupSize) - 1;
    this.#sentAtMs = new Float64Array(slots).fill(-Infinity);
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
    // Later than a timer ever is: nobody asked, so there is nothing to catch up.
    const catchUpMs = this.#catchUpMs();
    const idle = lateMs > Math.max(this.#spacingMs, catchUpMs);
    this.#plannedMs = idle ? atMs : Math.max(this.#plannedMs + this.paceMs, atMs - catchUpMs);
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
    if (this.#opensGroup(number)) this.#sentAtMs[this.#slot(number)] = atMs;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#plannedMs = Math.max(this.#plannedMs, atMs - this.#catchUpMs());
    this.#margin.left(number, atMs);
  }

  /** Learns that the server let request `number` through; `atMs` is when its answer began. */
  passed(number: number, atMs: number): void {
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

  #catchUpMs(): number {
    if (this.#spacingMs < COARSE_SPACING_MS) return CATCH_UP_MS;
    if (this.#queued && !this.#refused) return QUEUED_SHARE * this.#spacingMs;
    if (this.#spacingMs < WIDE_SPACING_MS && !this.#refused) return CATCH_UP_MS;
    return Math.min(CATCH_UP_MS, this.#margin.overIntervalMs / this.rate.requests);
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
