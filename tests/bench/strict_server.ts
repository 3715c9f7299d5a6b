/// <reference lib="deno.worker" />
// A worker that plays strict servers over real HTTP, apart from the event loop that is measured. The path
// says what to play: /<cell>/<kind>/<requests>/<intervalMs>/<jitterMs>/<latencyMs>. A request is delayed by
// the jitter, judged at the moment it then arrives, and answered after the latency with a record. A message
// takes what has arrived since the last one.
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import type { RateLimiter } from "../../lib/sandbox/rate_limit.ts";
import { randomFrom, type ServerKind, strictServer } from "../fetch/rate/strict_world.ts";

/** A request that arrived: when, in epoch milliseconds, and whether it was accepted. */
export type Arrival = readonly [atMs: number, isAccepted: boolean];

interface Played {
  limiter: RateLimiter;
  random: () => number;
}

const clock = monotonicClock();
const played = new Map<string, Played>();
const arrivals: Arrival[] = [];

async function answer(request: Request): Promise<Response> {
  const receivedMs = clock.now();
  const { pathname, search } = new URL(request.url);
  const [, cell, kind, requests, intervalMs, jitterMs, latencyMs] = pathname.split("/");
  if (cell === "warm") return new Response("warm");
  const key = pathname;
  if (!played.has(key)) {
    const rate = { requests: Number(requests), intervalMs: Number(intervalMs), burst: false };
    const kindName = decodeURIComponent(kind!) as ServerKind;
    played.set(key, {
      limiter: strictServer(kindName, rate),
      random: randomFrom(Number(cell) + 1),
    });
  }
  const { limiter, random } = played.get(key)!;
  const arrivesMs = receivedMs + random() * Number(jitterMs);
  await clock.sleep(arrivesMs - clock.now());
  const admission = limiter.admit(arrivesMs);
  arrivals.push([performance.timeOrigin + arrivesMs, admission.ok]);
  await clock.sleep(arrivesMs + Number(latencyMs) - clock.now());
  const headers = { "x-received": `${performance.timeOrigin + receivedMs}` };
  if (admission.ok) return Response.json([{ id: search }], { headers });
  const seconds = Math.ceil(admission.retryAfterMs / 1_000);
  return new Response("slow down", {
    status: 429,
    headers: { ...headers, "retry-after": `${seconds}` },
  });
}

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
self.onmessage = () => self.postMessage(arrivals.splice(0));
self.postMessage(server.addr.port);
