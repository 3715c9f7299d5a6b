// Streams fed by streams that are fed themselves, against a real database: nothing that a query returns is
// omitted, whether its rows are new in this run or not.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { openWorld } from "./world.ts";

const CHAIN = (url: string, more = "") =>
  `job: chain
start: 2024-01-01
source: { url: "${url}" }
tables:
  a: { key: id, columns: { id: text } }
  b: { key: id, columns: { id: text } }
  c: { key: id, columns: { id: text } }
streams:
  c:
    for_each: { b: { query: SELECT id FROM b } }
    request: { path: /c, query: { id: "{each.b}" } }
    rows: c
  b:
    for_each: { a: { query: SELECT id FROM a ORDER BY id } }
    request: { path: /b, query: { id: "{each.a}" } }
    rows: b
  a: { request: /a, rows: a${more} }
`;

/** An API of a few parents, each with one child. */
function family(parents: string[]) {
  const asked: string[] = [];
  const server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(pathname + (searchParams.get("id") ?? ""));
    if (pathname === "/a") return Response.json(parents.map((id) => ({ id })));
    return Response.json([{ id: `${searchParams.get("id")}${pathname.slice(1)}` }]);
  });
  return Object.assign(server, { asked });
}

Deno.test("a stream fed by a fed stream finds the rows of the same run, and those of the next", async () => {
  const parents = ["x", "y"];
  await using server = family(parents);
  await using world = await openWorld({ job: CHAIN(server.url, ", refresh: 0s") });
  const { summary } = await world.backfill("");
  assertEquals([summary.ok, summary.windows.done], [true, 5]);
  parents.push("z");
  server.asked.length = 0;
  await world.backfill("--resume");
  assertEquals(server.asked.filter((path) => path.endsWith("z") || path.endsWith("zb")), [
    "/bz",
    "/czb",
  ]);
  assertEquals((await world.query("SELECT count(*)::int AS n FROM c"))[0], { n: 3 });
});

Deno.test("a run plans a fed stream once its values are known, and reports no plan twice", async () => {
  await using server = family(["x", "y"]);
  await using world = await openWorld({ job: CHAIN(server.url, ", refresh: 0s") });
  const plans = ({ events }: Awaited<ReturnType<typeof world.backfill>>) =>
    events.flatMap((event) =>
      event.kind === "stream_planned" ? [`${event.stream} ${event.windows}`] : []
    );
  assertEquals(plans(await world.backfill("")), ["c 0", "b 0", "a 1", "b 2", "c 2"]);
  assertEquals(plans(await world.backfill("")), ["c 2", "b 2", "a 1"]);
});

Deno.test("check refuses streams that depend on each other in a cycle", async () => {
  const text = CHAIN("http://127.0.0.1:1").replace(
    "SELECT id FROM a ORDER BY id",
    "SELECT id FROM c",
  );
  const failure = await assertRejects(
    () => readJob("job.yaml", { readText: () => text, env: () => undefined }),
    Failure,
  );
  assertStringIncludes(failure.message, 'the streams "c", "b" depend on each other in a cycle');
});

Deno.test("duplicates of a query are fetched once, and its NULLs are listed once until they disappear", async () => {
  await using server = family([]);
  await using world = await openWorld({ job: CHAIN(server.url) });
  await world.stores.target.prepare(world.job.tables);
  const query = `SELECT v.id FROM (VALUES ('x'), (NULL), ('x'), (NULL), ('y')) AS v(id) ` +
    `WHERE v.id IS NOT NULL OR NOT EXISTS (SELECT FROM a)`;
  const b = world.job.streams.b!;
  world.job = {
    ...world.job,
    streams: { ...world.job.streams, b: { ...b, for_each: { a: { query } } as never } },
  };
  const first = await world.backfill("--only b");
  assertEquals(server.asked, ["/bx", "/by"]);
  assertEquals([first.summary.windows.failed, first.error], [1, undefined]);
  const entries = async () => await (await world.stores.checkpoint(world.job)).retryEntries();
  assertEquals((await entries()).map(({ each, reason }) => [each, reason]), [[
    "a IS NULL",
    'Cannot fetch "b": the query of "a" returns NULL in the column "id" in 2 rows',
  ]]);
  await world.query("INSERT INTO a VALUES ('now')");
  const second = await world.backfill("--resume --only b");
  assertEquals([second.summary.ok, await entries()], [true, []]);
});
