// Creates the verdicts by which a window does not continue. Pure.
import type { Verdict } from "./paginator.ts";

/** Restarts the window. */
export function restart(reason: string): Verdict {
  return { kind: "restart", reason };
}

/** Fails the window. */
export function failed(reason: string, hint: string): Verdict {
  return { kind: "failed", reason, hint, tooFull: false };
}

/**
 * Fails the window because it holds more than the API returns, `held` records if that is known; shorter windows
 * may succeed.
 */
export function tooFull(reason: string, hint: string, held: number | null = null): Verdict {
  return { kind: "failed", reason, hint, tooFull: true, ...held === null ? {} : { held } };
}
