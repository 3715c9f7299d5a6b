// What failed is kept, listed with its reason, reported by exit code and last line, and fetched again by
// `--resume` until it succeeds; nothing of it is dropped silently.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { daysOf, meterJob, readingsOf, type Spoil, startMeters, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-14"];
const DAYS = daysOf("2024-01-01", "2024-01-15");
const [BAD_ROW_DAY, BAD_DAY] = DAYS.filter((day) => readingsOf(day).length > 5) as [string, string];
type Tables = Record<string, unknown[]>;

/** One day is missing, and one reading of another day cannot be read. */
const spoil: Spoil = ({ from, skip, page }) => {
  if (from === BAD_DAY) return new Response("maintenance", { status: 404 });
  if (from !== BAD_ROW_DAY || skip > 0) return undefined;
  const { total, readings: [first, ...others] } = page();
  return { total, readings: [{ ...first, count: "many" }, ...others] };
};

Deno.test("backfill records errors, errors lists them, and --resume fetches them until they succeed", async () => {
  await using api = startMeters(spoil);
  await using site = await openSite(meterJob(api.url));

  const run = await site.run("backfill", ARGS);
  assertEquals(run.code, 1);
  assertMatch(
    run.stdout,
    /^failed: 13 of 14 windows, \d+ requests, 1 failed, 1 row rejected, .*\nnext {3}deno task errors --config \S+, then deno task backfill --config \S+ --resume\n$/m,
  );
  assertStringIncludes(run.stdout, `rejected a row of readings.count: `);

  // Again while it still fails: only that is fetched, and it is listed once.
  const before = api.asked.length;
  const again = await site.run("backfill", [...ARGS, "--resume", "--json"]);
  assertEquals(again.code, 1);
  const { ok, outcome, windows, rejected } = JSON.parse(again.stdout);
  assertEquals([ok, outcome, rejected], [false, "failed", 1]);
  assertEquals(windows, { planned: 2, done: 1, failed: 1, skipped: 12 });
  const days = new Set(api.asked.slice(before).map(({ from }) => from));
  assertEquals([...days].sort(), [BAD_ROW_DAY, BAD_DAY]);

  const listed = JSON.parse((await site.run("errors", ["--json"])).stdout);
  assertEquals(listed.map((one: { kind: string; window: string[] }) => [one.kind, one.window]), [
    ["rejected", [BAD_ROW_DAY, BAD_ROW_DAY]],
    ["failed", [BAD_DAY, BAD_DAY]],
  ]);
  const text = (await site.run("errors")).stdout;
  assertStringIncludes(text, `readings ${BAD_DAY}   failed at `);
  assertStringIncludes(text, "the API responded with status 404");
  assertStringIncludes(text, `readings ${BAD_ROW_DAY}   rejected at `);
  assertStringIncludes(text, "readings.count: ");
  assertStringIncludes(text, '"many"');
  assertMatch(text, /next {3}deno task backfill --config \S+ --resume\n/);
  const file = await Deno.readTextFile(`${site.logs}/backfill_events_errors.json`);
  assertEquals(JSON.parse(file).length, 2);

  api.spoil = () => undefined;
  const healed = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals(healed.code, 0, healed.stdout);
  assertEquals((await site.run("errors")).stdout, "no errors\n");
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});

Deno.test("errors --clear deletes the list, and failed windows stay gaps", async () => {
  await using api = startMeters(spoil);
  await using site = await openSite(meterJob(api.url));
  assertEquals((await site.run("backfill", ARGS)).code, 1);
  assertEquals((await site.run("errors", ["--clear"])).stdout, "deleted: 2 errors\n");
  // A restored checkpoint does not list them again.
  await site.run("checkpoint", ["--rebuild"]);
  assertEquals(JSON.parse((await site.run("errors", ["--clear", "--json"])).stdout), {
    cleared: 0,
  });
  const { streams } = JSON.parse((await site.run("status", ["--json"])).stdout);
  assertEquals([streams.readings.gaps, streams.readings.failed], [[[BAD_DAY, BAD_DAY]], []]);
});

Deno.test("backfill rejects a row that a CHECK refuses, and --resume fetches its window again", async () => {
  await using api = startMeters(({ from, skip, page }) => {
    if (from !== BAD_ROW_DAY || skip > 0) return undefined;
    const { total, readings: [first, ...others] } = page();
    return { total, readings: [{ ...first, count: 13_013 }, ...others] };
  });
  // One window at a time, so that a batch holds the rows of one day.
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 1" }));
  const last = ["--start-date", "2024-01-14", "--end-date", "2024-01-14"];
  assertEquals((await site.run("backfill", last)).code, 0);
  await using sql = openSql(site.databaseUrl);
  await sql.run("ALTER TABLE readings ADD CHECK (count < 10000)");

  const run = await site.run("backfill", [...ARGS, "--json"]);
  assertEquals(run.code, 1, run.stderr);
  const { ok, outcome, windows, rejected } = JSON.parse(run.stdout);
  assertEquals([ok, outcome, windows.failed, rejected], [false, "failed", 0, 1]);
  const [entry, ...others] = JSON.parse((await site.run("errors", ["--json"])).stdout);
  assertEquals([entry.kind, entry.window], ["rejected", [BAD_ROW_DAY, BAD_ROW_DAY]]);
  assertEquals(others, []);

  api.spoil = () => undefined;
  const before = api.asked.length;
  const resumed = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals(resumed.code, 0, resumed.stderr);
  const days = new Set(api.asked.slice(before).map(({ from }) => from));
  assertEquals([...days], [BAD_ROW_DAY]);
  assertEquals((await site.run("errors")).stdout, "no errors\n");
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});
