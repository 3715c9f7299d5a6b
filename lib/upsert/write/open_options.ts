// Owns the options for opening a target. Types only.
import type { Clock } from "../../fetch/rate/clock.ts";

/** The dependencies of a target; tests may replace each. */
export interface OpenOptions {
  /** The clock of retries and leases. Defaults to the monotonic clock. */
  readonly clock?: Clock;
  /** Uniform in `[0, 1)`. Defaults to `Math.random`. */
  readonly random?: () => number;
  /** Returns a random UUID. Defaults to `crypto.randomUUID`. */
  readonly randomId?: () => string;
  /** Milliseconds to wait for an unreachable or busy database. Defaults to a minute. */
  readonly retryForMs?: number;
  /** Whether opening waits, too, for a server that cannot be reached. Defaults to true. */
  readonly waitsForServer?: boolean;
  /** Reports to the user why opening or locking takes time. Defaults to silence. */
  readonly onWait?: (message: string) => void;
  /** Ends such a wait. Defaults to never. */
  readonly signal?: AbortSignal;
}
