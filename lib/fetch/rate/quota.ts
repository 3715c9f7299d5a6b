// Arithmetic of a quota: how many requests of a period may still be sent, and when the next one may. Pure.
// Invariant: a period, rolling or not, never has more reserved requests than the quota allows.
import { startOfPeriod } from "../../plan/time/period.ts";
import type { QuotaUse } from "../../plan/time/quota_seconds.ts";
import type { Rate } from "../../plan/time/rate.ts";
import type { LimitState } from "./limit_store.ts";

/** A reservation of requests. */
export interface Grant {
  /** Requests reserved; 0 where the quota is used up. */
  readonly count: number;
  /** When requests are available, in epoch milliseconds. */
  readonly availableAtMs: number;
  /** Until when the reserved requests may be sent, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** Instant under which the reservation is kept. */
  readonly reservedAtMs: number;
}

/** Parts of a rolling period in which reservations are summed. */
const PARTS = 288;
const SHORTEST_PART_MS = 1_000;
/** The API's clock may be behind ours by this much when a period ends. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Requests reserved at once: few enough to leave some for others, enough to query the store rarely. */
export function blockOf({ requests }: Rate): number {
  return Math.max(1, Math.min(100, Math.floor(requests / 100)));
}

/** Reserves up to `wanted` requests of a quota at `nowMs`; the state stays the same where none is left. */
export function reserve(
  state: LimitState,
  rate: Rate,
  wanted: number,
  nowMs: number,
): readonly [LimitState, Grant] {
  return rate.resets === undefined
    ? reserveRolling(state, rate, wanted, nowMs)
    : reserveUntilReset(state, rate, wanted, nowMs);
}

function reserveUntilReset(
  state: LimitState,
  rate: Rate,
  wanted: number,
  nowMs: number,
): readonly [LimitState, Grant] {
  const { startMs, endMs } = startOfPeriod(
    nowMs - CLOCK_TOLERANCE_MS,
    rate.intervalMs,
    rate.resets!,
  );
  const used = state.periodStartMs === startMs ? state.used : 0;
  const expiresAtMs = endMs - CLOCK_TOLERANCE_MS;
  // Close to the end of a period nobody knows which one a request counts in.
  const left = nowMs < expiresAtMs ? rate.requests - used : 0;
  const count = Math.max(0, Math.min(wanted, left));
  const grant = {
    count,
    availableAtMs: count > 0 ? nowMs : endMs + CLOCK_TOLERANCE_MS,
    expiresAtMs,
    reservedAtMs: startMs,
  };
  if (count === 0) return [state, grant];
  return [{ ...state, periodStartMs: startMs, used: used + count }, grant];
}

function reserveRolling(
  state: LimitState,
  rate: Rate,
  wanted: number,
  nowMs: number,
): readonly [LimitState, Grant] {
  const part = partMs(rate);
  // Reserved requests are sent within two parts, and leave the period after that.
  const leavesAfterMs = rate.intervalMs + 2 * part;
  const kept = state.history.filter(([atMs]) => atMs + leavesAfterMs > nowMs);
  const used = sum(kept);
  const count = Math.max(0, Math.min(wanted, rate.requests - used));
  const atMs = Math.floor(nowMs / part) * part;
  const grant = {
    count,
    availableAtMs: count > 0 || kept[0] === undefined ? nowMs : kept[0][0] + leavesAfterMs,
    expiresAtMs: atMs + 2 * part,
    reservedAtMs: atMs,
  };
  if (count === 0) return [state, grant];
  const history = added(kept, atMs, count);
  return [
    { ...state, history, used: used + count, periodStartMs: history[0]?.[0] ?? nowMs },
    grant,
  ];
}

/** Returns requests of a grant that were not sent. */
export function giveBack(state: LimitState, rate: Rate, grant: Grant, unused: number): LimitState {
  if (rate.resets === undefined) {
    const history = added(state.history, grant.reservedAtMs, -unused);
    return { ...state, history, used: sum(history) };
  }
  if (state.periodStartMs !== grant.reservedAtMs) return state;
  return { ...state, used: Math.max(0, state.used - unused) };
}

/** How many requests a quota allows at `nowMs` and later. */
export function quotaUse(state: LimitState, rate: Rate, nowMs: number): QuotaUse {
  if (rate.resets !== undefined) {
    const { startMs, endMs } = startOfPeriod(nowMs, rate.intervalMs, rate.resets);
    const used = state.periodStartMs === startMs ? state.used : 0;
    const resetsAfterMs = endMs + CLOCK_TOLERANCE_MS - nowMs;
    return { free: rate.requests - used, returning: [], resetsAfterMs };
  }
  const leavesAfterMs = rate.intervalMs + 2 * partMs(rate);
  const kept = state.history.filter(([atMs]) => atMs + leavesAfterMs > nowMs);
  return {
    free: rate.requests - sum(kept),
    returning: kept.map(([atMs, count]) => [atMs + leavesAfterMs - nowMs, count] as const),
    resetsAfterMs: undefined,
  };
}

function partMs({ intervalMs }: Rate): number {
  return Math.max(SHORTEST_PART_MS, intervalMs / PARTS);
}

function added(
  history: LimitState["history"],
  atMs: number,
  count: number,
): LimitState["history"] {
  const at = history.findIndex(([other]) => other === atMs);
  if (at < 0) return count > 0 ? [...history, [atMs, count] as const] : history;
  const sum = Math.max(0, history[at]![1] + count);
  return history.with(at, [atMs, sum] as const).filter(([, each]) => each > 0);
}

function sum(history: LimitState["history"]): number {
  return history.reduce((total, [, count]) => total + count, 0);
}
