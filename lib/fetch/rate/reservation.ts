// Keeps one limit together with other processes: it reserves requests of a quota in blocks, or turns of a pace,
// from the store ahead of time, so that sending rarely waits for the store. Invariant: nothing is due without a
// reservation, and what was not sent is given back at the end.
import type { Rate } from "../../plan/time/rate.ts";
import { isCounted, spacingMs } from "../../plan/time/rate.ts";
import type { Clock } from "./clock.ts";
import { changeLimit, type LimitKey, type LimitState, type LimitStore } from "./limit_store.ts";
import { blockOf, giveBack, type Grant, reserve } from "./quota.ts";

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
  /** Takes over a larger margin that another process has learned, in milliseconds over an interval. */
  readonly adoptMargin: (marginMs: number) => void;
  /** Called when something is due that was not. */
  readonly onChange: () => void;
}

/** Reservations of one limit. */
export interface Reservation extends AsyncDisposable {
  /** Earliest monotonic time at which a request is reserved; Infinity while the store is queried. */
  due(): number;
  /** Uses a reserved request. */
  sent(): void;
}

/** Length of a turn in milliseconds, of one request at least: others wait this long for their first turn. */
const TURN_MS = 2_000;
/** The last request of a turn may be this late. */
const LATE_MS = 30;
/** Turns of two processes are apart by this much at least: clocks and timers are not exact. */
const GUARD_MS = 40;
/** Wait before the store is queried again after an error. */
const STORE_RETRY_MS = 1_000;
/** A used-up quota is checked this often, because others may give requests back. */
const LOOK_AGAIN_MS = 60_000;

/** Opens the reservations of a limit: of turns where it sets a pace, of requests where it is a quota. */
export function openReservation(options: ReservationOptions): Reservation {
  return isCounted(options.rate) ? new QuotaBlocks(options) : new Turns(options);
}

/** Queries the store at most once at a time. */
class StoreAccess {
  readonly #options: ReservationOptions;
  #asking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ReservationOptions) {
    this.#options = options;
  }

  /** Changes the limit unless that is under way; `take` receives the result and how far the store's clock is ahead. */
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

  /** Stops querying; resolves when no query is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#asking;
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

/** Requests of a quota, reserved in blocks. */
class QuotaBlocks implements Reservation {
  readonly #options: ReservationOptions;
  readonly #access: StoreAccess;
  #blocks: { grant: Grant; left: number; untilMs: number }[] = [];
  #availableAtMs = -Infinity;
  readonly #closed = new AbortController();

  constructor(options: ReservationOptions) {
    this.#options = options;
    this.#access = new StoreAccess(options);
  }

  due(): number {
    const nowMs = this.#options.clock.now();
    this.#dropExpired(nowMs);
    if (this.#blocks.length > 0) return -Infinity;
    if (nowMs < this.#availableAtMs) return this.#availableAtMs;
    this.#reserve();
    return Infinity;
  }

  sent(): void {
    const [block] = this.#blocks;
    if (block === undefined) return;
    if (--block.left === 0) this.#blocks.shift();
    const left = this.#blocks.reduce((total, each) => total + each.left, 0);
    if (left < blockOf(this.#options.rate) / 2) this.#reserve();
  }

  /** What is left of a block that expires goes back, so that it is reserved again under its real time. */
  #dropExpired(nowMs: number): void {
    while (this.#blocks[0] !== undefined && this.#blocks[0].untilMs <= nowMs) {
      const { grant, left } = this.#blocks.shift()!;
      this.#giveBack(grant, left).catch(() => {/* it stays counted as sent */});
    }
  }

  #reserve(): void {
    const { rate } = this.#options;
    this.#access.ask(
      (state, nowMs) => reserve(state, rate, blockOf(rate), nowMs),
      (grant, { earliest, latest }) => {
        if (grant.count > 0) {
          const untilMs = grant.expiresAtMs - latest;
          this.#blocks.push({ grant, left: grant.count, untilMs });
          this.#expireAt(untilMs);
        } else if (this.#blocks.length === 0) {
          this.#availableAtMs = grant.availableAtMs - earliest;
          this.#lookAgain();
        }
      },
    );
  }

  #expireAt(atMs: number): void {
    const { clock } = this.#options;
    clock.sleep(atMs - clock.now(), this.#closed.signal)
      .then(() => this.#dropExpired(clock.now()), () => {/* closed */});
  }

  /** Others may give requests back before the quota resets. */
  #lookAgain(): void {
    this.#options.clock.sleep(LOOK_AGAIN_MS, this.#closed.signal).then(() => {
      if (this.#blocks.length === 0) this.#reserve();
    }, () => {/* closed */});
  }

  async #giveBack(grant: Grant, unused: number): Promise<void> {
    const { store, key, rate } = this.#options;
    await changeLimit(store, key, ({ state }) => [giveBack(state, rate, grant, unused), null]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#access.close();
    for (const { grant, left } of this.#blocks.splice(0)) await this.#giveBack(grant, left);
  }
}

/** A time during which this process alone sends, at the pace of the limit. */
interface Turn {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Turns of a pace. */
class Turns implements Reservation {
  readonly #options: ReservationOptions;
  readonly #access: StoreAccess;
  #turns: Turn[] = [];
  #lastSentMs = -Infinity;
  #aheadMs = 0;

  constructor(options: ReservationOptions) {
    this.#options = options;
    this.#access = new StoreAccess(options);
  }

  due(): number {
    const nowMs = this.#options.clock.now();
    while (this.#turns[0] !== undefined && this.#turns[0].untilMs < nowMs) this.#turns.shift();
    const [turn] = this.#turns;
    if (turn !== undefined) return turn.fromMs;
    this.#reserve();
    return Infinity;
  }

  sent(): void {
    const nowMs = this.#options.clock.now();
    this.#lastSentMs = nowMs;
    const last = this.#turns.at(-1);
    if (last !== undefined && last.untilMs - nowMs < TURN_MS / 2) this.#reserve();
  }

  /** The distance to keep from another process's requests: a whole interval where bursts are allowed. */
  #distanceMs(): number {
    const { rate, marginMs } = this.#options;
    return rate.burst ? rate.intervalMs : spacingMs(rate) + marginMs() / rate.requests;
  }

  /** The distance between turns; the last requests of a turn may be close together because some were late. */
  #guardMs(): number {
    const { rate, catchUpMs } = this.#options;
    return rate.burst || rate.requests === 1 ? GUARD_MS : GUARD_MS + catchUpMs;
  }

  #reserve(): void {
    const { holder, marginMs } = this.#options;
    const distanceMs = this.#distanceMs();
    this.#access.ask((state, nowMs) => {
      const isOwn = state.holder === holder;
      const afterOwnMs = this.#lastSentMs + this.#aheadMs + distanceMs;
      const fromMs = Math.max(
        nowMs,
        state.pausedUntilMs,
        isOwn
          ? (this.#lastSentMs === -Infinity ? 0 : afterOwnMs)
          : state.nextAtMs + this.#guardMs(),
      );
      const turnMs = Math.max(1, Math.ceil(TURN_MS / distanceMs)) * distanceMs;
      const nextAtMs = Math.max(fromMs + turnMs, isOwn ? state.nextAtMs : 0);
      const margin = Math.max(marginMs(), isOwn ? 0 : state.marginMs);
      const turn = { isOwn, fromMs, nextAtMs, marginMs: margin };
      return [{ ...state, holder, nextAtMs, marginMs: margin }, turn];
    }, ({ isOwn, fromMs, nextAtMs, marginMs }, { earliest, latest }) => {
      this.#aheadMs = latest;
      this.#options.adoptMargin(marginMs);
      const turn = { fromMs: fromMs - earliest, untilMs: nextAtMs - distanceMs + LATE_MS - latest };
      const last = this.#turns.at(-1);
      // Own turns that follow each other are one.
      if (isOwn && last !== undefined) this.#turns.splice(-1, 1, { ...turn, fromMs: last.fromMs });
      else this.#turns.push(turn);
    });
  }

  /** Leaves the rest of the turn to others. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#access.close();
    const { store, key, holder, paceDueMs } = this.#options;
    if (this.#lastSentMs === -Infinity && this.#turns.length === 0) return;
    await changeLimit(store, key, ({ state, nowMs }) => {
      if (state.holder !== holder) return [state, null];
      const dueMs = Math.max(this.#lastSentMs + this.#distanceMs(), paceDueMs());
      const nextAtMs = Math.max(nowMs, dueMs + this.#aheadMs);
      return [{ ...state, nextAtMs: Math.min(state.nextAtMs, nextAtMs) }, null];
    });
  }
}
