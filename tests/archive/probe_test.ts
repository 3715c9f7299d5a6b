// `probe --from-archive` shows an archived response as if the API had sent it, and sends nothing.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { startThings, thingsJob } from "./things_api.ts";

Deno.test("probe --from-archive shows the newest window, or that of a date, without a request", async () => {
  const api = startThings();
  await using site = await openSite(thingsJob(api.url));
  const env = { BACKFILL_ARCHIVE: site.file("archive") };
  const range = ["--start-date", "2024-01-01", "--end-date", "2024-01-03"];
  assertEquals((await site.run("backfill", range, { env })).code, 0);
  await api[Symbol.asyncDispose]();

  const probe = async (...args: string[]) => {
    const { stdout, stderr } = await site.run("probe", ["--from-archive", "--json", ...args], {
      env,
    });
    assertEquals(stderr.replace(/^note: .*\n/gm, ""), "");
    return JSON.parse(stdout);
  };
  const newest = await probe();
  assertEquals([newest.ok, newest.window, newest.records.count], [true, "2024-01-03", 2]);
  assertEquals(newest.answer.status, 200);
  const dated = await probe("--date", "2024-01-02");
  assertEquals([dated.window, JSON.parse(dated.records.first[0]).id], [
    "2024-01-02",
    "2024-01-02-1",
  ]);
  const { code, stderr } = await site.run("probe", ["--from-archive", "--date", "2025-01-01"], {
    env,
  });
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'Cannot probe the archive: it contains no such window of "things"');
});
