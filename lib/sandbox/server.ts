/**
 * The sandbox as a server on this machine: it delays and corrupts responses and counts requests. It opens one listening
 * socket and nothing else; admission and the content of responses are decided elsewhere.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { type Admission, admission, sandboxCredentials } from "./admission.ts";
import { answer, routeOf } from "./endpoints.ts";
import { drawFault, type Fault, type Stricken, strike } from "./faults.ts";
import type { SandboxOptions } from "./options.ts";
import { defaultSeed } from "./world/race.ts";
import { Dice, keyOf, mix } from "./world/random.ts";
import { readRecordings, recordedSource } from "./recordings.ts";
import { refusal, type Reply, toResponse } from "./reply.ts";
import { generatedSource, type Source } from "./source.ts";

/** Counts of a sandbox since it started. */
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
  /** For HTTP Basic authentication. */
  readonly username: string;
  /** For HTTP Basic authentication. */
  readonly password: string;
  /** The current counts. */
  readonly counts: Counts;
}

/**
 * Starts a sandbox and resolves once it listens.
 *
 * @throws {Failure} If the recordings cannot be read.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { hostname = "127.0.0.1" } = options;
  const closing = new AbortController();
  const house: House = {
    options,
    counts: { requests: 0, refused: 0, faulty: 0, byPath: {} },
    closing: closing.signal,
    source: await sourceFor(options),
    refuse: admission(options),
  };
  const server = Deno.serve({
    hostname,
    port: options.port ?? 0,
    signal: closing.signal,
    onListen: () => {},
    onError: (error) => toResponse(refusal(500, String(error))),
  }, (request) => handle(house, request));
  return {
    url: `http://${hostname}:${server.addr.port}`,
    ...sandboxCredentials(options),
    counts: house.counts,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

/** What all requests have in common. */
interface House {
  readonly options: SandboxOptions;
  readonly counts: Counts;
  readonly closing: AbortSignal;
  readonly source: Source;
  readonly refuse: Admission;
}

/** The response to one request, and the fault that hit it. */
interface Outcome {
  readonly sent: Reply | Response;
  readonly fault?: Fault | undefined;
}

const mostPaths = 1000;

async function sourceFor(options: SandboxOptions): Promise<Source> {
  const { seed = defaultSeed, now = Date.now, settleDays = 0, recordingsDir } = options;
  if (recordingsDir === undefined) return generatedSource({ seed, now, settleDays });
  return recordedSource(await readRecordings(recordingsDir));
}

async function handle(house: House, request: Request): Promise<Response> {
  const { options, counts, closing } = house;
  const { latencyMs = 0, jitterMs = 0, seed = defaultSeed } = options;
  const number = ++counts.requests;
  const stricken = { url: new URL(request.url), number, signal: closing };
  const jitter = new Dice(mix(mix(seed, keyOf("jitter")), number)).float() * jitterMs;
  try {
    await pause(latencyMs / 2 + jitter, closing);
    const { sent } = await respond(house, request, stricken);
    await pause(latencyMs / 2, closing);
    return sent instanceof Response ? sent : toResponse(sent);
  } catch (error) {
    if (closing.aborted) return new Response(null, { status: 503 }); // its connection is closed
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, { signal });
}

async function respond(house: House, request: Request, stricken: Stricken): Promise<Outcome> {
  const { counts, options, refuse } = house;
  const { url: { pathname, search }, number } = stricken;
  const route = routeOf(pathname);
  const atMs = (options.tick ?? defaultTick)();
  count(counts, route?.endpoint.path ?? pathname);
  const authorization = request.headers.get("authorization");
  const refused = refuse({ method: request.method, authorization, route, atMs });
  const outcome = refused ? { sent: refused } : await serve(house, stricken);
  if (refused?.status === 429) counts.refused++;
  if (outcome.fault) counts.faulty++;
  options.onRequest?.({
    number,
    path: pathname + search,
    status: outcome.sent.status,
    atMs,
    fault: outcome.fault?.kind,
  });
  return outcome;
}

/** Replies to an admitted request. */
async function serve({ options, source }: House, stricken: Stricken): Promise<Outcome> {
  const { faults = [], seed = defaultSeed, now = Date.now, intercept } = options;
  const { pathname, searchParams } = stricken.url;
  const good = () => answer({ source, nowMs: now() }, routeOf(pathname)!, searchParams);
  const own = await intercept?.(stricken, good);
  if (own) return { sent: own };
  const fault = drawFault(faults, seed, stricken.number);
  return { sent: fault ? strike(good(), fault, stricken) : good(), fault };
}

function count({ byPath }: Counts, path: string): void {
  if (path in byPath || Object.keys(byPath).length < mostPaths) {
    byPath[path] = (byPath[path] ?? 0) + 1;
  }
}

function defaultTick(): number {
  return performance.now();
}
