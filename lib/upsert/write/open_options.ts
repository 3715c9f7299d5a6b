// Owns what opening a target takes from its caller. Types only.
import type { Clock } from "../../fetch/rate/clock.ts";

/** What a target needs of the world; each may be replaced in tests. */
export interface OpenOptions {
  /** For waiting between tries. Defaults to the monotonic clock. */
  readonly clock?: Clock;
  /** Uniform in `[0, 1)`. Defaults to `Math.random`. */
  readonly random?: () => number;
  /** Makes a random UUID. Defaults to `crypto.randomUUID`. */
  readonly randomId?: () => string;
  /** How long a database that is away or busy is waited for. Defaults to a minute. */
  readonly patienceMs?: number;
  /** Ends such waiting. */
  readonly signal?: AbortSignal;
}
