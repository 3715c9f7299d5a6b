// Workers share a grid of many `for_each` values: each is requested and written once, by all of them, however long
// the ledger becomes.
import { assert, assertEquals } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { crowded } from "./crowd.ts";
import { figure, longTest } from "./long.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

const VALUES = 100_000;

const jobText = (url: string) =>
  `job: grid
source: { url: "${url}", concurrency: 16 }
tables: { things: { key: id, columns: { id: bigint } } }
streams:
  things:
    request: { path: /things, query: { id: "{each.id}" } }
    for_each: { id: { query: SELECT id FROM ids ORDER BY id } }
    rows: things
`;

longTest(
  "a for_each of 100,000 rows is shared by three workers: each value is fetched once",
  async () => {
    const gate = Promise.withResolvers<void>();
    const times = new Uint8Array(VALUES + 1);
    await using api = serve(async (request) => {
      const id = Number(new URL(request.url).searchParams.get("id"));
      times[id]!++;
      await gate.promise;
      return Response.json([{ id }]);
    });
    await using site = await openSite(jobText(api.url));
    await using sql = openSql(site.databaseUrl);
    await sql.run(`CREATE TABLE ids AS SELECT generate_series(1, ${VALUES}) AS id`);
    const startedAt = performance.now();
    const running = site.run("backfill", ["--workers", "3", "--json"], { timeoutMs: 1_500_000 });
    await crowded(site, 3);
    gate.resolve();
    const { code, stdout, stderr } = await running;
    figure(`${VALUES} values in ${Math.round((performance.now() - startedAt) / 1000)} s`);
    assertEquals(code, 0, stderr);
    const { windows } = JSON.parse(stdout);
    assertEquals([windows.done, windows.planned], [VALUES, VALUES]);
    assert(times.slice(1).every((count) => count === 1), "each value is requested once");
    assertEquals(await sql.run("SELECT count(*)::int AS count, sum(id)::text AS sum FROM things"), [
      { count: VALUES, sum: String(VALUES * (VALUES + 1) / 2) },
    ]);
    assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
    const busy = await sql.run(
      `SELECT name FROM hindcast_workers WHERE windows > ${VALUES / 10} ORDER BY name`,
    );
    assertEquals(busy, ["w1", "w2", "w3"].map((name) => ({ name })));
    const survey = await site.run("backfill", ["--check-status", "--json"]);
    const { done, left } = JSON.parse(survey.stdout);
    assertEquals([done, left], [VALUES, 0]);
  },
);
