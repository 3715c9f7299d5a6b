// A simulation in virtual time: one pacer, a network with latency and jitter, and a server
// that refuses strictly. Hundreds of thousands of requests per second of real time, the same for the
// same seed. Never looks at a clock.
import { Pacer } from "../../../lib/fetch/rate/pacer.ts";
import type { Rate } from "../../../lib/plan/time/rate.ts";
import {
  fixedWindow,
  type RateLimiter,
  slidingLog,
  tokenBucket,
} from "../../../lib/sandbox/rate_limit.ts";

/** A bucket of the interval's requests, one that holds a single request, fixed windows, a sliding log. */
export const serverKinds = ["bucket", "bucket of one", "windows", "log"] as const;
/** One of {@linkcode serverKinds}. */
export type ServerKind = typeof serverKinds[number];

/** How jitter is spread between nothing and all of it. */
export const spreads = ["uniform", "either end", "normal", "exponential"] as const;
/** One of {@linkcode spreads}. */
export type Spread = typeof spreads[number];

/** The network and the server that a request meets. */
export interface World {
  rate: Rate;
  kind: ServerKind;
  /** Most jitter on the way to the server, which may change with time. */
  jitterMs: number | ((sinceMs: number) => number);
  /** From the server's decision to its response. */
  latencyMs: number;
  /** Requests that must be accepted. */
  requests: number;
  seed: number;
  spread?: Spread;
  /** By how much the first request arrives late, for a handshake. */
  connectMs?: number;
  /** Maximum random addition to the server's response time. */
  workMs?: number;
  /** Whether the jitter shows in the round trip; a relay may hide it. */
  hidden?: boolean;
  /** The rate that the server enforces, if the declared one is wrong. */
  served?: Rate;
  /** How late a timer fires, of a random number below 1. */
  lateMs?: (random: number) => number;
}

/** The outcome. */
export interface Outcome {
  /** Share of the declared rate that was accepted, from the first send to the last. */
  used: number;
  /** The same for the last half of the requests. */
  usedLater: number;
  /** When the refused requests were sent, since the start. */
  refusedAtMs: number[];
  /** When the accepted requests were sent, since the start. */
  sentAtMs: number[];
  /** Refused requests that were sent after the first refusal had arrived. */
  refusedKnowingly: number;
  pacer: Pacer;
}

/** A strict server. */
export function strictServer(kind: ServerKind, rate: Rate): RateLimiter {
  const { requests, intervalMs } = rate;
  const ratePerSecond = requests * 1_000 / intervalMs;
  if (kind === "bucket") return tokenBucket({ ratePerSecond, capacity: requests });
  if (kind === "bucket of one") return tokenBucket({ ratePerSecond, capacity: 1 });
  if (kind === "windows") return fixedWindow({ limit: requests, intervalMs });
  return slidingLog({ limit: requests, intervalMs });
}

/** The share of the rate that a margin gives that is just large enough for no refusal at all. */
export function perfectShare(kind: ServerKind, rate: Rate, jitterMs: number): number {
  const spacing = rate.intervalMs / rate.requests;
  if (kind === "bucket of one" || rate.requests === 1) return spacing / (spacing + jitterMs);
  return kind === "bucket" ? 1 : rate.intervalMs / (rate.intervalMs + jitterMs);
}

/** Random numbers below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Event {
  atMs: number;
  number: number;
  sentAtMs: number;
  /** Undefined until the request arrives, then the wait that the server requests: 0 if it accepted the request. */
  retryAfterMs?: number;
}

/** Sends `requests` requests and repeats those that were refused, obeying a Retry-After in whole seconds. */
export function live(world: World): Outcome {
  const random = randomFrom(world.seed);
  const server = strictServer(world.kind, world.served ?? world.rate);
  const pacer = new Pacer(world.rate);
  const startMs = 1_000 + random() * world.rate.intervalMs; // any phase of the server's windows
  const events: Event[] = [];
  const outcome = { sentAtMs: [] as number[], refusedAtMs: [] as number[] };
  let [nowMs, pausedUntilMs, toSend, firstNewsMs, refusedKnowingly] = [
    startMs,
    0,
    world.requests,
    Infinity,
    0,
  ];

  const arrive = (event: Event) => {
    const admission = server.admit(event.atMs);
    const leftMs = world.hidden ? event.sentAtMs : event.atMs;
    const backMs = world.latencyMs + random() * ((world.workMs ?? 0) + 0.3);
    const retryAfterMs = admission.ok ? 0 : Math.ceil(admission.retryAfterMs / 1_000) * 1_000;
    insert(events, { ...event, atMs: leftMs + backMs, retryAfterMs });
  };
  const come = (event: Event, retryAfterMs: number) => {
    if (retryAfterMs === 0) {
      outcome.sentAtMs.push(event.sentAtMs - startMs);
      return pacer.passed(event.number, event.atMs);
    }
    outcome.refusedAtMs.push(event.sentAtMs - startMs);
    if (event.sentAtMs > firstNewsMs) refusedKnowingly++;
    firstNewsMs = Math.min(firstNewsMs, event.atMs);
    pausedUntilMs = Math.max(pausedUntilMs, event.atMs + retryAfterMs);
    toSend++;
    pacer.refused(event.number, event.atMs);
  };
  const send = (dueMs: number) => {
    // Only who slept wakes late: what is overdue leaves with the request before it.
    if (dueMs > nowMs) nowMs = dueMs + (world.lateMs ?? usuallyLateMs)(random());
    toSend--;
    const jitterMs = typeof world.jitterMs === "number"
      ? world.jitterMs
      : world.jitterMs(nowMs - startMs);
    const connectMs = outcome.sentAtMs.length === 0 && events.length === 0
      ? world.connectMs ?? 0
      : 0;
    const atMs = nowMs + connectMs + 0.2 * random() +
      jitterMs * draw(world.spread ?? "uniform", random);
    insert(events, { atMs, number: pacer.sent(nowMs), sentAtMs: nowMs });
  };

  while (toSend > 0 || events.length > 0) {
    const dueMs = toSend > 0 ? Math.max(pacer.due(), pausedUntilMs, nowMs) : Infinity;
    const event = events.at(-1);
    if (event === undefined || event.atMs > dueMs) send(dueMs);
    else {
      events.pop();
      nowMs = Math.max(nowMs, event.atMs);
      if (event.retryAfterMs === undefined) arrive(event);
      else come(event, event.retryAfterMs);
    }
  }
  outcome.sentAtMs.sort((a, b) => a - b);
  const later = outcome.sentAtMs.slice(outcome.sentAtMs.length >> 1);
  const served = world.served ?? world.rate;
  return {
    ...outcome,
    used: share(outcome.sentAtMs, served),
    usedLater: share(later, served),
    refusedKnowingly,
    pacer,
  };
}

function share(sentAtMs: readonly number[], rate: Rate): number {
  const ms = sentAtMs.at(-1)! - sentAtMs[0]!;
  return (sentAtMs.length - 1) * rate.intervalMs / rate.requests / ms;
}

/** As measured with `monotonicClock` on a machine that is busy at times. */
function usuallyLateMs(random: number): number {
  return random < 0.9 ? random * 0.05 : (random - 0.9) * 10;
}

function draw(spread: Spread, random: () => number): number {
  const u = random();
  if (spread === "uniform") return u;
  if (spread === "either end") return u < 0.5 ? 0 : 1;
  if (spread === "exponential") return Math.min(1, -Math.log(1 - u) / 5);
  const bell = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * random());
  return Math.min(1, Math.max(0, 0.5 + 0.17 * bell));
}

/** Keeps events in descending order of time, so that the next is the last; few are in flight. */
function insert(events: Event[], event: Event): void {
  let at = 0;
  let end = events.length;
  while (at < end) {
    const middle = (at + end) >> 1;
    if (events[middle]!.atMs > event.atMs) at = middle + 1;
    else end = middle;
  }
  events.splice(at, 0, event);
}
