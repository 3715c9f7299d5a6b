import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { thingsApi, thingsJob } from "./things.ts";

const ENV = { TINY_TOKEN: "secret-token" };
const DAYS = ["--start-date", "2025-10-01", "--end-date", "2025-10-04"];

Deno.test("backfill --resume shows with --dry-run and --check-status only what is left", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), { env: ENV });
  await site.run("backfill", [...DAYS.slice(0, 3), "2025-10-02"]);
  const plan = await site.run("backfill", ["--resume", ...DAYS.slice(2), "--dry-run"]);
  const days = plan.stdout.match(/day=[0-9-]+/g);
  assertEquals([plan.code, days], [0, ["day=2025-10-03", "day=2025-10-04"]]);
  const args = ["--resume", ...DAYS.slice(2), "--check-status", "--json"];
  const survey = JSON.parse((await site.run("backfill", args)).stdout);
  const { windows, done, left } = survey.streams.things;
  assertEquals([windows, done, left], [4, 2, 2]);
});

Deno.test("backfill --dry-run shows the first of auto windows, and that the next depends on it", async () => {
  const job = `job: dry
start: 2024-01-01
source: { url: "https://api.example.com" }
tables: { items: { key: id, columns: { id: text } } }
streams:
  items:
    request: { path: /items, query: { from: "{from}", to: "{last}" } }
    window: auto
    paging: { by: page, page_param: page, size_param: per_page, size: 100 }
    records: items
    rows: { table: items, columns: { id: id } }
`;
  await using site = await openSite(job);
  const { code, stdout } = await site.run("backfill", ["--dry-run", "--end-date", "2024-03-01"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "GET https://api.example.com/items?from=2024-01-01&to=2024-01-01");
  assertStringIncludes(stdout, "the next window depends on the records of this one");
});

Deno.test("backfill --dry-run --json is refused, with one JSON object as for every early failure", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"), { env: ENV });
  const refused = await site.run("backfill", ["--dry-run", "--json"]);
  const { ok, error } = JSON.parse(refused.stdout);
  assertEquals([refused.code, ok, error.kind], [2, false, "configuration"]);
  assertStringIncludes(error.message, "--dry-run");
  const missing = await site.run("backfill", ["--json", "--config", site.file("none.yaml")]);
  const failed = JSON.parse(missing.stdout);
  assertEquals([missing.code, failed.ok, failed.error.kind], [2, false, "configuration"]);
  assertEquals(missing.stdout.trim().split("\n").length, 1);
});
