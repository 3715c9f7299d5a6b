// Logins, exchanged tokens, Digest and signatures from the job to a server that checks them.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jwtVerify } from "jose";
import { createHash, createHmac, generateKeyPairSync } from "node:crypto";
import { openApi } from "../../../lib/fetch/api_client.ts";
import type { FetchEvent } from "../../../lib/fetch/fetch_event.ts";
import { fetchPages } from "../../../lib/fetch/fetch_pages.ts";
import { monotonicClock } from "../../../lib/fetch/rate/clock.ts";
import { Failure } from "../../../lib/failure.ts";
import { serve } from "../../support/http_server.ts";
import { jobOf, unitOf } from "../job.ts";

const OK = { items: [{ id: 1 }] };

function setup(source: Record<string, unknown>, env: Record<string, string>) {
  const control = new AbortController();
  const events: FetchEvent[] = [];
  const secrets: string[] = [];
  const retry = { attempts: 1 };
  const api = openApi(jobOf({ retry, ...source }, { request: "/things" }), {
    env: (name) => env[name],
    clock: monotonicClock(),
    wallNow: () => Date.now(),
    random: () => 0,
    signal: control.signal,
    onSecret: (secret) => secrets.push(secret),
    onEvent: (event) => events.push(event),
  });
  const read = async () => {
    const pages = await Array.fromAsync(fetchPages(api, "things", unitOf(), control.signal));
    return pages.flatMap(({ records }) => records);
  };
  return { api, read, events, secrets, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

Deno.test("a login fetches a token with a nested JSON body, sends it as declared, and again after a 401", async () => {
  let [logins, valid] = [0, ""];
  await using server = serve(async (request) => {
    if (new URL(request.url).pathname === "/login") {
      const body = await request.json();
      assertEquals(body, { auth: { user: "me", pass: "secret-word" } });
      assertEquals(request.headers.get("x-app"), "app");
      valid = `session-token-${++logins}`;
      return Response.json({ data: { session: valid, ttl: 3600 } });
    }
    return request.headers.get("x-session") === valid
      ? Response.json(OK)
      : Response.json({ error: "expired" }, { status: 401 });
  });
  await using context = setup({
    url: server.url,
    auth: {
      login: {
        url: `${server.url}/login`,
        body: { "auth.user": "me", "auth.pass": "${PASS}" },
        headers: { "X-App": "app" },
        token: "data.session",
        expires_in: "data.ttl",
        send: { "X-Session": "{token}" },
      },
    },
  }, { PASS: "secret-word" });
  assertEquals(await context.read(), OK.items);
  assertEquals(await context.read(), OK.items);
  assertEquals(logins, 1);
  valid = "revoked";
  assertEquals(await context.read(), OK.items);
  assertEquals(logins, 2);
  assertEquals(context.secrets, ["session-token-1", "session-token-2"]);
  const seen = context.api.mask("session-token-1 session-token-2 secret-word");
  assert(!/session-token|secret-word/.test(seen), seen);
});

Deno.test("a login may send a form and read its token from a header; a refusal names the variables", async () => {
  let isRefused = false;
  await using server = serve(async (request) => {
    if (new URL(request.url).pathname !== "/login") {
      return request.headers.get("authorization") === "Token from-header"
        ? Response.json(OK)
        : new Response(null, { status: 401 });
    }
    assertEquals(await request.text(), "user=me&password=secret-word");
    return isRefused
      ? Response.json({ message: "wrong password secret-word" }, { status: 403 })
      : new Response(null, { status: 201, headers: { "x-token": "from-header" } });
  });
  const source = {
    url: server.url,
    auth: {
      login: {
        url: `${server.url}/login`,
        form: { user: "me", password: "${PASS}" },
        token: "$header.X-Token",
        send: { Authorization: "Token {token}" },
      },
    },
  };
  {
    await using context = setup(source, { PASS: "secret-word" });
    assertEquals(await context.read(), OK.items);
  }
  isRefused = true;
  await using context = setup(source, { PASS: "secret-word" });
  const failure = await assertRejects(context.read, Failure);
  assertEquals(failure.kind, "refused");
  assert(!failure.message.includes("secret-word"), failure.message);
  assert(failure.hint?.includes("PASS"), failure.hint);
});

Deno.test("a signed token is exchanged for an access token, as for service accounts", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await using server = serve(async (request) => {
    if (new URL(request.url).pathname === "/token") {
      const form = new URLSearchParams(await request.text());
      assertEquals(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
      const { payload } = await jwtVerify(form.get("assertion")!, publicKey);
      assertEquals([payload.iss, payload.scope], ["robot@project", "read"]);
      return Response.json({ access_token: "exchanged-token", expires_in: 3599 });
    }
    return request.headers.get("authorization") === "Bearer exchanged-token"
      ? Response.json(OK)
      : new Response(null, { status: 401 });
  });
  await using context = setup({
    url: server.url,
    auth: {
      jwt: {
        key: "${KEY}",
        algorithm: "ES256",
        claims: { iss: "robot@project", scope: "read", aud: `${server.url}/token` },
        token_url: `${server.url}/token`,
      },
    },
  }, { KEY: privateKey.export({ type: "pkcs8", format: "pem" }) as string });
  assertEquals(await context.read(), OK.items);
});

Deno.test("Digest: the challenge costs one request, a stale nonce another, a wrong password stops", async () => {
  let [nonce, requests] = ["n1", 0];
  const hash = (text: string) => createHash("md5").update(text).digest("hex");
  await using server = serve((request) => {
    requests++;
    const header = request.headers.get("authorization") ?? "";
    const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(header)?.[1] ?? "";
    const { pathname, search } = new URL(request.url);
    const key = `${hash("me:r:word")}:${nonce}:${field("nc")}:${field("cnonce")}:auth`;
    const isValid = field("nonce") === nonce && field("uri") === pathname + search &&
      field("response") === hash(`${key}:${hash(`GET:${pathname + search}`)}`);
    return isValid ? Response.json(OK) : new Response(null, {
      status: 401,
      headers: { "www-authenticate": `Digest realm="r", nonce="${nonce}", qop="auth"` },
    });
  });
  const source = { url: server.url, auth: { digest: { username: "me", password: "${WORD}" } } };
  await using context = setup(source, { WORD: "word" });
  assertEquals(await context.read(), OK.items);
  assertEquals(await context.read(), OK.items);
  assertEquals(requests, 3);
  nonce = "n2";
  assertEquals(await context.read(), OK.items);
  assertEquals(requests, 5);
  await using wrong = setup(source, { WORD: "other" });
  const failure = await assertRejects(wrong.read, Failure);
  assertEquals([failure.kind, requests], ["refused", 7]);
});

Deno.test("HMAC: a server accepts each request's signature, and events show neither key nor signature", async () => {
  const signatures: string[] = [];
  await using server = serve((request) => {
    const { search } = new URL(request.url);
    const [signed, signature = ""] = search.slice(1).split("&signature=");
    signatures.push(signature);
    const expected = createHmac("sha256", "secret-of-account").update(signed!).digest("hex");
    return signature === expected ? Response.json(OK) : new Response(null, { status: 401 });
  });
  await using context = setup({
    url: server.url,
    auth: {
      header: { "X-API-KEY": "${KEY}" },
      hmac: {
        secret: "${SECRET}",
        message: "{query}",
        query: { timestamp: "{timestamp}", signature: "{signature}" },
      },
    },
  }, { KEY: "key-of-account", SECRET: "secret-of-account" });
  assertEquals(await context.read(), OK.items);
  const shown = JSON.stringify(context.events);
  assert(!/-of-account/.test(shown) && !shown.includes(signatures[0]!), shown);
});
