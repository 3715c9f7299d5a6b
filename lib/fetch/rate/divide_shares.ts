// Divides the requests of an interval among the processes that share a pace. Pure. Invariant: the shares together are
// never more than the limit, and a process that gets more begins only when what others have sent before counts no
// longer. Where the server requires a distance between any two requests, which processes cannot keep side by side,
// they take turns with all of the limit.
import { type Rate, spacingMs } from "../../plan/time/rate.ts";
import type { Alone, LimitState, Share } from "./limit_store.ts";

/** Time after which the share of a process that was killed is given to others. */
const LEASE_MS = 5_000;
/** Time after which a smaller share takes effect: the process learns of it before. */
const DEFER_MS = 500;
/** Time between two looks of a process without a share. */
const LOOK_MS = 200;
/** The same while processes take turns, and the duration of a turn. */
const [LONG_LOOK_MS, TURN_MS] = [1_000, 20_000];
/** How long processes take turns after such refusals, so that one of them learns what the server requires. */
const ALONE_MS = 30_000;
/** A share is renewed after this time at the latest; a new process waits that long for its own. */
const RENEW_MS = 1_500;
/**
 * A server that requires a distance between any two requests refuses every third of those that processes send side by
 * side, any other one a single request that jitter brings forward. So a refusal means a distance where another one came
 * before it within so many requests, and within this time at least, because a refused process pauses for a second.
 */
const REPEATED_REQUESTS = 8;
const REPEATED_MS = 2_000;
/**
 * Refusals within this time, and within so many requests, have one cause: a stall on the way delayed requests of
 * several processes, and an interval later the next one of each is early.
 */
const ONE_CAUSE_MS = 40;
const ONE_CAUSE_REQUESTS = 4;

/** A process that requests its share. */
export interface Asking {
  /** Its name. */
  readonly holder: string;
  /** When it sent its last request, or would have sent it in time, by the store's clock. */
  readonly sentUpToMs: number;
  /** How late a request may be without delaying the following ones. */
  readonly catchUpMs: number;
  /** Whether it sends nothing until it is answered. */
  readonly isPaused: boolean;
  /** The margin over an interval that it has learned. */
  readonly marginMs: number;
  /** The margin that it last took over from the store; a process whose margin differs has learned. */
  readonly adoptedMs: number;
  /** The margin between two requests that it has learned; 0 where the server requires none. */
  readonly betweenMs: number;
  /** Whether a request was refused while others were sending too. */
  readonly wasRefused: boolean;
}

/** The share of a process, as the store determines it. */
export interface Granted {
  /** Requests of an interval. */
  readonly requests: number;
  /** From when on, by the store's clock; undefined if it is the same as before. */
  readonly fromMs: number | undefined;
  /** Whether others send at the same time, or may soon. */
  readonly isShared: boolean;
  /** Whether there are more processes than requests, so that they take turns. */
  readonly isCrowded: boolean;
  /** Until when, by the store's clock. */
  readonly untilMs: number;
  /** Time until the process requests its share again. */
  readonly lookAfterMs: number;
  /** The margin that a process has learned last. */
  readonly marginMs: number;
  /** The margin between two requests that the process that sent before has learned; 0 if there is none. */
  readonly betweenMs: number;
}

/**
 * Divides the requests of an interval among the processes that want them; the requesting process gets the free portion
 * of its part.
 */
export function divide(
  state: LimitState,
  rate: Rate,
  asking: Asking,
  nowMs: number,
): readonly [LimitState, Granted] {
  const { holder, isPaused } = asking;
  const { shares, nextAtMs: freeAtMs } = withoutExpired(state, rate, holder, nowMs);
  const found = shares.find((share) => share.holder === holder);
  const before = found?.requests ?? 0;
  const others = shares.filter((share) => share !== found);
  const alone = aloneOf(state, rate, asking, { others, holdsAll: before === rate.requests, nowMs });
  const isAlone = sendsAlone(alone, nowMs);
  const isOver = isPaused && before > 0 && shares.length > rate.requests;
  const sinceMs = found === undefined || isOver ? nowMs : found.sinceMs;
  const whole = isTurnOf(holder, others, nowMs) ? rate.requests : 0;
  const part = isAlone ? whole : partOf(rate, others, { holder, sinceMs });
  const requests = Math.max(0, Math.min(part, rate.requests - sum(others)));
  const marginMs = learnedOf(state, asking);
  const next = { ...state, nextAtMs: freeAtMs, marginMs, alone };
  const { fromMs, nextAtMs } = beginning(next, rate, { asking, before, requests, nowMs });
  const untilMs = nowMs + LEASE_MS;
  return [
    {
      ...withAlone(state, alone),
      nextAtMs,
      marginMs,
      shares: [...others, { holder, requests, sinceMs, untilMs }],
    },
    {
      ...{ requests, fromMs, untilMs, marginMs },
      isShared: sum(others) > 0 || requests < rate.requests,
      isCrowded: !isAlone && others.length >= rate.requests,
      lookAfterMs: lookAfterMs({ requests, part, alone: isAlone ? alone : undefined }, nowMs),
      betweenMs: before === rate.requests ? 0 : alone?.betweenMs ?? 0,
    },
  ];
}

/** When a changed share begins, and when the next growing share may begin. */
function beginning(
  { nextAtMs: freeAtMs, pausedUntilMs, marginMs, alone }: Omit<LimitState, "alone"> & {
    alone: Alone | undefined;
  },
  rate: Rate,
  { asking: { isPaused, sentUpToMs, catchUpMs }, before, requests, nowMs }: {
    asking: Asking;
    before: number;
    requests: number;
    nowMs: number;
  },
): { fromMs: number | undefined; nextAtMs: number } {
  if (requests > before) {
    const fromMs = Math.max(nowMs, freeAtMs, pausedUntilMs);
    // Processes whose shares grow at the same time begin one after the other.
    return { fromMs, nextAtMs: fromMs + spacingMs(rate) };
  }
  if (requests === before) return { fromMs: undefined, nextAtMs: freeAtMs };
  const endsAtMs = isPaused ? sentUpToMs : nowMs + DEFER_MS + catchUpMs;
  const apartMs = Math.max(
    distanceMs(rate, before, marginMs),
    spacingMs(rate) + (alone?.betweenMs ?? 0),
  );
  return {
    fromMs: nowMs + (isPaused ? 0 : DEFER_MS),
    nextAtMs: Math.max(freeAtMs, endsAtMs + apartMs),
  };
}

/** The part of a process; those that came first get the remainder. */
function partOf(
  { requests }: Rate,
  others: readonly Share[],
  { holder, sinceMs }: Pick<Share, "holder" | "sinceMs">,
): number {
  const rank =
    others.filter((other) =>
      other.sinceMs < sinceMs || other.sinceMs === sinceMs && other.holder < holder
    ).length;
  const count = others.length + 1;
  return Math.floor(requests / count) + (rank < requests % count ? 1 : 0);
}

/** Whether it is the turn of a process; the store's clock says whose it is, so it is the same for all limits. */
function isTurnOf(holder: string, others: readonly Share[], nowMs: number): boolean {
  const holders = [holder, ...others.map((other) => other.holder)].sort();
  return holders[Math.floor(nowMs / TURN_MS) % holders.length] === holder;
}

/** Milliseconds until the next turn. */
const nextTurnMs = (nowMs: number): number => TURN_MS - nowMs % TURN_MS + 1;

/**
 * Turns begin and end without a gap: all processes query the store at that moment, and the next one repeats this until
 * it has the whole limit.
 */
function lookAfterMs(
  { requests, part, alone }: { requests: number; part: number; alone: Alone | undefined },
  nowMs: number,
): number {
  if (alone === undefined) return requests > 0 ? RENEW_MS : LOOK_MS;
  if (requests < part) return LOOK_MS;
  const endsAfterMs = alone.betweenMs > 0 ? Infinity : alone.untilMs - nowMs + 1;
  return Math.min(requests > 0 ? RENEW_MS : LONG_LOOK_MS, nextTurnMs(nowMs), endsAfterMs);
}

/** The margin over an interval: that of the process that has learned; one that lowers it must have known the last one. */
function learnedOf({ marginMs }: LimitState, asking: Asking): number {
  if (asking.marginMs > asking.adoptedMs) return Math.max(marginMs, asking.marginMs);
  return marginMs === asking.adoptedMs ? asking.marginMs : marginMs;
}

/** What is known about a distance; only the process that holds the whole limit knows what the server requires. */
function aloneOf(
  { alone }: LimitState,
  rate: Rate,
  { betweenMs: learnedMs, wasRefused }: Asking,
  { others, holdsAll, nowMs }: { others: readonly Share[]; holdsAll: boolean; nowMs: number },
): Alone | undefined {
  const betweenMs = holdsAll ? learnedMs : alone?.betweenMs ?? 0;
  const isBeside = wasRefused && others.length > 0;
  const repeatedMs = Math.max(REPEATED_MS, REPEATED_REQUESTS * spacingMs(rate));
  const oneCauseMs = Math.min(ONE_CAUSE_MS, ONE_CAUSE_REQUESTS * spacingMs(rate));
  const sinceMs = nowMs - (alone?.refusedAtMs ?? -Infinity);
  const isRecent = sinceMs < repeatedMs;
  const isRepeated = isBeside && isRecent && sinceMs >= oneCauseMs;
  const next = { betweenMs, untilMs: isRepeated ? nowMs + ALONE_MS : alone?.untilMs ?? 0 };
  if (isRepeated || isBeside && !isRecent) return { ...next, refusedAtMs: nowMs };
  if (isRecent) return { ...next, refusedAtMs: alone!.refusedAtMs! };
  return sendsAlone(next, nowMs) ? next : undefined;
}

/** Whether one process at a time sends. */
function sendsAlone(alone: Alone | undefined, nowMs: number): boolean {
  return alone !== undefined && (alone.betweenMs > 0 || nowMs < alone.untilMs);
}

/** Gives the share of a process to the others; they wait for what it has sent. */
export function leave(
  state: LimitState,
  rate: Rate,
  { holder, sentUpToMs, marginMs }: Asking,
  nowMs: number,
): LimitState {
  const { shares, nextAtMs } = withoutExpired(state, rate, holder, nowMs);
  const own = shares.find((share) => share.holder === holder);
  const requests = Math.max(1, own?.requests ?? rate.requests);
  const freeAtMs = sentUpToMs + distanceMs(rate, requests, Math.max(marginMs, state.marginMs));
  return {
    ...state,
    nextAtMs: Math.max(nextAtMs, freeAtMs),
    shares: shares.filter((share) => share !== own),
  };
}

/** Drops the shares of processes that have not renewed them; they may have sent until the end of their leases. */
function withoutExpired(
  { shares, nextAtMs, marginMs }: LimitState,
  rate: Rate,
  holder: string,
  nowMs: number,
): { shares: Share[]; nextAtMs: number } {
  const isLive = (share: Share) => share.untilMs > nowMs || share.holder === holder;
  const ends = shares.filter((share) => !isLive(share) && share.requests > 0)
    .map(({ untilMs }) => untilMs + distanceMs(rate, 1, marginMs));
  return { shares: shares.filter(isLive), nextAtMs: Math.max(nextAtMs, ...ends) };
}

/** The distance that a process keeps from requests of another one: an interval where bursts are allowed. */
export function distanceMs(rate: Rate, requests: number, marginMs: number): number {
  if (rate.burst) return rate.intervalMs;
  return Math.max(spacingMs(rate), (rate.intervalMs + marginMs) / requests);
}

function withAlone({ alone: _, ...state }: LimitState, alone: Alone | undefined): LimitState {
  return alone === undefined ? state : { ...state, alone };
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((total, { requests }) => total + requests, 0);
}
