// Limits and long for_each queries through a real pgbouncer in transaction mode that serves other clients too.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { LONG } from "./long.ts";
import { meterJob, startMeters } from "./meter_api.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

Deno.test({
  name: "two processes of one account keep a quota to the request through pgbouncer",
  ignore: !HAS_PGBOUNCER,
  async fn() {
    const quota = 40;
    await using api = startMeters(({ number }) =>
      number > quota ? new Response("over", { status: 429 }) : undefined
    );
    await using pooler = await startPooler(await (await sharedPostgres()).createDatabase());
    const source = `  limits: [50/s, ${quota}/d]`;
    await using site = await openSite(meterJob(api.url, { source }), {
      database: { url: pooler.url },
    });
    const other = meterJob(api.url, { source, prefix: "other_" });
    await Deno.writeTextFile(site.file("other.yaml"), other);
    const days = ["--start-date", "2024-01-01", "--end-date", "2024-12-31", "--no-wait"];
    const runs = await Promise.all([
      site.run("backfill", days),
      site.run("backfill", ["--config", site.file("other.yaml"), ...days]),
    ]);
    for (const { code, stderr } of runs) {
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, `the quota ${quota}/d is used up`);
    }
    assertEquals(api.asked.length, quota);
    // Neither the next run nor a probe has one left.
    const next = await site.run("backfill", [...days, "--resume"]);
    const probe = await site.run("probe", ["--date", "2024-01-01"]);
    assertEquals([next.code, probe.code, api.asked.length], [1, 1, quota]);
  },
});

/** A job that requests one thing for each row of a table. */
const eachJob = (url: string) =>
  `job: each
source: { url: "${url}", concurrency: 64 }
tables:
  things: { key: id, columns: { id: bigint, name: text } }
streams:
  things:
    for_each: { id: { query: SELECT id FROM ids ORDER BY id } }
    request: { path: /things, query: { id: "{each.id}" } }
    rows: things
`;

Deno.test({
  name: "for_each with 100,000 rows is planned and fetched completely through pgbouncer",
  ignore: !HAS_PGBOUNCER,
  async fn() {
    const rows = 100_000;
    let requests = 0;
    await using api = serve((request) => {
      requests++;
      const id = Number(new URL(request.url).searchParams.get("id"));
      return Response.json([{ id, name: `thing ${id}` }]);
    });
    const url = await (await sharedPostgres()).createDatabase();
    await using sql = openSql(url);
    const fill = (count: number) =>
      sql.run(`CREATE TABLE IF NOT EXISTS ids (id bigint PRIMARY KEY);
INSERT INTO ids SELECT generate_series(1, ${count}) ON CONFLICT DO NOTHING`);
    await using pooler = await startPooler(url);
    await using site = await openSite(eachJob(api.url), { database: { url: pooler.url } });
    // The whole run takes minutes; a shorter one shows the same with fewer rows.
    const fetched = LONG ? rows : 1_000;
    await fill(fetched);
    const run = await site.run("backfill", [], { timeoutMs: 900_000 });
    assertEquals([run.code, requests], [0, fetched], run.stderr);
    const sum = await sql.run("SELECT count(*), sum(id) FROM things");
    assertEquals(sum, [{ count: `${fetched}`, sum: `${fetched * (fetched + 1) / 2}` }]);
    assertEquals((await site.run("verify")).code, 0);
    await fill(rows);
    const survey = await site.run("backfill", ["--check-status", "--json"]);
    assertEquals(survey.code, 0, survey.stderr);
    const { windows, done, left } = JSON.parse(survey.stdout);
    assertEquals([windows, done, left], [rows, fetched, rows - fetched]);
  },
});
