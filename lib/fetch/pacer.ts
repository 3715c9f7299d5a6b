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

/** A late send may be caught up by this much, as a share of the interval and in milliseconds at most. */
const SLACK_SHARE = 0.001;
const MOST_SLACK_MS = 1;
/** Below this spacing timers are too coarse for single requests: several may leave on one wake-up. */
const COARSE_SPACING_MS = 10;
const COARSE_SLACK_MS = 4;
/** Most send times remembered; beyond, one stands for a group, which costs less than 0.05 % of the rate. */
const MOST_SLOTS = 4_096;
/** A request that left later than this share of the spacing (or these milliseconds) was not held back by it. */
const TIGHT_SHARE = 0.25;
const TIGHT_MS = 5;

/** The pace of one rate. */
export class Pacer {
  /** The declared rate. */
  readonly rate: Rate;
  readonly #margin: Margin;
  readonly #spacingMs: number;
  readonly #slackMs: number;
  readonly #catchUpMs: number;
  readonly #groupSize: number;
  /** Ring of the first send time of each group, as long as the interval is in groups. */
  readonly #sentAtMs: Float64Array;
  #bursts: boolean;
  #sent = 0;
  #lastMs = -Infinity;
  /** When the last request would have left had no timer been late. */
  #plannedMs = -Infinity;

  /** Starts with nothing sent: the first request is due at once. */
  constructor(rate: Rate) {
    this.rate = rate;
    this.#bursts = rate.burst;
    this.#margin = new Margin(rate);
    this.#spacingMs = spacingMs(rate);
    this.#slackMs = Math.min(MOST_SLACK_MS, SLACK_SHARE * rate.intervalMs);
    this.#catchUpMs = this.#spacingMs < COARSE_SPACING_MS ? COARSE_SLACK_MS : this.#slackMs;
    this.#groupSize = Math.ceil(rate.requests / MOST_SLOTS);
    const slots = this.#groupSize === 1
      ? rate.requests
      : Math.floor(rate.requests / this.#groupSize) - 1;
    this.#sentAtMs = new Float64Array(slots).fill(-Infinity);
  }

  /** Earliest moment, in the caller's milliseconds, at which the next request may leave. */
  due(): number {
    const overMs = this.#opensGroup() ? this.#overDue() : -Infinity;
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
    this.#plannedMs = Math.max(this.#plannedMs + this.paceMs, atMs - this.#catchUpMs);
    if (this.#opensGroup()) this.#sentAtMs[this.#slot()] = atMs;
    this.#lastMs = atMs;
    this.#margin.sent(atMs, tight);
    return this.#sent++;
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
    this.#bursts = false;
    return this.#margin.refused(number, atMs);
  }

  #overDue(): number {
    return this.#sentAtMs[this.#slot()]! + this.rate.intervalMs + this.#margin.overIntervalMs -
      this.#slackMs;
  }

  #opensGroup(): boolean {
    return this.#sent % this.#groupSize === 0;
  }

  #slot(): number {
    return Math.floor(this.#sent / this.#groupSize) % this.#sentAtMs.length;
  }
}
