import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { thingsApi, thingsJob } from "./things.ts";

const DAYS = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];

Deno.test("deno task checkpoint --rebuild restores a deleted and a damaged checkpoint", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  assertEquals((await site.run("backfill", DAYS)).code, 0);

  Deno.removeSync(site.kvPath);
  const lost = await site.run("verify", ["--only", "coverage"]);
  assertStringIncludes(lost.stdout, "PASS  things  2025-10-01 .. 2025-10-03");
  const restored = await site.run("checkpoint", ["--rebuild"]);
  assertEquals([restored.code, restored.stderr], [0, ""]);
  assertMatch(restored.stdout, /things +2025-10-01 \.\. 2025-10-03 +3 +0\n/);

  asked.length = 0;
  const again = await site.run("backfill", ["--resume", ...DAYS]);
  assertEquals([again.code, asked], [0, []]);

  Deno.writeTextFileSync(site.kvPath, "no checkpoint at all ".repeat(100));
  const broken = await site.run("status");
  assertEquals(broken.code, 1);
  assertMatch(broken.stderr, /hint: Run `deno task checkpoint --config \S+ --rebuild`/);
  const rebuilt = await site.run("checkpoint", ["--rebuild", "--json"]);
  const { moved, streams } = JSON.parse(rebuilt.stdout);
  assertMatch(moved, /checkpoints\.db\.broken-\d{8}T\d{6}Z$/);
  assertStringIncludes(Deno.readTextFileSync(moved), "no checkpoint at all");
  assertEquals(streams.things, { windows: 3, days: ["2025-10-01", "2025-10-03"], rejected: 0 });
  const passed = await site.run("verify", ["--only", "coverage"]);
  assertStringIncludes(passed.stdout, "PASS  things  2025-10-01 .. 2025-10-03");
});

Deno.test("deno task checkpoint prints what to do when no flag is given", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"));
  const { code, stderr } = await site.run("checkpoint");
  assertEquals(code, 2);
  assertMatch(stderr, /deno task checkpoint --config \S+ --rebuild/);
});
