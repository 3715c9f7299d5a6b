import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { cheapestStream, examineApi, examineClock } from "../../lib/doctor/examine_api.ts";
import { examineCredentials } from "../../lib/doctor/examine_credentials.ts";
import type { Item } from "../../lib/doctor/item.ts";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { serve } from "../support/http_server.ts";

const NOW = Date.parse("2025-10-20T12:00:00Z");

function job(url: string): Promise<Job> {
  const text = `job: tiny
time_zone: Europe/London
source: { url: "${url}", auth: { bearer: "\${TOKEN}", query: { key: "\${KEY:-}" } }, timeout: 2s }
tables: { things: { key: id, columns: { id: text } } }
streams:
  fixed: { values: [{ id: a }], rows: things }
  daily: { window: day, request: { path: /daily, query: { day: "{from}" } }, rows: things }
  fed: { for_each: { id: { query: SELECT id FROM things } }, request: "/fed/{each.id}", rows: things }
  each: { for_each: { kind: [x, y] }, request: "/each/{each.kind}", rows: things }
`;
  return readJob("job.yaml", { readText: () => text, env: () => undefined });
}

async function examine(url: string, token = "secret-token"): Promise<Item[]> {
  return await examineApi(await job(url), {
    env: (name) => name === "TOKEN" ? token : undefined,
    clock: monotonicClock(),
    wallNow: () => NOW,
    random: () => 0,
    signal: new AbortController().signal,
    onEvent: () => {},
  });
}

Deno.test("examineApi() requests the cheapest stream once and compares clocks", async () => {
  const asked: string[] = [];
  await using server = serve((request) => {
    asked.push(new URL(request.url).pathname);
    return Response.json([{ id: "a" }], { headers: { date: new Date(NOW - 2000).toUTCString() } });
  });
  const items = await examine(server.url);
  assertEquals(asked, ["/each/x"]);
  assertEquals(items.map(({ name, ok }) => [name, ok]), [["api", true], ["clock", true]]);
  assertStringIncludes(items[0]!.found, "responded 200");
  assertStringIncludes(items[0]!.found, "1 record");
});

Deno.test("examineApi() names the variable to check when credentials are refused", async () => {
  await using server = serve(() => Response.json({ detail: "no" }, { status: 401 }));
  const [api] = await examine(server.url);
  assertEquals(api?.ok, false);
  assertStringIncludes(api!.do!, "TOKEN");
  assertEquals(JSON.stringify(api).includes("secret-token"), false);
});

Deno.test("examineApi() prints what to do about an API that refuses connections", async () => {
  const server = serve(() => new Response());
  await server[Symbol.asyncDispose]();
  const [api] = await examine(server.url);
  assertStringIncludes(api!.found, "connection refused");
  assertStringIncludes(api!.do!, "host and port");
});

Deno.test("examineApi() sends one request when the API has an error", async () => {
  let asked = 0;
  await using server = serve(() => (asked++, new Response("busy", { status: 503 })));
  const [api] = await examine(server.url);
  assertEquals([api?.ok, asked], [false, 1]);
  assertStringIncludes(api!.do!, "Try again later");
});

Deno.test("examineApi() shows a response that does not have the declared shape", async () => {
  await using server = serve(() =>
    new Response("<html><title>Log in</title>", { headers: { "content-type": "text/html" } })
  );
  const [api] = await examine(server.url);
  assertEquals(api?.ok, false);
  assertStringIncludes(api!.found, "web page");
});

Deno.test("cheapestStream() prefers streams without dates that need no data", async () => {
  const tiny = await job("https://api.example.com");
  assertEquals(cheapestStream(tiny), "each");
  const { fed, daily } = tiny.streams;
  assertEquals(cheapestStream({ ...tiny, streams: { fed: fed!, daily: daily! } }), "daily");
  assertEquals(cheapestStream({ ...tiny, streams: { fed: fed! } }), undefined);
});

Deno.test("examineClock() finds a clock that is wrong by more than a minute", () => {
  const at = (offsetMs: number) => examineClock(new Date(NOW + offsetMs).toUTCString(), NOW)[0];
  assertEquals(at(-59_000)?.ok, true);
  assertEquals(at(3_600_000)?.found, "it is 1 h 0 min behind the API's");
  assertEquals(at(-120_000)?.found, "it is 2 min 0 s ahead of the API's");
  assertEquals(examineClock(null, NOW), []);
  assertEquals(examineClock("soon", NOW), []);
});

Deno.test("examineCredentials() reports which variables are set and which are missing", async () => {
  const tiny = await job("https://api.example.com");
  const missing = examineCredentials(tiny, () => undefined);
  assertEquals([missing.ok, missing.found], [false, "TOKEN is not set"]);
  assertStringIncludes(missing.do!, "TOKEN=... into .env.local");
  const set = examineCredentials(tiny, (name) => name === "TOKEN" ? "secret-token" : undefined);
  assertEquals(set.found, "TOKEN is set; KEY is not set, which the job permits");
});
