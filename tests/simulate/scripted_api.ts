// The API of a simulation, whose every response is decided by the scenario and the virtual time, and the log of what
// arrived. It waits for nothing and sends nothing; network.ts does. Invariant: a request is logged at the virtual time
// at which it was sent.
import type { FakeClock } from "../support/fake_clock.ts";
import { DAY_MS, dayOf, daysBetween, drawn, recordsAt, type Scenario } from "./scenario.ts";

/** A request that arrived. */
export interface Arrival {
  readonly atMs: number;
  /** Path and query. */
  readonly line: string;
  /** Number of the process that sent it. */
  readonly process: number;
  /** Status of the response; 0 where the connection broke. */
  readonly status: number;
  /** When the response was sent. */
  readonly respondedMs: number;
  /** The wait that it requests, in milliseconds; 0 if it requests none. */
  readonly retryAfterMs: number;
}

/** What the API responds. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs?: number;
  /** Headers that describe a quota. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BROKEN: Reply = { status: 0, body: undefined };

/** The address of the API; nothing is sent there. */
export const API_URL = "http://api.simulated";

/** The API of one story. */
export class ScriptedApi {
  /** What arrived, in order. */
  readonly log: Arrival[] = [];
  /** When connections were refused. */
  readonly refusedMs: number[] = [];
  /** From this instant on nothing changes and nothing fails; Infinity until it is set. */
  calmFromMs = Infinity;
  readonly #scenario: Scenario;
  readonly #clock: FakeClock;

  /** Starts with an empty log. */
  constructor(scenario: Scenario, clock: FakeClock) {
    this.#scenario = scenario;
    this.#clock = clock;
  }

  /** Receives a request that is sent now; undefined where the connection is refused. */
  receive(url: string, process: number): { reply: Reply; latencyMs: number } | undefined {
    const { log, calmFromMs } = this;
    const scenario = this.#scenario;
    const atMs = this.#clock.now();
    const { pathname, search, searchParams } = new URL(url);
    const outage = outageAt(scenario, atMs, calmFromMs);
    if (outage?.kind === "refused") {
      this.refusedMs.push(atMs);
      return undefined;
    }
    const reply = unusual(scenario, log, atMs, calmFromMs) ?? {
      ...page(scenario, pathname.slice(1), searchParams, Math.min(atMs, calmFromMs)),
      ...announced(scenario, log, atMs, calmFromMs),
    };
    const isSlow = drawn(scenario.seed, "slow", dayOf(atMs)) < scenario.slowShare;
    const latencyMs = 20 + drawn(scenario.seed, "latency", log.length) * (isSlow ? 20_000 : 300);
    const { status, retryAfterMs = 0 } = reply;
    const respondedMs = atMs + latencyMs;
    log.push({ atMs, line: pathname + search, process, status, respondedMs, retryAfterMs });
    return { reply, latencyMs };
  }
}

/** The outage at an instant, if there is one. */
function outageAt({ outages }: Scenario, atMs: number, calmFromMs: number) {
  if (atMs >= calmFromMs) return undefined;
  return outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

/** What the API responds instead of a page: an outage, a quota, a stray failure. */
function unusual(
  scenario: Scenario,
  log: readonly Arrival[],
  atMs: number,
  calmFromMs: number,
): Reply | undefined {
  if (atMs >= calmFromMs) return undefined;
  const { seed, shares, hiddenQuota } = scenario;
  const outage = outageAt(scenario, atMs, calmFromMs);
  if (outage !== undefined) {
    return typeof outage.kind === "number" ? { status: outage.kind, body: "away" } : BROKEN;
  }
  const number = log.length;
  if (hiddenQuota !== undefined) {
    const leftMs = DAY_MS - atMs % DAY_MS;
    if (servedToday(log, atMs) >= hiddenQuota) {
      return { status: 429, body: "", retryAfterMs: leftMs };
    }
  }
  if (drawn(seed, "refused", number) < shares.refused) {
    const draw = drawn(seed, "wait", number);
    return {
      status: 429,
      body: "",
      // Never 5 s, which is the time between two heartbeats (heartbeats.ts).
      retryAfterMs: draw < 0.5 ? 0 : Math.max(6, Math.ceil(240 * draw - 119)) * 1_000,
    };
  }
  if (drawn(seed, "failed", number) < shares.failed) return { status: 500, body: "no" };
  return drawn(seed, "broken", number) < shares.broken ? BROKEN : undefined;
}

/** What headers declare about the quota that the job does not declare; once it is used up, they request a wait. */
function announced(
  { hiddenQuota, announcesQuota }: Scenario,
  log: readonly Arrival[],
  atMs: number,
  calmFromMs: number,
): Pick<Reply, "headers" | "retryAfterMs"> {
  if (hiddenQuota === undefined || !announcesQuota || atMs >= calmFromMs) return {};
  const remaining = Math.max(0, hiddenQuota - servedToday(log, atMs) - 1);
  const leftMs = DAY_MS - atMs % DAY_MS;
  const headers = {
    "x-ratelimit-limit": `${hiddenQuota}`,
    "x-ratelimit-remaining": `${remaining}`,
    "x-ratelimit-reset": `${Math.ceil(leftMs / 1_000)}`,
  };
  return { headers, retryAfterMs: remaining === 0 ? leftMs : 0 };
}

/** A page of orders by its number, or of visits after an id. */
function page(scenario: Scenario, stream: string, query: URLSearchParams, atMs: number): Reply {
  const [from = "", to = ""] = ["from", "to"].map((name) => query.get(name) ?? "");
  const all = daysBetween(from, to).flatMap((day) => recordsAt(scenario, stream, day, atMs));
  if (stream === "orders") {
    const size = Number(query.get("size"));
    const first = size * (Number(query.get("page") ?? 1) - 1);
    return { status: 200, body: { total: all.length, records: all.slice(first, first + size) } };
  }
  const rest = all.filter(({ id }) => id > (query.get("after") ?? ""));
  const records = rest.slice(0, 20);
  const next = rest.length > records.length ? records.at(-1)!.id : null;
  return { status: 200, body: { records, next } };
}

/** Requests that were served on the day (UTC) of an instant. */
function servedToday(log: readonly Arrival[], atMs: number): number {
  const day = Math.floor(atMs / DAY_MS);
  const before = log.findLastIndex((each) => Math.floor(each.atMs / DAY_MS) !== day);
  return log.slice(before + 1).filter(({ status }) => status === 200).length;
}
