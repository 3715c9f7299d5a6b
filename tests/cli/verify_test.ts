import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { openSite } from "../faults/site.ts";
import { thingsApi, thingsJob } from "./things.ts";

const DAYS = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];

Deno.test("deno task verify prints checks and coverage, and fails when a check does", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  assertEquals((await site.run("backfill", DAYS)).code, 0);

  const passed = await site.run("verify");
  assertEquals([passed.code, passed.stderr], [0, ""]);
  assertStringIncludes(
    passed.stdout,
    `PASS  counts: Things and kinds are there
      things  kinds
           6      2

      years
      year  things
      2025       6

PASS  orphans: Things of no kind

coverage against the database
PASS  kinds   fetched
PASS  things  2025-10-01 .. 2025-10-03

3 checks: 2 passed, 1 shown; coverage passed
`,
  );

  await using target = await openTarget(site.databaseUrl);
  await target.query("INSERT INTO things (id) VALUES ('withdrawn')");
  const { surplus } = JSON.parse((await site.run("verify", ["--json"])).stdout);
  assertEquals(surplus, [{ tables: ["things"], rows: 7, returned: 6 }]);
  assertStringIncludes(
    (await site.run("verify", ["--only", "coverage"])).stdout,
    '\nnote  things has 7 rows, 1 more than the API returned last\n      do: set "vanished"',
  );
  await target.query("DELETE FROM things WHERE id = 'withdrawn'");
  await target.query("DELETE FROM kinds WHERE id = 'b'");
  const failed = await site.run("verify");
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stdout, "expected things > 0 and kinds = 2: kinds is 1, not = 2");
  assertMatch(failed.stdout, /expected no rows: there are 3 rows\n +id\n +2025-10-01 b\n/);
  assertStringIncludes(failed.stdout, "3 checks: 1 shown, 2 failed; coverage passed");

  const json = await site.run("verify", ["--json", "--only", "orphans", "coverage"]);
  assertEquals([json.code, json.stderr], [1, ""]);
  const { ok, checks, coverage } = JSON.parse(json.stdout);
  assertEquals([ok, checks.length, coverage.ok], [false, 1, true]);
  const { name, expected, row_count, columns } = checks[0];
  assertEquals([name, expected, row_count, columns], ["orphans", "no rows", 3, ["id"]]);
});
