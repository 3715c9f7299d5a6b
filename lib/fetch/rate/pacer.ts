/**
 * Decides when the next request of one rate may be sent. Keeps two distances between sends: one spacing to
 * the previous request, and one interval to the request `requests` earlier, each with a learned margin. It
 * reads no clock and never waits. Invariant: in any interval at most `requests` requests are sent, and,
 * unless the rate allows bursts, never two at once.
 *
 * Why both: the spacing alone drifts with every late timer and cannot catch up; the interval alone allows a
 * burst at the start and after every stall. A send that is late by no more than the slack does not move
 * the schedule, so late timers cost no rate: without it 1 ms of lateness costs 0.1 % at any one-second
 * limit, and 5 % at 50 requests per second.
 */
import { FirstRequestDelay } from "./first_request_delay.ts";
import { Margin } from "./margin.ts";
import { type Rate, spacingMs } from "../../plan/time/rate.ts";

/** Lateness tolerated by the distance over an interval: a share of it, and an upper bound. */
const SLACK_SHARE = 0.001;
const MOST_SLACK_MS = 1;
/**
 * The spacing tolerates the lateness of a busy machine, and at least this share of itself: with 5 % of sends
 * 10 to 30 ms late, 5/s is used to 99.0 % and 50/s to 98.7 % (98.8 and 95.7 % with at most 10 ms). A bucket
 * that holds few requests may refuse a request that catches up, so after a refusal the tolerance is half the
 * margin: then two requests are never closer than declared. Below 10 ms, where timers are coarser than that,
 * it is the lateness of a timer.
 */
const CATCH_UP_MS = 30;
const CATCH_UP_SHARE = 0.25;
const COARSE_SPACING_MS = 10;
const TIMER_LATE_MS = 4;
/**
 * A stream that also waits for its turn at the API may be delayed by a whole spacing of the API's limit each
 * time. It may catch up by this share of its own spacing: 3/s under a busy 7/s is used to 99 %, and to 77 %
 * with the share above; 80/min under 3/s to 100 and 75 %.
 */
const QUEUED_SHARE = 0.5;
/** Most send times kept; above that one represents a group, which costs less than 0.05 % of the rate. */
const MOST_SLOTS = 4_096;
/** A request sent later than this share of the spacing (or these milliseconds) was not delayed by the pacer. */
const TIGHT_SHARE = 0.25;
const TIGHT_MS = 5;

/** Options of a pacer. */
export interface PacerOptions {
  /** Whether its requests also wait for another limit, which may delay them. Defaults to false. */
  readonly queued?: boolean;
}

/** The pace of one rate. */
export class Pacer {
  /** The declared rate. */
  readonly rate: Rate;
  readonly #margin: Margin;
  #spacingMs: number;
  /** Requests of an interval; fewer than the rate's where others have the rest. */
  #requests: number;
  readonly #slackMs: number;
  readonly #groupSize: number;
  /** Ring of the first send time of each group, as long as the interval is in groups. */
  readonly #sentAtMs: Float64Array;
  readonly #queued: boolean;
  readonly #firstRequestDelay = new FirstRequestDelay();
  #bursts: boolean;
  #refused = false;
  #sent = 0;
  #firstMs = -Infinity;
  #lastMs = -Infinity;
  /** When the last request would have been sent without late timers. */
  #plannedMs = -Infinity;

  /** Starts with nothing sent: the first request is due immediately. */
  constructor(rate: Rate, options: PacerOptions = {}) {
    this.rate = rate;
    this.#queued = options.queued ?? false;
    this.#bursts = rate.burst;
    this.#margin = new Margin(rate);
    this.#spacingMs = spacingMs(rate);
    this.#requests = rate.requests;
    this.#slackMs = Math.min(MOST_SLACK_MS, SLACK_SHARE * rate.intervalMs);
    this.#groupSize = Math.ceil(rate.requests / MOST_SLOTS);
    const groups = this.#groupSize === 1
      ? rate.requests
      : Math.floor(rate.requests / this.#groupSize) - 1;
    this.#sentAtMs = new Float64Array(groups).fill(-Infinity);
  }

  /** Paces so many of the rate's requests from now on. */
  resize(requests: number): void {
    this.#requests = requests;
    this.#spacingMs = this.rate.intervalMs / requests;
    this.#margin.resize(requests);
  }

  /** Earliest time, in the caller's milliseconds, at which the next request may be sent. */
  due(): number {
    return this.#due();
  }

  #due(): number {
    const overMs = this.#opensGroup(this.#sent) ? this.#overDue() : -Infinity;
    if (this.#bursts) return overMs;
    const { betweenMs } = this.#margin;
    // A bucket that holds one request tolerates nothing: no catching up between two requests.
    const betweenDue = betweenMs > 0 ? this.#lastMs + this.#spacingMs + betweenMs : -Infinity;
    return Math.max(overMs, betweenDue, this.#plannedMs + this.paceMs);
  }

  /** Milliseconds between two requests at the current margin. */
  get paceMs(): number {
    const { overIntervalMs, betweenMs } = this.#margin;
    return Math.max(
      (this.rate.intervalMs + overIntervalMs) / this.#requests,
      betweenMs > 0 ? this.#spacingMs + betweenMs : 0,
    );
  }

  /** The margin in use, in milliseconds over a whole interval and between two requests. */
  get margin(): { readonly overIntervalMs: number; readonly betweenMs: number } {
    const { overIntervalMs, betweenMs } = this.#margin;
    return { overIntervalMs, betweenMs };
  }

  /** Takes over a margin that was learned elsewhere, in milliseconds over an interval. */
  adoptMargin(marginMs: number, atMs: number): void {
    this.#margin.adopt(marginMs, atMs);
  }

  /** Takes over a margin between two requests that another process has learned. */
  adoptBetween(marginMs: number): void {
    this.#margin.adoptBetween(marginMs);
  }

  /** Forgets what earlier requests show, because other processes sent some between them. */
  forget(): void {
    this.#margin.forget();
  }

  /** Records that a request was sent, not before it was due, and returns its number. */
  sent(atMs: number): number {
    const lateMs = atMs - this.#due();
    const tight = this.#bursts || lateMs <= Math.max(TIGHT_MS, TIGHT_SHARE * this.#spacingMs);
    this.#plannedMs = this.#planned(atMs, lateMs);
    if (this.#sent === 0) this.#firstMs = atMs;
    if (this.#opensGroup(this.#sent)) this.#sentAtMs[this.#slot(this.#sent)] = atMs;
    this.#lastMs = atMs;
    this.#margin.sent(atMs, tight);
    return this.#sent++;
  }

  /**
   * Corrects when request `number`, a recent one, was really sent: after it was released the event loop was
   * blocked. Without the correction the following requests would be too close.
   */
  left(number: number, atMs: number): void {
    if (number === 0) this.#firstMs = atMs;
    this.#correct(number, atMs);
  }

  /** Records that request `number`, a recent one, never reached the server: it counts in no interval. */
  unsent(number: number): void {
    const isKept = this.#sent - number <= this.#groupSize * this.#sentAtMs.length;
    if (isKept && this.#groupSize === 1) this.#sentAtMs[this.#slot(number)] = -Infinity;
  }

  /** Records that the server accepted request `number`; `atMs` is when its response began. */
  passed(number: number, atMs: number): void {
    if (this.#sent <= this.#sentAtMs.length && this.#groupSize === 1) this.#connected(number, atMs);
    this.#margin.passed(number, atMs);
  }

  /**
   * Records that the server refused request `number` as too early, which ends bursts permanently. Returns
   * whether the request was sent as early as this rate allows, so that this rate can be the one exceeded.
   */
  refused(number: number, atMs: number): boolean {
    const isCause = this.#margin.refused(number, atMs);
    this.#bursts &&= !isCause;
    this.#refused ||= isCause;
    return isCause;
  }

  /** Within the first interval: corrects when the first request arrived. */
  #connected(number: number, atMs: number): void {
    this.#firstRequestDelay.note(
      number,
      atMs - (number === 0 ? this.#firstMs : this.#sentAtMs[number]!),
    );
    this.#correct(0, this.#firstMs + this.#firstRequestDelay.lateMs());
  }

  #correct(number: number, atMs: number): void {
    if (this.#opensGroup(number)) this.#sentAtMs[this.#slot(number)] = atMs;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#margin.left(number, atMs);
  }

  #planned(atMs: number, lateMs: number): number {
    const catchUpMs = this.#catchUpMs();
    // Later than a busy machine explains: no request was waiting, so there is nothing to catch up.
    if (lateMs > catchUpMs) return atMs;
    return Math.max(this.#plannedMs + this.paceMs, atMs - catchUpMs);
  }

  #catchUpMs(): number {
    if (this.#refused) {
      if (this.#spacingMs < COARSE_SPACING_MS) return TIMER_LATE_MS;
      const marginMs = this.#margin.overIntervalMs / this.#requests;
      return Math.min(CATCH_UP_MS, marginMs / 2);
    }
    return this.mostCatchUpMs;
  }

  /** How late, in milliseconds, a request may be without delaying the following ones. */
  get mostCatchUpMs(): number {
    const share = this.#queued ? QUEUED_SHARE : CATCH_UP_SHARE;
    return Math.max(CATCH_UP_MS, share * this.#spacingMs);
  }

  #overDue(): number {
    const before = this.#sent - this.#groupSize * this.#groupsBack();
    if (before < 0) return -Infinity;
    return this.#sentAtMs[this.#slot(before)]! + this.rate.intervalMs +
      this.#margin.overIntervalMs -
      this.#slackMs;
  }

  /** Groups of an interval; one fewer where a group has several requests, of which the first one is kept. */
  #groupsBack(): number {
    if (this.#groupSize === 1) return this.#requests;
    return Math.max(1, Math.floor(this.#requests / this.#groupSize) - 1);
  }

  #opensGroup(number: number): boolean {
    return number % this.#groupSize === 0;
  }

  #slot(number: number): number {
    return Math.floor(number / this.#groupSize) % this.#sentAtMs.length;
  }
}
