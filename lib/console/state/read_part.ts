// Keeps what the console reads for as long as it may be shown: a part that is slow to read is read less often,
// so that looking never slows a run down. Invariant: a part is read once at a time, however many pages are open.

/** Share of the time that reading may take: a part that takes 1 s is read every 20 s. */
const MOST_SHARE = 20;

/** Time for which a result that took `tookMs` to compute is kept, both in milliseconds. */
export function keepMs(minAgeMs: number, tookMs: number): number {
  return Math.max(minAgeMs, MOST_SHARE * tookMs);
}

/** A part of the state, which is read from `From`. */
export class Part<T, From = void> {
  readonly #read: (from: From) => Promise<T>;
  readonly #minAgeMs: number;
  readonly #now: () => number;
  #value: Promise<T> | undefined;
  #expiresAtMs = 0;

  /** `read` reads it; a value younger than `minAgeMs` is not read again. `now` is in milliseconds. */
  constructor(minAgeMs: number, now: () => number, read: (from: From) => Promise<T>) {
    this.#minAgeMs = minAgeMs;
    this.#now = now;
    this.#read = read;
  }

  /** The value, read again if it is too old; an error is not kept. */
  get(from: From): Promise<T> {
    if (this.#value === undefined || this.#now() >= this.#expiresAtMs) this.#renew(from);
    return this.#value!;
  }

  /** The value, read now. */
  fresh(from: From): Promise<T> {
    this.#renew(from);
    return this.#value!;
  }

  #renew(from: From): void {
    const startedAtMs = this.#now();
    this.#expiresAtMs = Infinity;
    this.#value = this.#read(from);
    this.#value.then(() => {
      const nowMs = this.#now();
      this.#expiresAtMs = nowMs + keepMs(this.#minAgeMs, nowMs - startedAtMs);
    }, () => this.#expiresAtMs = 0);
  }
}
