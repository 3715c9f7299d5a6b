import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseFault } from "../../lib/sandbox/faults.ts";
import { limitKinds } from "../../lib/sandbox/rate_limit.ts";
import { json } from "../../lib/sandbox/reply.ts";
import type { SandboxOptions, SeenRequest } from "../../lib/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/server.ts";

const day = "/v1/results?start_date=2024-05-01&end_date=2024-05-01";

function get(
  sandbox: Sandbox,
  path: string,
  credentials = "sandbox:sandbox-password-1",
): Promise<Response> {
  return fetch(sandbox.url + path, { headers: { authorization: `Basic ${btoa(credentials)}` } });
}

async function status(sandbox: Sandbox, path: string, credentials?: string): Promise<number> {
  const response = await get(sandbox, path, credentials);
  await response.body?.cancel();
  return response.status;
}

/** A sandbox without limits unless the options say otherwise. */
function unlimited(options: SandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({ limit: 0, ...options });
}

Deno.test("the sandbox replies to requests with the credentials and to no others", async () => {
  await using sandbox = await unlimited({ username: "ann", password: "s3cret:ü" });
  const bytes = new TextEncoder().encode("ann:s3cret:ü");
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  const good = await fetch(`${sandbox.url}/v1/courses`, { headers: { authorization } });
  assertEquals(good.status, 200);
  assertEquals(good.headers.get("content-type"), "application/json");
  await good.body?.cancel();
  const bad = await get(sandbox, "/v1/courses");
  assertEquals([bad.status, bad.headers.get("www-authenticate")], [401, "Basic"]);
  assertEquals(await bad.json(), { detail: "Invalid authentication credentials" });
  const none = await fetch(`${sandbox.url}/v1/courses`);
  assertEquals([none.status, await none.json()], [401, { detail: "Not authenticated" }]);
});

Deno.test("the sandbox returns the API's error for an unknown path or method", async () => {
  await using sandbox = await unlimited();
  const response = await get(sandbox, "/v2/results");
  assertEquals([response.status, await response.json()], [404, { detail: "Not Found" }]);
  const post = await fetch(`${sandbox.url}/v1/results`, { method: "POST" });
  assertEquals([post.status, await post.json()], [405, { detail: "Method Not Allowed" }]);
  assertEquals(sandbox.counts.byPath, { "/v2/results": 1, "/v1/results": 1 });
});

Deno.test("each endpoint has its published limit when no other is given", async () => {
  let nowMs = 0;
  await using sandbox = await startSandbox({ tick: () => nowMs });
  const admitted = async (path: string) => {
    const all = [];
    for (let n = 0; n < 7; n++) all.push(await status(sandbox, path));
    return all.filter((code) => code !== 429).length;
  };
  const paths = [
    "/v1/courses",
    "/v1/courses/regions",
    "/v1/racecards/pro",
    day,
    "/v1/horses/hrs_1/pro",
  ];
  const perSecond = [];
  for (const path of paths) perSecond.push(await admitted(path));
  assertEquals(perSecond, [1, 1, 2, 5, 5]);
  assertEquals(sandbox.counts.refused, 7 * 5 - 14);
  assertEquals(sandbox.counts.byPath["/v1/horses/{horse_id}/pro"], 7);
  nowMs = 999;
  const refused = await get(sandbox, day);
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  assertEquals(await refused.json(), { detail: "Rate limit exceeded" });
  nowMs = 1000;
  assertEquals(await status(sandbox, day), 200);
});

Deno.test("a given limit is shared by all endpoints, with every kind of limiter", async () => {
  for (const limitKind of limitKinds) {
    let nowMs = 0;
    await using sandbox = await startSandbox({ limit: 2, limitKind, tick: () => nowMs });
    const codes = [];
    for (const path of ["/v1/courses", day, "/v1/courses/regions"]) {
      codes.push(await status(sandbox, path));
    }
    assertEquals(codes, [200, 200, 429], limitKind);
    nowMs = 1000;
    assertEquals(await status(sandbox, "/v1/courses"), 200, limitKind);
  }
});

Deno.test("requests without credentials do not count against the limit", async () => {
  await using sandbox = await startSandbox({ limit: 1, tick: () => 0 });
  for (let n = 0; n < 3; n++) assertEquals(await status(sandbox, day, "x:y"), 401);
  assertEquals(await status(sandbox, day), 200);
});

Deno.test("a response waits for the latency, and closing does not", async () => {
  const endless = await unlimited({ latencyMs: 3_600_000 });
  const request = get(endless, "/v1/courses").catch(() => "gone");
  while (endless.counts.requests === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await endless[Symbol.asyncDispose]();
  const response = await request;
  if (response instanceof Response) await response.body?.cancel();
});

Deno.test("onRequest receives the outcome of each request", async () => {
  const seen: SeenRequest[] = [];
  let nowMs = 5;
  await using sandbox = await startSandbox({
    limit: 2,
    tick: () => nowMs++,
    faults: [parseFault("503:1")],
    onRequest: (request) => seen.push(request),
  });
  for (const path of ["/v1/courses?region_codes=gb", "/x", day, day]) await status(sandbox, path);
  assertEquals(seen, [
    { number: 1, path: "/v1/courses?region_codes=gb", status: 503, atMs: 5, fault: "503" },
    { number: 2, path: "/x", status: 404, atMs: 6, fault: undefined },
    { number: 3, path: day, status: 503, atMs: 7, fault: "503" },
    { number: 4, path: day, status: 429, atMs: 8, fault: undefined },
  ]);
  assertEquals(sandbox.counts.faulty, 2);
});

Deno.test("intercept replies instead of the sandbox, or leaves the request to it", async () => {
  await using sandbox = await unlimited({
    intercept: ({ url, number }, reply) => {
      if (url.pathname === "/v1/courses") return json(200, { number });
      if (number === 2) return { ...reply(), status: 418 };
      return undefined;
    },
  });
  assertEquals(await (await get(sandbox, "/v1/courses")).json(), { number: 1 });
  assertEquals(await status(sandbox, "/v1/courses/regions"), 418);
  assertEquals(await status(sandbox, "/v1/courses/regions"), 200);
});

/** What a client receives for one request that a fault hits. */
async function struck(fault: string, path = day): Promise<Response> {
  const sandbox = await unlimited({ faults: [parseFault(fault)] });
  try {
    const response = await get(sandbox, path);
    const body = await response.text();
    return new Response(body, { status: response.status, headers: response.headers });
  } finally {
    await sandbox[Symbol.asyncDispose]();
  }
}

Deno.test("a status fault returns that status, and 429 its Retry-After", async () => {
  assertEquals((await struck("500:1")).status, 500);
  const waits = [];
  for (const fault of ["429:1", "429:1:none", "429:1:30", "503:1:7", "503:1"]) {
    waits.push((await struck(fault)).headers.get("retry-after"));
  }
  assertEquals(waits, ["1", null, "30", "7", null]);
});

Deno.test("body faults reach the client as real ones would", async () => {
  const whole = await (await struck("html:0")).text();
  const cut = await (await struck("truncate:1")).text();
  assertEquals(cut, whole.slice(0, cut.length));
  assert(cut.length > 100 && cut.length < whole.length);
  await assertRejects(() => struck("reset:1"), Error, "body");
  const page = await struck("html:1");
  assertEquals([page.status, page.headers.get("content-type")], [200, "text/html"]);
  assert((await page.text()).startsWith("<!DOCTYPE html>"));
  assertEquals(await (await struck("slow:1:40")).text(), whole);
});

Deno.test("drift overstates the total from the second page on", async () => {
  const total = async (fault: string, skip: number) =>
    (await (await struck(fault, `${day}&limit=5&skip=${skip}`)).json()).total;
  const stated = await total("drift:0", 0);
  assertEquals([await total("drift:1", 0), await total("drift:1", 5)], [stated, stated + 1]);
});
