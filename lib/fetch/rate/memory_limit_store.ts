// Keeps the use of limits in this process alone, where no target is open. Invariant: the same arithmetic applies
// as where processes share it.
import {
  type LimitKey,
  type LimitState,
  type LimitStore,
  type StoredLimit,
  UNUSED,
} from "./limit_store.ts";

/** A store without persistence. */
export class MemoryLimitStore implements LimitStore {
  readonly #wallNow: () => number;
  readonly #rows = new Map<string, { state: LimitState; version: number }>();

  /** `wallNow` is epoch milliseconds. */
  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  read(key: LimitKey): Promise<StoredLimit> {
    const row = this.#rows.get(idOf(key)) ?? { state: UNUSED, version: 0 };
    return Promise.resolve({ ...row, nowMs: this.#wallNow() });
  }

  replace(key: LimitKey, version: number, state: LimitState): Promise<boolean> {
    if ((this.#rows.get(idOf(key))?.version ?? 0) !== version) return Promise.resolve(false);
    this.#rows.set(idOf(key), { state, version: version + 1 });
    return Promise.resolve(true);
  }
}

function idOf({ apiKey, limit }: LimitKey): string {
  return JSON.stringify([apiKey, limit]);
}
