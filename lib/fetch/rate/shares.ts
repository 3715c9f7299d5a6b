// Keeps the pace of one limit together with other processes: each holds a share of the requests of an
// interval and paces it alone, so that no request waits for the store. Invariant: the shares together never
// exceed the limit, so no interval holds more requests than it allows, even if the clocks of the processes
// differ.
import { SAME_MOMENT_MS } from "./clock.ts";
import { type Asking, distanceMs, divide, type Granted, leave } from "./divide_shares.ts";
import { type Reservation, type ReservationOptions, StoreAccess } from "./store_access.ts";

/** A process that wants no request for this time, and two spacings of its share, releases the share. */
const IDLE_MS = 1_500;
/** Time for which a process keeps its share where there are more processes than requests. */
const TURN_MS = 4_000;
/** Time that a query may take before nothing more is sent: its result may be a smaller share. */
const LONGEST_QUERY_MS = 400;

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
  /** When the last request would have been sent if none had caught up after one that was late. */
  #caughtUpMs = -Infinity;
  #wantedAtMs = -Infinity;
  #aheadMs = 0;
  #isShared = false;
  #wasRefused = false;
  #adoptedMs = 0;
  #willRenew = false;

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
    // A later moment, not the same one: the store must be queried before anything is sent.
    if (nowMs < this.#lookAtMs) return this.#lookAtMs + SAME_MOMENT_MS;
    this.#ask();
    return Infinity;
  }

  sent(): () => void {
    const { clock, rate, marginMs } = this.#options;
    this.#lastSentMs = this.#wantedAtMs = clock.now();
    const nextMs = this.#caughtUpMs + distanceMs(rate, Math.max(1, this.#held), marginMs());
    this.#caughtUpMs = Math.max(nextMs, this.#lastSentMs);
    return () => {/* the pace is kept anyway */};
  }

  get isShared(): boolean {
    return this.#isShared;
  }

  refused(): void {
    if (!this.#isShared) return;
    this.#wasRefused = true;
    this.#ask();
  }

  /** Takes, keeps or reduces the share. */
  #ask(): void {
    const { rate, clock } = this.#options;
    if (!this.#access.isAsking) this.#askedAtMs = clock.now();
    let asking = this.#asking();
    this.#access.ask(
      (state, nowMs) => divide(state, rate, asking = this.#asking(), nowMs),
      (granted, { earliest, latest }) => {
        this.#aheadMs = latest;
        this.#adopt(granted, asking);
        if (asking.wasRefused) this.#wasRefused = false;
        this.#untilMs = granted.untilMs - latest;
        if (granted.isCrowded && this.#requests === 0) this.#turnEndsMs = clock.now() + TURN_MS;
        if (!granted.isCrowded) this.#turnEndsMs = Infinity;
        this.#take(granted, { earliest, latest });
      },
    );
  }

  #asking(): Asking {
    const { holder, marginMs, betweenMs, catchUpMs } = this.#options;
    return {
      ...{ holder, marginMs: marginMs(), catchUpMs, isPaused: this.#requests === 0 },
      ...{ betweenMs: betweenMs(), wasRefused: this.#wasRefused, adoptedMs: this.#adoptedMs },
      sentUpToMs: Math.max(this.#lastSentMs, this.#caughtUpMs, this.#lastDueMs()) + this.#aheadMs,
    };
  }

  /** Applies what other processes have learned, unless this process has learned more since. */
  #adopt({ marginMs, betweenMs, isShared }: Granted, asking: Asking): void {
    const { adoptMargin, adoptBetween, forget } = this.#options;
    this.#adoptedMs = marginMs;
    if (this.#options.marginMs() === asking.marginMs) adoptMargin(marginMs);
    if (betweenMs > 0) adoptBetween(betweenMs);
    if (this.#isShared && !isShared) forget();
    this.#isShared = isShared;
  }

  /** When the last request would have been sent without having been late. */
  #lastDueMs(): number {
    const { paceDueMs, rate } = this.#options;
    const requests = Math.max(1, this.#held);
    return paceDueMs() - distanceMs(rate, requests, this.#options.marginMs());
  }

  /** A larger share counts from its time on, a smaller one takes effect at its time. */
  #take(
    { requests, fromMs, lookAfterMs }: Granted,
    ahead: { earliest: number; latest: number },
  ): void {
    const { clock, resize } = this.#options;
    this.#lookAtMs = clock.now() + lookAfterMs;
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
    if (this.#willRenew) return;
    this.#willRenew = true;
    const { clock, rate } = this.#options;
    clock.sleep(this.#lookAtMs - clock.now(), this.#closed.signal).then(() => {
      this.#willRenew = false;
      const idleMs = clock.now() - this.#wantedAtMs;
      // It pauses before it releases the share, because another process gets it at once.
      if (clock.now() >= this.#turnEndsMs) this.#requests = 0;
      if (idleMs < IDLE_MS + 2 * rate.intervalMs / Math.max(1, this.#requests)) this.#ask();
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
