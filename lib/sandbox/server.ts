/**
 * The sandbox as a server on this machine: who may ask, how often, how late the answer comes and which answers are spoiled.
 * Opens one listening socket and nothing else; what is answered is decided elsewhere.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { answer, endpoints, type Route, routeOf, type Scene } from "./endpoints.ts";
import { drawFault, type Fault, type Stricken, strike } from "./faults.ts";
import { defaultSeed } from "./race.ts";
import { Dice, keyOf, mix } from "./random.ts";
import { type LimitKind, type RateLimiter, rateLimiter } from "./rate_limit.ts";
import { readRecordings, recordedSource } from "./recordings.ts";
import { refusal, type Reply, tooManyRequests, toResponse } from "./reply.ts";
import { generatedSource, type Source } from "./source.ts";

/** How a sandbox behaves. Every option has a default. */
export interface SandboxOptions {
  /** Address to listen on. Defaults to `127.0.0.1`. */
  readonly hostname?: string;
  /** Port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Time from request to answer, half of it on the way in. Defaults to 0. */
  readonly latencyMs?: number;
  /** Up to so much more on the way in, by chance. Defaults to 0. */
  readonly jitterMs?: number;
  /** Requests per second over all endpoints together; 0 for no limit. Defaults to each endpoint's published limit. */
  readonly limit?: number;
  /** How the limit is counted. Defaults to `slidingLog`, the strictest. */
  readonly limitKind?: LimitKind;
  /** What goes wrong. Defaults to nothing. */
  readonly faults?: readonly Fault[];
  /** Of the data, the faults and the jitter. Defaults to 1. */
  readonly seed?: number;
  /** The clock, in epoch milliseconds: no race after it has a result. Defaults to `Date.now`. */
  readonly now?: () => number;
  /** The clock of the limits, in milliseconds. Defaults to `performance.now`. */
  readonly tick?: () => number;
  /** Results younger than this are provisional: they lack figures. Defaults to 0, so that a date always has the same data. */
  readonly settleDays?: number;
  /** Basic credentials. Both default to `sandbox`. */
  readonly username?: string;
  /** See `username`. */
  readonly password?: string;
  /** Answers from this folder of recordings instead of the generator. */
  readonly recordingsDir?: string;
  /** Answers of its own making, for what the options above cannot express; `undefined` leaves the request to the sandbox. */
  readonly intercept?: (
    request: Stricken,
    reply: () => Reply,
  ) => Reply | Response | undefined | Promise<Reply | Response | undefined>;
  /** Told of each request once its answer is ready to leave. */
  readonly onRequest?: (seen: SeenRequest) => void;
}

/** A request and what became of it. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly number: number;
  /** Path and query. */
  readonly path: string;
  /** Answered status; that of the good answer if a fault spoiled the body. */
  readonly status: number;
  /** By the clock of the limits, when it was admitted or refused. */
  readonly atMs: number;
  /** The fault that hit it. */
  readonly fault: string | undefined;
}

/** What a sandbox has seen since it started. */
export interface Counts {
  /** All requests. */
  requests: number;
  /** Of these, refused with 429 by the limits, not by a fault. */
  refused: number;
  /** Of these, hit by a fault. */
  faulty: number;
  /** Requests by path, such as `/v1/results`. */
  readonly byPath: Record<string, number>;
}

/** A running sandbox; disposing of it closes all its connections. */
export interface Sandbox extends AsyncDisposable {
  /** Such as `http://127.0.0.1:41234`, without a slash at the end. */
  readonly url: string;
  /** To be used as Basic credentials. */
  readonly username: string;
  /** To be used as Basic credentials. */
  readonly password: string;
  /** Kept up to date. */
  readonly counts: Counts;
}

/**
 * Starts a sandbox and resolves once it listens.
 *
 * @throws {Failure} If the recordings cannot be read.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { username = "sandbox", password = "sandbox", hostname = "127.0.0.1" } = options;
  const closing = new AbortController();
  const counts: Counts = { requests: 0, refused: 0, faulty: 0, byPath: {} };
  const door: Door = {
    options,
    counts,
    closing: closing.signal,
    source: await sourceFor(options),
    limits: limitsFor(options),
    credentials: basic(username, password),
  };
  const server = Deno.serve({
    hostname,
    port: options.port ?? 0,
    signal: closing.signal,
    onListen: () => {},
    onError: (error) => toResponse(refusal(500, String(error))),
  }, (request) => handle(door, request));
  return {
    url: `http://${hostname}:${server.addr.port}`,
    username,
    password,
    counts,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

/** What every request passes through. */
interface Door {
  readonly options: SandboxOptions;
  readonly counts: Counts;
  readonly closing: AbortSignal;
  readonly source: Source;
  readonly limits: (path: string) => RateLimiter | undefined;
  readonly credentials: string;
}

async function sourceFor(options: SandboxOptions): Promise<Source> {
  const { seed = defaultSeed, now = Date.now, settleDays = 0, recordingsDir } = options;
  if (recordingsDir === undefined) return generatedSource({ seed, now, settleDays });
  return recordedSource(await readRecordings(recordingsDir));
}

function limitsFor({ limit, limitKind = "slidingLog" }: SandboxOptions): Door["limits"] {
  if (limit === 0) return () => undefined;
  if (limit !== undefined) {
    const shared = rateLimiter(limitKind, limit);
    return () => shared;
  }
  const byPath = new Map(
    endpoints.map((
      { path, requestsPerSecond },
    ) => [path, rateLimiter(limitKind, requestsPerSecond)]),
  );
  return (path) => byPath.get(path);
}

async function handle(door: Door, request: Request): Promise<Response> {
  const { latencyMs = 0, jitterMs = 0, seed = defaultSeed } = door.options;
  const number = ++door.counts.requests;
  const signal = door.closing;
  const stricken = { url: new URL(request.url), number, signal };
  const jitter = new Dice(mix(mix(seed, keyOf("jitter")), number)).float() * jitterMs;
  try {
    await pause(latencyMs / 2 + jitter, signal);
    const response = await respond(door, request, stricken);
    await pause(latencyMs / 2, signal);
    return response;
  } catch (error) {
    if (signal.aborted) return new Response(null, { status: 503 }); // nobody is there to read it
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, { signal });
}

async function respond(door: Door, request: Request, stricken: Stricken): Promise<Response> {
  const { counts, options } = door;
  const path = stricken.url.pathname;
  const route = routeOf(path);
  const key = route?.endpoint.path ?? path;
  if (route || Object.keys(counts.byPath).length < 1000) {
    counts.byPath[key] = (counts.byPath[key] ?? 0) + 1;
  }
  const atMs = (options.tick ?? (() => performance.now()))();
  const seen = (status: number, fault?: Fault) =>
    options.onRequest?.({
      number: stricken.number,
      path: path + stricken.url.search,
      status,
      atMs,
      fault: fault?.kind,
    });
  const refused = refusalFor(door, request, route, atMs);
  if (refused) {
    seen(refused.status);
    return toResponse(refused);
  }
  const reply = () => answer(scene(door), route!, stricken.url.searchParams);
  const own = await options.intercept?.(stricken, reply);
  if (own) {
    seen(own.status);
    return own instanceof Response ? own : toResponse(own);
  }
  const fault = drawFault(options.faults ?? [], options.seed ?? defaultSeed, stricken.number);
  const sent = fault ? strike(reply(), fault, stricken) : reply();
  if (fault) counts.faulty++;
  seen(sent.status, fault);
  return toResponse(sent);
}

function scene({ source, options }: Door): Scene {
  return { source, nowMs: (options.now ?? Date.now)() };
}

/** Unknown paths, wrong methods, strangers and the hasty, in this order. */
function refusalFor(
  door: Door,
  request: Request,
  route: Route | undefined,
  atMs: number,
): Reply | undefined {
  if (!route) return refusal(404, "Not Found");
  if (request.method !== "GET") return refusal(405, "Method Not Allowed", { allow: "GET" });
  const authorization = request.headers.get("authorization");
  const challenge = { "www-authenticate": "Basic" };
  if (!authorization) return refusal(401, "Not authenticated", challenge);
  if (authorization !== door.credentials) {
    return refusal(401, "Invalid authentication credentials", challenge);
  }
  const admission = door.limits(route.endpoint.path)?.admit(atMs);
  if (!admission || admission.ok) return undefined;
  door.counts.refused++;
  return tooManyRequests(admission.retryAfterMs);
}

function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
