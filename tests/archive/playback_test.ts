// An archive as an API: a job gets from the playback what it got from the API, through its own URL alone.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { playBack } from "../../lib/cli/commands/sandbox_archive.ts";
import { serve } from "../support/http_server.ts";
import { spawnTask } from "../support/run_task.ts";
import { archivingWorld, startThings, thingsJob } from "./things_api.ts";

const RANGE = "--start-date 2024-01-01 --end-date 2024-01-03";

Deno.test("a job gets the same rows from the playback, with links, bodies and a key in the query", async () => {
  await using api = serve(async (request) => {
    const url = new URL(request.url);
    if (request.method === "POST") {
      const { day } = await request.json();
      return Response.json({ items: [{ id: `posted ${day}` }] });
    }
    const page = Number(url.searchParams.get("page") ?? 1);
    const next = new URL(url);
    next.searchParams.set("page", String(page + 1));
    const items = [{ id: `${url.searchParams.get("day")} ${page}` }];
    return Response.json(page < 3 ? { items, next: next.href } : { items, next: null });
  });
  const job = (url: string) =>
    `job: links
start: 2024-01-01
source: { url: "${url}/v1", auth: { query: { api_key: "\${LINKS_KEY}" } } }
tables: { things: { key: id, columns: { id: text } } }
streams:
  linked:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    records: items
    paging: { by: next_link, link: next }
    rows: things
  posted:
    request: { path: /search, method: POST, body: { day: "{from}" } }
    window: day
    records: items
    paging: none
    rows: things
`;
  const env = { LINKS_KEY: "k3y-9f8e7d" };
  await using world = await archivingWorld(job(api.url), { env });
  assertEquals((await world.backfill(RANGE)).error, undefined);
  await using played = await playBack(world.archive!, {});
  await using again = await archivingWorld(job(played.url), { env: { LINKS_KEY: "an0ther-key" } });
  assertEquals((await again.backfill(RANGE)).error, undefined);
  const rows = "SELECT id FROM things ORDER BY id";
  assertEquals((await world.query(rows)).length, 12);
  assertEquals(await again.query(rows), await world.query(rows));
});

Deno.test("the playback applies limits, and refuses what is not in the archive", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill(RANGE);
  await using played = await playBack(world.archive!, { limit: 1 });
  const get = (query: string) => fetch(`${played.url}/things?${query}`);
  const held = await get("page=1&day=2024-01-02");
  assertEquals([held.status, (await held.json()).total], [200, 5]);
  const limited = await get("day=2024-01-02&page=1");
  assertEquals([limited.status, limited.headers.get("retry-after")], [429, "1"]);
  await limited.body?.cancel();
  await using unlimited = await playBack(world.archive!, {});
  const missing = await fetch(`${unlimited.url}/things?day=2024-02-01&page=1`);
  assertEquals(missing.status, 421);
  assertStringIncludes(
    (await missing.json()).error,
    "contains no response to GET /things?day=2024-02-01",
  );
});

Deno.test("sandbox --archive plays a folder back in a process that may read that folder", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill(RANGE);
  await using task = spawnTask("sandbox", ["--archive", world.archive!, "--port", "0"]);
  await task.printed("plays back");
  assertStringIncludes(task.output.stdout, `9 responses of ${api.url}`);
  const url = task.output.stdout.split(" ")[0]!;
  const response = await fetch(`${url}/things?day=2024-01-01&page=3`);
  const { items } = await response.json();
  assertEquals(items, [{ id: "2024-01-01-5", size: 5 }]);
});

Deno.test("the playback recognizes requests whose secrets were masked, wherever they are sent", async () => {
  await using api = serve(async (request) => {
    const { searchParams } = new URL(request.url);
    const text = await request.text();
    const day = text === "" ? searchParams.get("day") : JSON.parse(text).day;
    return Response.json([{ id: `${request.method} ${day} ${searchParams.get("n")}` }]);
  });
  const job = (url: string) =>
    `job: keys
start: 2024-01-01
source: "${url}"
variables: [KEYS_KEY]
tables: { things: { key: id, columns: { id: text } } }
streams:
  query: { request: { path: /q, query: { day: "{from}", k: "\${KEYS_KEY}", n: 1 } }, window: day, rows: things }
  path: { request: { path: "/p/\${KEYS_KEY}/x", query: { day: "{from}", n: 2 } }, window: day, rows: things }
  body: { request: { path: /b, method: POST, query: { n: 3 }, body: { day: "{from}", k: "\${KEYS_KEY}", a: "(+$" } }, window: day, rows: things }
`;
  await using world = await archivingWorld(job(api.url), { env: { KEYS_KEY: "k3y-9f8e7d" } });
  assertEquals((await world.backfill(RANGE)).error, undefined);
  await using played = await playBack(world.archive!, {});
  for (const key of ["k3y-9f8e7d", "an0ther-key"]) {
    await using again = await archivingWorld(job(played.url), { env: { KEYS_KEY: key } });
    assertEquals((await again.backfill(RANGE)).error, undefined);
    const rows = "SELECT id FROM things ORDER BY id";
    assertEquals((await again.query(rows)).length, 9);
    assertEquals(await again.query(rows), await world.query(rows));
  }
  for (
    const [path, body] of [
      ["/q?day=2024-01-09&k=x&n=1"],
      ["/q?day=2024-01-01&k=x&n=2"],
      ["/p/x/y?day=2024-01-01&n=2"],
      ["/b?n=3", `{"day":"2024-01-09","k":"x","a":"(+$"}`],
      ["/b?n=3"],
    ] as const
  ) {
    const sent = body === undefined ? {} : { method: "POST", body };
    const response = await fetch(`${played.url}${path}`, sent);
    await response.body?.cancel();
    assertEquals(response.status, 421, path);
  }
});
