// Keeps the pace of one limit together with other processes: each holds a share of the requests of an
// interval and paces it alone, so that no request waits for the store. Invariant: the shares together never
// exceed the limit, so no interval holds more requests than it allows, even if the clocks of the processes
// differ.
import { type Rate, spacingMs } from "../../plan/time/rate.ts";
import type { LimitState, Share } from "./limit_store.ts";
import { type Reservation, type ReservationOptions, StoreAccess } from "./store_access.ts";

/** Time after which the share of a process that was killed is given to others. */
const LEASE_MS = 5_000;
/** Time between two renewals: a new process gets its share after this time at the latest. */
const RENEW_MS = 1_500;
/** Time between two queries of a process without a share. */
const LOOK_MS = 200;
/** Time for which a process keeps its share where there are more processes than requests. */
const TURN_MS = 4_000;
/** Time after which a smaller share takes effect: the process learns of it before. */
const DEFER_MS = 500;
/** Time that a query may take before nothing more is sent: its result may be a smaller share. */
const LONGEST_QUERY_MS = 400;

/** The share of this process, as the store grants it. */
export interface Granted {
  /** Requests of an interval. */
  readonly requests: number;
  /** From when on, by the store's clock; undefined if it is the same as before. */
  readonly fromMs: number | undefined;
  /** Whether there are more processes than requests, so that they take turns. */
  readonly isCrowded: boolean;
  /** Until when, by the store's clock. */
  readonly untilMs: number;
  /** The largest margin that a process has learned. */
  readonly marginMs: number;
}

/** A share of a pace. */
export class SharedPace implements Reservation {
  readonly #options: ReservationOptions;
  readonly #access: StoreAccess;
  readonly #closed = new AbortController();
  #requests = 0;
  /** The share that it last held, even if it has paused. */
  #held = 0;
  #askedAtMs = -Infinity;
  #turnEndsMs = Infinity;
  #fromMs = -Infinity;
  #untilMs = -Infinity;
  #lookAtMs = -Infinity;
  #lastSentMs = -Infinity;
  #wantedAtMs = -Infinity;
  #aheadMs = 0;

  /** Holds nothing yet. */
  constructor(options: ReservationOptions) {
    this.#options = options;
    this.#access = new StoreAccess(options);
  }

  due(): number {
    const nowMs = this.#options.clock.now();
    const isSlow = this.#access.isAsking && nowMs - this.#askedAtMs > LONGEST_QUERY_MS;
    if (this.#requests > 0 && nowMs < this.#untilMs && !isSlow) return this.#fromMs;
    this.#wantedAtMs = nowMs;
    if (nowMs < this.#lookAtMs) return this.#lookAtMs;
    this.#ask();
    return Infinity;
  }

  sent(): void {
    this.#lastSentMs = this.#wantedAtMs = this.#options.clock.now();
  }

  /** Takes, keeps or reduces the share. */
  #ask(): void {
    const { rate, clock } = this.#options;
    if (!this.#access.isAsking) this.#askedAtMs = clock.now();
    this.#access.ask(
      (state, nowMs) => divide(state, rate, this.#asking(), nowMs),
      (granted, { earliest, latest }) => {
        this.#aheadMs = latest;
        this.#options.adoptMargin(granted.marginMs);
        this.#untilMs = granted.untilMs - latest;
        if (granted.isCrowded && this.#requests === 0) this.#turnEndsMs = clock.now() + TURN_MS;
        if (!granted.isCrowded) this.#turnEndsMs = Infinity;
        this.#take(granted, { earliest, latest });
      },
    );
  }

  #asking(): Asking {
    const { holder, marginMs, catchUpMs } = this.#options;
    return {
      ...{ holder, marginMs: marginMs(), catchUpMs, isPaused: this.#requests === 0 },
      sentUpToMs: Math.max(this.#lastSentMs, this.#lastDueMs()) + this.#aheadMs,
    };
  }

  /** When the last request would have been sent without having been late. */
  #lastDueMs(): number {
    const { paceDueMs, rate } = this.#options;
    const requests = Math.max(1, this.#held);
    return paceDueMs() - distanceMs(rate, requests, this.#options.marginMs());
  }

  /** A larger share applies from its start, a smaller one takes effect at its start. */
  #take({ requests, fromMs }: Granted, ahead: { earliest: number; latest: number }): void {
    const { clock, resize } = this.#options;
    if (requests === 0) this.#lookAtMs = clock.now() + LOOK_MS;
    if (requests < this.#requests && fromMs !== undefined) {
      const waitMs = fromMs - ahead.latest - clock.now();
      clock.sleep(Math.max(0, waitMs), this.#closed.signal).then(() => {
        this.#requests = this.#held = requests;
        if (requests > 0) resize(requests);
      }, () => {/* closed */});
    } else if (requests > 0) {
      if (fromMs !== undefined) this.#fromMs = fromMs - ahead.earliest;
      this.#requests = this.#held = requests;
      resize(requests);
    }
    if (requests > 0) this.#renewLater();
  }

  #renewLater(): void {
    const { clock, rate } = this.#options;
    clock.sleep(RENEW_MS, this.#closed.signal).then(() => {
      const idleMs = clock.now() - this.#wantedAtMs;
      // It pauses before it releases the share, because another process gets it at once.
      if (clock.now() >= this.#turnEndsMs) this.#requests = 0;
      if (idleMs < RENEW_MS + 2 * rate.intervalMs / Math.max(1, this.#requests)) this.#ask();
      else this.#release().catch(() => {/* the lease ends */});
    }, () => {/* closed */});
  }

  async #release(): Promise<void> {
    const { rate } = this.#options;
    this.#requests = 0;
    if (this.#held === 0) return;
    await this.#access.change((state, nowMs) => [
      leave(state, rate, this.#asking(), nowMs),
      null,
    ]);
    this.#held = 0;
  }

  /** Releases its share. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#access.close();
    await this.#release();
  }
}

/** A process that requests its share. */
export interface Asking {
  /** Its name. */
  readonly holder: string;
  /** When it sent its last request, or would have sent it in time, by the store's clock. */
  readonly sentUpToMs: number;
  /** How late a request may be without delaying the following ones. */
  readonly catchUpMs: number;
  /** Whether it sends nothing until it has the result. */
  readonly isPaused: boolean;
  /** The margin over an interval that it has learned. */
  readonly marginMs: number;
}

/** Divides the requests of an interval among the processes; the requesting one gets as much of its part as is free. */
export function divide(
  state: LimitState,
  rate: Rate,
  { holder, sentUpToMs, catchUpMs, isPaused, marginMs }: Asking,
  nowMs: number,
): readonly [LimitState, Granted] {
  const { shares, nextAtMs: freeAtMs } = withoutExpired(state, rate, holder, nowMs);
  const found = shares.find((share) => share.holder === holder);
  const before = found?.requests ?? 0;
  const others = shares.filter((share) => share !== found);
  const isOver = isPaused && before > 0 && shares.length > rate.requests;
  const sinceMs = found === undefined || isOver ? nowMs : found.sinceMs;
  const requests = shareOf(rate, others, { holder, sinceMs });
  const margin = Math.max(marginMs, state.marginMs);
  const endsAtMs = isPaused ? sentUpToMs : nowMs + DEFER_MS + catchUpMs;
  const nextAtMs = requests < before
    ? Math.max(freeAtMs, endsAtMs + distanceMs(rate, before, margin))
    : freeAtMs;
  const untilMs = nowMs + LEASE_MS;
  const own = { holder, requests, sinceMs, untilMs };
  const fromMs = requests > before
    ? Math.max(nowMs, nextAtMs, state.pausedUntilMs)
    : requests < before
    ? nowMs + (isPaused ? 0 : DEFER_MS)
    : undefined;
  return [
    {
      ...state,
      // Processes whose shares grow at the same time begin one after the other.
      nextAtMs: requests > before ? fromMs! + spacingMs(rate) : nextAtMs,
      marginMs: margin,
      shares: [...others, own],
    },
    { requests, fromMs, untilMs, marginMs: margin, isCrowded: others.length >= rate.requests },
  ];
}

/** The part of a process, as far as it is free; the remainder of the division goes to the earliest processes. */
function shareOf(
  { requests }: Rate,
  others: readonly Share[],
  { holder, sinceMs }: Pick<Share, "holder" | "sinceMs">,
): number {
  const rank =
    others.filter((other) =>
      other.sinceMs < sinceMs || other.sinceMs === sinceMs && other.holder < holder
    ).length;
  const count = others.length + 1;
  const part = Math.floor(requests / count) + (rank < requests % count ? 1 : 0);
  const free = requests - others.reduce((sum, other) => sum + other.requests, 0);
  return Math.max(0, Math.min(part, free));
}

/** Releases the share of a process; the others keep their distance from its last request. */
function leave(
  state: LimitState,
  rate: Rate,
  { holder, sentUpToMs, marginMs }: Asking,
  nowMs: number,
): LimitState {
  const { shares, nextAtMs } = withoutExpired(state, rate, holder, nowMs);
  const own = shares.find((share) => share.holder === holder);
  const requests = Math.max(1, own?.requests ?? rate.requests);
  const freeAtMs = sentUpToMs + distanceMs(rate, requests, Math.max(marginMs, state.marginMs));
  return {
    ...state,
    nextAtMs: Math.max(nextAtMs, freeAtMs),
    shares: shares.filter((share) => share !== own),
  };
}

/** Drops the shares of processes that have not renewed them; they may have sent until the end of their leases. */
function withoutExpired(
  { shares, nextAtMs, marginMs }: LimitState,
  rate: Rate,
  holder: string,
  nowMs: number,
): { shares: Share[]; nextAtMs: number } {
  const isLive = (share: Share) => share.untilMs > nowMs || share.holder === holder;
  const ends = shares.filter((share) => !isLive(share) && share.requests > 0)
    .map(({ untilMs }) => untilMs + distanceMs(rate, 1, marginMs));
  return { shares: shares.filter(isLive), nextAtMs: Math.max(nextAtMs, ...ends) };
}

/** The distance that a process keeps from requests of another one: an interval where bursts are allowed. */
function distanceMs(rate: Rate, requests: number, marginMs: number): number {
  if (rate.burst) return rate.intervalMs;
  return Math.max(spacingMs(rate), (rate.intervalMs + marginMs) / requests);
}
