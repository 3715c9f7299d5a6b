// A daily quota over all processes of an account, whatever their command and job: together they send as many requests
// as it allows, to the request. Other credentials are another account. The API counts.
import { assert, assertEquals } from "@std/assert";
import { size } from "./long.ts";
import { type MeterApi, meterJob, startMeters } from "./meter_api.ts";
import { openSite } from "./site.ts";

const QUOTA = size(60, 500);
const SOURCE = `  limits: [200/s, ${QUOTA}/d]\n  concurrency: 2`;
const RANGE = ["--start-date", "2022-01-01", "--end-date", "2023-12-31", "--no-wait"];

/** The requests of each account. */
function byAccount(api: MeterApi): number[] {
  return [...Map.groupBy(api.asked, ({ authorization }) => authorization).values()]
    .map((asked) => asked.length);
}

Deno.test("three workers, an update by cron and a probe of one account keep a daily quota to the request", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url, { source: SOURCE }), {
    files: { "other.yaml": meterJob(api.url, { source: SOURCE, prefix: "other_" }) },
  });
  const other = ["--config", site.file("other.yaml")];
  const [backfill, cron, probe] = await Promise.all([
    site.run("backfill", [...RANGE, "--workers", "3"]),
    site.run("cron", [...other, "--once", "--no-wait"]),
    site.run("probe", ["--date", "2024-01-01"]),
  ]);
  const output = [backfill, cron, probe].map(({ code, stderr }) => `${code} ${stderr}`).join("\n");
  assert(api.asked.length <= QUOTA, `${api.asked.length} requests: ${output}`);
  assertEquals(backfill.code, 1, output);
  // What a process had reserved and did not send came back when it ended.
  const resumed = await site.run("backfill", ["--resume", "--no-wait"]);
  assertEquals([resumed.code, api.asked.length], [1, QUOTA], resumed.stderr);
  // Other credentials have a quota of their own.
  const env = { METER_PASSWORD: "another account" };
  const days = ["--start-date", "2022-01-01", "--end-date", "2022-01-05", "--no-wait"];
  assertEquals((await site.run("backfill", [...other, ...days], { env })).code, 0);
  const [first, second] = byAccount(api);
  assertEquals(first, QUOTA);
  assert(second! >= 5, `${second} requests`);
});
