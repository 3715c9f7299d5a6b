// Bounds the response bytes that all streams of a run hold together: requests in flight count by an estimate,
// responses by their size until they are parsed. It never reads a response. Invariants: a request
// that waits for room holds nothing, requests get room in the order in which they wait, and one request is
// always granted if nothing is held, whatever its size.
import { WaitingLine } from "./waiting_line.ts";

/** Most bytes that are in flight or arrived. */
export const MOST_HELD_BYTES: number = 32 << 20;
/** Bytes of unparsed responses at which no further request is granted. */
export const MOST_ARRIVED_BYTES: number = 4 << 20;
/** Least size that a page counts as: its request, its headers and its buffer take memory too. */
const LEAST_PAGE_BYTES = 16 << 10;
/** Size that the pages of a stream count as until the first one arrives. */
const UNKNOWN_PAGE_BYTES = 4 << 20;
/** How fast the size of a large page is forgotten, for each page that follows. */
const REMEMBERED = 0.95;

/** The size that the next page of a stream may have. */
export class PageSize {
  /** Estimate in bytes. */
  bytes: number = UNKNOWN_PAGE_BYTES;
  #isKnown = false;

  /** Learns from the size of a page. */
  learn(bytes: number): void {
    this.bytes = this.#isKnown ? Math.max(bytes, REMEMBERED * this.bytes) : bytes;
    this.#isKnown = true;
  }
}

/** Bounds the bytes that the pages of all streams hold. */
export class PageBudget {
  #held = 0;
  #arrived = 0;
  readonly #mostHeld: number;
  readonly #mostArrived: number;
  readonly #line = new WaitingLine<number>((bytes) => {
    if (!this.#fits(bytes)) return false;
    this.#held += bytes;
    return true;
  });

  /** Creates an unused budget. */
  constructor({ mostHeld = MOST_HELD_BYTES, mostArrived = MOST_ARRIVED_BYTES } = {}) {
    [this.#mostHeld, this.#mostArrived] = [mostHeld, mostArrived];
  }

  /** Creates a place for one page of a stream; it holds nothing yet. */
  place(size: PageSize): Place {
    return new Place({
      take: (bytes, signal) => this.#line.enter(bytes, signal),
      add: (held, arrived) => this.#add(held, arrived),
    }, size);
  }

  #fits(bytes: number): boolean {
    if (this.#held === 0) return true;
    return this.#arrived < this.#mostArrived && this.#held + bytes <= this.#mostHeld;
  }

  #add(held: number, arrived: number): void {
    this.#held += held;
    this.#arrived += arrived;
    this.#line.advance();
  }
}

/** How a place changes its budget. */
export interface Account {
  /** Waits until so many bytes fit, and holds them. */
  readonly take: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Adds to the bytes that are held, and to those that arrived. */
  readonly add: (held: number, arrived: number) => void;
}

/** The share of one page: taken before its request is sent, kept while it is retried, released by `using`. */
export class Place implements Disposable {
  readonly #account: Account;
  readonly #size: PageSize;
  #held = 0;
  #arrived = 0;

  /** Created by `PageBudget.place`. */
  constructor(account: Account, size: PageSize) {
    [this.#account, this.#size] = [account, size];
  }

  /** Whether the request may be sent. */
  get isTaken(): boolean {
    return this.#held > 0;
  }

  /**
   * Waits until there is room for the page.
   *
   * @throws the signal's reason if it aborts first; then nothing is held.
   */
  async take(signal: AbortSignal): Promise<void> {
    const bytes = countOf(this.#size.bytes);
    await this.#account.take(bytes, signal);
    this.#held = bytes;
  }

  /** Holds the page without waiting, even beyond the bound: for a page that other held pages wait for. */
  takeNow(): void {
    this.#held = countOf(this.#size.bytes);
    this.#account.add(this.#held, 0);
  }

  /** Counts the page by its size from now on. */
  arrived(bytes: number): void {
    this.#size.learn(bytes);
    const counted = countOf(bytes);
    this.#account.add(counted - this.#held, counted);
    [this.#held, this.#arrived] = [counted, counted];
  }

  /** Releases what is held; further calls do nothing. */
  [Symbol.dispose](): void {
    const [held, arrived] = [this.#held, this.#arrived];
    [this.#held, this.#arrived] = [0, 0];
    if (held > 0) this.#account.add(-held, -arrived);
  }
}

function countOf(bytes: number): number {
  return Math.max(LEAST_PAGE_BYTES, Math.ceil(bytes));
}
