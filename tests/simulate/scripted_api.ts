// The API of a simulation: a real HTTP server on 127.0.0.1 whose every response is decided by the
// scenario and the virtual time, and the log of what arrived. It waits in virtual time only. Invariant: a
// request is logged at the virtual time at which it was sent.
import { type HttpServer, serve } from "../support/http_server.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { DAY_MS, dayOf, daysBetween, drawn, recordsAt, type Scenario } from "./scenario.ts";
import { REQUEST_ID, type Traffic } from "./traffic.ts";

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

/** A running API. */
export interface ScriptedApi extends AsyncDisposable {
  readonly url: string;
  /** What arrived, in order. */
  readonly log: readonly Arrival[];
  /** Number of the process that sends now. */
  process: number;
  /** From this instant on nothing changes and nothing fails; Infinity until it is set. */
  calmFromMs: number;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs?: number;
  /** Headers that describe a quota. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BROKEN: Reply = { status: 0, body: undefined };

/** Starts the API of a scenario. */
export function startApi(scenario: Scenario, clock: FakeClock, traffic: Traffic): ScriptedApi {
  const log: Arrival[] = [];
  const server: HttpServer = serve(async (request) => {
    const id = request.headers.get(REQUEST_ID)!;
    const atMs = clock.now();
    const { pathname, search, searchParams } = new URL(request.url);
    const reply = unusual(scenario, log, atMs, api.calmFromMs) ?? {
      ...page(scenario, pathname.slice(1), searchParams, Math.min(atMs, api.calmFromMs)),
      ...announced(scenario, log, atMs, api.calmFromMs),
    };
    const isSlow = drawn(scenario.seed, "slow", dayOf(atMs)) < scenario.slowShare;
    const latencyMs = 20 + drawn(scenario.seed, "latency", log.length) * (isSlow ? 20_000 : 300);
    const { status, retryAfterMs = 0 } = reply;
    const respondedMs = atMs + latencyMs;
    const { process } = api;
    log.push({ atMs, line: pathname + search, process, status, respondedMs, retryAfterMs });
    await traffic.sleep(id, latencyMs);
    return responseOf(reply);
  });
  const api: ScriptedApi = {
    url: server.url,
    log,
    process: 0,
    calmFromMs: Infinity,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return api;
}

/** What the API responds instead of a page: an outage, a quota, a stray failure. */
function unusual(
  { seed, outages, shares, hiddenQuota }: Scenario,
  log: readonly Arrival[],
  atMs: number,
  calmFromMs: number,
): Reply | undefined {
  if (atMs >= calmFromMs) return undefined;
  const outage = outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  if (outage !== undefined) {
    return typeof outage.kind === "number" ? { status: outage.kind, body: "away" } : BROKEN;
  }
  const number = log.length;
  if (hiddenQuota !== undefined) {
    const today = log.filter((each) => each.status === 200 && dayOf(each.atMs) === dayOf(atMs));
    const leftMs = DAY_MS - atMs % DAY_MS;
    if (today.length >= hiddenQuota) return { status: 429, body: "", retryAfterMs: leftMs };
  }
  if (drawn(seed, "refused", number) < shares.refused) {
    const draw = drawn(seed, "wait", number);
    return {
      status: 429,
      body: "",
      retryAfterMs: draw < 0.5 ? 0 : Math.ceil(240 * draw - 119) * 1_000,
    };
  }
  if (drawn(seed, "failed", number) < shares.failed) return { status: 500, body: "no" };
  return drawn(seed, "broken", number) < shares.broken ? BROKEN : undefined;
}

/** What headers say of the quota that the job does not declare; once nothing is left, a wait is requested by them. */
function announced(
  { hiddenQuota, announcesQuota }: Scenario,
  log: readonly Arrival[],
  atMs: number,
  calmFromMs: number,
): Pick<Reply, "headers" | "retryAfterMs"> {
  if (hiddenQuota === undefined || !announcesQuota || atMs >= calmFromMs) return {};
  const today = log.filter((each) => each.status === 200 && dayOf(each.atMs) === dayOf(atMs));
  const remaining = Math.max(0, hiddenQuota - today.length - 1);
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

function responseOf({ status, body, retryAfterMs = 0, headers: own }: Reply): Response {
  if (status === 0) return new Response(brokenBody());
  const seconds = `${Math.ceil(retryAfterMs / 1_000)}`;
  const headers = own ?? (retryAfterMs > 0 ? { "retry-after": seconds } : {});
  return Response.json(body, { status, headers });
}

/** A body whose connection breaks after the first bytes. */
function brokenBody(): ReadableStream<Uint8Array> {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      if (!isFirst) return controller.error(new Error("broken"));
      isFirst = false;
      controller.enqueue(new TextEncoder().encode('{"records": ['));
    },
  });
}
