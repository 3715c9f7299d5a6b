// Owns the interface of the place in which the use of limits is kept, so that processes that share an account
// stay within its limits together. Types only. Invariant: only a process that has read the latest version of a
// row replaces it, so no reservation is lost.

/** Identifies one limit of one account. */
export interface LimitKey {
  /** Hash of the API's origin and of the credentials. */
  readonly apiKey: string;
  /** The limit as declared, such as `500/d`; `*` for the pauses of all requests. */
  readonly limit: string;
}

/** The share of a pace that one process holds; instants are epoch milliseconds of the store's clock. */
export interface Share {
  /** The process. */
  readonly holder: string;
  /** Requests of an interval; 0 while it waits for some. */
  readonly requests: number;
  /** Since when it is in the queue. */
  readonly sinceMs: number;
  /** When its lease ends. */
  readonly untilMs: number;
}

/** Whether one process at a time sends, and why; instants are epoch milliseconds of the store's clock. */
export interface Alone {
  /** Milliseconds that the server requires between two requests in addition to their spacing; 0 while unknown. */
  readonly betweenMs: number;
  /** Until when one process at a time sends because requests of several were refused. */
  readonly untilMs: number;
  /** When a request was last refused while several processes were sending; absent where none was. */
  readonly refusedAtMs?: number;
}

/** The stored state of a limit; instants are epoch milliseconds of the store's clock. */
export interface LimitState {
  /** When a process whose share grows may send. */
  readonly nextAtMs: number;
  /** The learned margin over an interval, in milliseconds; 0 where none was learned. */
  readonly marginMs: number;
  /** No request is sent before this instant. */
  readonly pausedUntilMs: number;
  /** Start of the period that `used` counts. */
  readonly periodStartMs: number;
  /** Requests of the period. */
  readonly used: number;
  /** The share of each process. */
  readonly shares: readonly Share[];
  /** Whether the processes that share a pace send one at a time; absent where nothing hints at it. */
  readonly alone?: Alone;
  /** Requests of a rolling period by the time of their reservation: pairs of instant and count. */
  readonly history: readonly (readonly [atMs: number, count: number])[];
}

/** A limit as it was read. */
export interface StoredLimit {
  /** What is kept. */
  readonly state: LimitState;
  /** The store's clock when it was read, in epoch milliseconds. */
  readonly nowMs: number;
  /** Version of the row. */
  readonly version: number;
}

/** Keeps the use of limits. */
export interface LimitStore {
  /** Reads a limit; creates it where it is missing. */
  read(key: LimitKey): Promise<StoredLimit>;
  /** Replaces a limit that still has this version; returns whether it had. */
  replace(key: LimitKey, version: number, state: LimitState): Promise<boolean>;
}

/** A limit that was never used. */
export const UNUSED: LimitState = {
  nextAtMs: 0,
  shares: [],
  marginMs: 0,
  pausedUntilMs: 0,
  periodStartMs: 0,
  used: 0,
  history: [],
};

/** Most attempts to change a row that others change at the same time. */
const MAX_ATTEMPTS = 100;

/**
 * Changes a limit; `change` may run several times and returns the new state and a result. Nothing is written where it
 * returns the state that it received.
 */
export async function changeLimit<R>(
  store: LimitStore,
  key: LimitKey,
  change: (stored: StoredLimit) => readonly [LimitState, R],
): Promise<R> {
  for (let attempt = 1;; attempt++) {
    const stored = await store.read(key);
    const [state, result] = change(stored);
    if (state === stored.state) return result;
    if (await store.replace(key, stored.version, state)) return result;
    if (attempt === MAX_ATTEMPTS) throw new Error("too many processes change the limit at once");
  }
}
