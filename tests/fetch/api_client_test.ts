import { assert, assertEquals, assertRejects } from "@std/assert";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import type { FetchEvent } from "../../lib/fetch/fetch_event.ts";
import { fetchPages } from "../../lib/fetch/fetch_pages.ts";
import { openApi } from "../../lib/fetch/api_client.ts";
import { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { jobOf, unitOf } from "./job.ts";

const STREAM = { request: "/things", rows: "things", records: "items" };

/** The open API of a job with the given streams, on the real clock. */
function setup(
  source: Record<string, unknown>,
  streams: Record<string, Record<string, unknown>> = { things: {} },
  env: Record<string, string> = {},
) {
  const control = new AbortController();
  const events: FetchEvent[] = [];
  const full = Object.entries(streams).map(([name, more]) => [name, { ...STREAM, ...more }]);
  const door = openApi(jobOf(source, {}, { streams: Object.fromEntries(full) }), {
    env: (name) => env[name],
    clock: monotonicClock(),
    wallNow: () => Date.UTC(2025, 0, 1),
    random: () => 0,
    signal: control.signal,
    onEvent: (event) => events.push(event),
  });
  const read = (stream = "things") =>
    Array.fromAsync(fetchPages(door, stream, unitOf(), control.signal));
  return { door, control, events, read, [Symbol.asyncDispose]: () => door[Symbol.asyncDispose]() };
}

/** A server that issues numbered tokens, and an API that accepts only the one it is given. */
function oauth(valid: () => string) {
  const seen = { tokens: 0, requests: [] as (string | null)[] };
  const server = serve((request) => {
    if (new URL(request.url).pathname === "/token") {
      return Response.json({ access_token: `token-number-${++seen.tokens}`, expires_in: 3600 });
    }
    const authorization = request.headers.get("authorization");
    seen.requests.push(authorization);
    return authorization === `Bearer ${valid()}`
      ? Response.json({ items: [{ id: 1 }] })
      : Response.json({ detail: `expired: ${authorization}` }, { status: 401 });
  });
  const source = {
    url: server.url,
    auth: {
      oauth2: { token_url: `${server.url}/token`, client_id: "${ID}", client_secret: "${SECRET}" },
    },
  };
  return { server, seen, source };
}
const KEYS = { ID: "client-id", SECRET: "client-secret" };

Deno.test("ApiClient fetches one token for all requests", async () => {
  const { server, seen, source } = oauth(() => "token-number-1");
  await using _server = server;
  await using context = setup(source, undefined, KEYS);
  await Promise.all([context.read(), context.read(), context.read()]);
  await context.read();
  assertEquals([seen.tokens, seen.requests.length], [1, 4]);
});

Deno.test("ApiClient fetches a new token once when the API returns 401", async () => {
  let valid = "token-number-1";
  const { server, seen, source } = oauth(() => valid);
  await using _server = server;
  await using context = setup(source, undefined, KEYS);
  await context.read();
  valid = "token-number-2";
  await context.read();
  assertEquals(seen.tokens, 2);
  assertEquals(seen.requests, ["1", "1", "2"].map((n) => `Bearer token-number-${n}`));
});

Deno.test("ApiClient fails with kind refused when a new token is not accepted either, and masks both", async () => {
  const { server, seen, source } = oauth(() => "another");
  await using _server = server;
  await using context = setup(source, undefined, KEYS);
  const failure = await assertRejects(() => context.read(), Failure);
  assertEquals([failure.kind, seen.tokens], ["refused", 2]);
  assert(failure.message.endsWith('401, "expired: Bearer ***"'), failure.message);
  assert(failure.hint?.startsWith("Check ID and SECRET"), failure.hint);
  assertEquals(context.door.mask("token-number-1 token-number-2"), "*** ***");
});

Deno.test("ApiClient masks secrets that the token provider echoes", async () => {
  await using server = serve(async (request) => {
    return Response.json({ detail: `invalid: ${await request.text()}` }, { status: 400 });
  });
  const form = { refresh_token: "${REFRESH}" };
  const auth = {
    oauth2: { ...{ token_url: server.url, client_id: "me", client_secret: "${SECRET}" }, form },
  };
  const env = { ...KEYS, REFRESH: "refresh-me" };
  await using context = setup({ url: server.url, auth }, undefined, env);
  const { message, kind, hint } = await assertRejects(() => context.read(), Failure);
  assertEquals(kind, "refused");
  assert(message.endsWith('"invalid: grant_type=refresh_token&refresh_token=***"'), message);
  assert(hint?.endsWith("authorize again and set REFRESH to the new one"), hint);
});

Deno.test("ApiClient does not send the client secret to where a token request is redirected", async () => {
  let reached = 0;
  await using other = serve(() => {
    reached++;
    return Response.json({ access_token: "token" });
  });
  await using server = serve(() => Response.redirect(other.url, 307));
  const auth = {
    oauth2: { token_url: server.url, client_id: "${ID}", client_secret: "${SECRET}", send: "body" },
  };
  await using context = setup({ url: server.url, auth }, undefined, KEYS);
  const failure = await assertRejects(() => context.read(), Failure);
  assertEquals([failure.kind, reached], ["refused", 0]);
});

Deno.test("ApiClient does not delay other streams while one waits for its own limit", async () => {
  await using server = serve(() => Response.json({ items: [] }));
  await using context = setup({ url: server.url, concurrency: 1 }, {
    slow: { limits: "1/h" },
    quick: {},
  });
  await context.read("slow");
  const waiting = assertRejects(() => context.read("slow"), Failure);
  for (let at = 0; at < 5; at++) await context.read("quick");
  context.control.abort();
  assertEquals((await waiting).kind, "interrupted");
  assertEquals(context.events.filter(({ kind }) => kind === "answered").length, 6);
});

Deno.test("ApiClient retries a closed port as often as the job allows, then fails the window", async () => {
  const server = serve(() => new Response());
  await server[Symbol.asyncDispose]();
  await using context = setup({ url: server.url, retry: { attempts: 3 } });
  const failure = await assertRejects(() => context.read(), Failure);
  assertEquals(failure.kind, "window");
  assertEquals(
    failure.message,
    `Cannot fetch GET ${server.url}/things: connection refused by 127.0.0.1:${server.port} ` +
      "in 3 attempts",
  );
  assertEquals(context.events.map(({ kind }) => kind), [
    "requested",
    "retrying",
    "requested",
    "retrying",
    "requested",
  ]);
});

Deno.test("ApiClient names the permission that is missing to reach the host", {
  permissions: { net: ["127.0.0.1"] },
}, async () => {
  await using context = setup({ url: "http://192.0.2.1:81" });
  const failure = await assertRejects(() => context.read(), Failure);
  assertEquals([failure.kind, failure.hint], [
    "configuration",
    'Start it with --allow-net=192.0.2.1:81; if the API redirects there, set "url" of the source to that host',
  ]);
});
