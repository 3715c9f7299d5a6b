// Keeps one quota together with other processes: it reserves requests in blocks from the store ahead of time, so
// that sending rarely waits for the store. Invariant: nothing is due without a reservation, and unsent
// requests are returned at the end.
import { SAME_MOMENT_MS } from "./clock.ts";
import { changeLimit } from "./limit_store.ts";
import { isCounted } from "../../plan/time/rate.ts";
import { SharedPace } from "./shares.ts";
import { type Reservation, type ReservationOptions, StoreAccess } from "./store_access.ts";
import { blockOf, giveBack, type Grant, reserve } from "./quota.ts";

/**
 * A used-up quota is checked again before its end, because other processes may return requests: after this share of
 * the time that is left, within these bounds in milliseconds.
 */
const LOOK_AGAIN_SHARE = 1 / 16;
const [SOONEST_LOOK_MS, LATEST_LOOK_MS] = [60_000, 900_000];

/** Opens the reservations of a limit: a share where it sets a pace, requests where it is a quota. */
export function openReservation(options: ReservationOptions): Reservation {
  return isCounted(options.rate) ? new QuotaBlocks(options) : new SharedPace(options);
}

/** Requests of a quota, reserved in blocks. */
class QuotaBlocks implements Reservation {
  readonly #options: ReservationOptions;
  readonly #access: StoreAccess;
  #blocks: { grant: Grant; left: number; untilMs: number }[] = [];
  #availableAtMs = -Infinity;
  #isLooking = false;
  readonly #closed = new AbortController();

  constructor(options: ReservationOptions) {
    this.#options = options;
    this.#access = new StoreAccess(options);
  }

  /** The pace of each process is its own; what is counted is shared anyway. */
  readonly isShared = false;

  refused(): void {
    // The server counts differently; reserved requests stay reserved.
  }

  due(): number {
    const nowMs = this.#options.clock.now();
    this.#dropExpired(nowMs);
    if (this.#blocks.length > 0) return -Infinity;
    // A later moment, not the same one: the store must be queried before anything is sent.
    if (nowMs < this.#availableAtMs) return this.#availableAtMs + SAME_MOMENT_MS;
    this.#reserve();
    return Infinity;
  }

  sent(): () => void {
    const [block] = this.#blocks;
    if (block === undefined) return () => {};
    if (--block.left === 0) this.#blocks.shift();
    const left = this.#blocks.reduce((total, each) => total + each.left, 0);
    if (left < blockOf(this.#options.rate) / 2) this.#reserve();
    return () => this.#giveBack(block.grant, 1).catch(() => {/* it stays counted as sent */});
  }

  /** The rest of a block that expires is returned, so that it is reserved again with its real time. */
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

  /** Others may return requests before the quota resets. */
  #lookAgain(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock } = this.#options;
    const shareMs = LOOK_AGAIN_SHARE * (this.#availableAtMs - clock.now());
    const lookMs = Math.min(LATEST_LOOK_MS, Math.max(SOONEST_LOOK_MS, shareMs));
    clock.sleep(lookMs, this.#closed.signal).then(() => {
      this.#isLooking = false;
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
