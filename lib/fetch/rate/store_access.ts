// Owns what the reservations of a limit need, and how they query the store: one query at a time, again after
// an error, and with a bound on how far the store's clock is ahead of the local clock.
import type { Rate } from "../../plan/time/rate.ts";
import type { Clock } from "./clock.ts";
import { changeLimit, type LimitKey, type LimitState, type LimitStore } from "./limit_store.ts";

/** What a reservation needs. */
export interface ReservationOptions {
  /** Where the limit is kept. */
  readonly store: LimitStore;
  /** Which limit it is. */
  readonly key: LimitKey;
  /** The limit. */
  readonly rate: Rate;
  /** Name of this process. */
  readonly holder: string;
  /** Monotonic clock. */
  readonly clock: Clock;
  /** The learned margin of the pace, in milliseconds over an interval. */
  readonly marginMs: () => number;
  /** Monotonic time from which this process's own pace allows its next request; -Infinity before the first. */
  readonly paceDueMs: () => number;
  /** How late, in milliseconds, a process may send a request without delaying the following ones. */
  readonly catchUpMs: number;
  /** Paces so many requests of an interval from now on. */
  readonly resize: (requests: number) => void;
  /** Takes over a margin that another process has learned, in milliseconds over an interval. */
  readonly adoptMargin: (marginMs: number) => void;
  /** The learned margin between two requests, in milliseconds; 0 where the server requires none. */
  readonly betweenMs: () => number;
  /** Takes over a margin between two requests that another process has learned. */
  readonly adoptBetween: (marginMs: number) => void;
  /** Forgets what earlier requests show: other processes sent some between them. */
  readonly forget: () => void;
  /** Called when something is due that was not. */
  readonly onChange: () => void;
}

/** Reservations of one limit. */
export interface Reservation extends AsyncDisposable {
  /** Earliest monotonic time at which a request is reserved; Infinity while the store is queried. */
  due(): number;
  /** Uses a reserved request; call the result if the request never reached the API. */
  sent(): () => void;
  /** Whether other processes send at the same time. */
  readonly isShared: boolean;
  /** Records that a request was refused that was sent as early as the pace allows. */
  refused(): void;
}

/** Wait before the store is queried again after an error. */
const STORE_RETRY_MS = 1_000;

/** Queries the store at most once at a time. */
export class StoreAccess {
  readonly #options: ReservationOptions;
  #asking: Promise<void> | undefined;
  #isClosed = false;

  /** Queries nothing yet. */
  constructor(options: ReservationOptions) {
    this.#options = options;
  }

  /**
   * Changes the limit unless a change is in progress; `take` receives the result and how far the store's
   * clock is ahead.
   */
  ask<R>(
    change: (state: LimitState, nowMs: number) => readonly [LimitState, R],
    take: (result: R, aheadMs: { earliest: number; latest: number }) => void,
  ): void {
    if (this.#asking !== undefined || this.#isClosed) return;
    this.#asking = this.#ask(change, take).then(() => {
      this.#asking = undefined;
      this.#options.onChange();
    });
  }

  /** Whether a query is in progress. */
  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  /** Stops querying; resolves when no query is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#asking;
  }

  /** Changes the limit one last time, after it was closed. */
  async change(
    change: (state: LimitState, nowMs: number) => readonly [LimitState, null],
  ): Promise<void> {
    const { store, key } = this.#options;
    await changeLimit(store, key, ({ state, nowMs }) => change(state, nowMs));
  }

  async #ask<R>(
    change: (state: LimitState, nowMs: number) => readonly [LimitState, R],
    take: (result: R, aheadMs: { earliest: number; latest: number }) => void,
  ): Promise<void> {
    const { store, key, clock } = this.#options;
    for (;;) {
      const askedAtMs = clock.now();
      let storeNowMs = 0;
      try {
        const result = await changeLimit(store, key, ({ state, nowMs }) => {
          storeNowMs = nowMs;
          return change(state, nowMs);
        });
        // The store read its clock between the query and now.
        return take(result, {
          earliest: storeNowMs - clock.now(),
          latest: storeNowMs - askedAtMs,
        });
      } catch {
        if (this.#isClosed) return;
        await clock.sleep(STORE_RETRY_MS);
      }
    }
  }
}
