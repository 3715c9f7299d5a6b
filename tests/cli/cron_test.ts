import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { serve } from "../support/http_server.ts";
import { thingsApi, thingsJob } from "./things.ts";

/** A port that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("deno task cron --once performs one update and ends", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  const { code, stdout, stderr } = await site.run("cron", ["--once"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "update starts\n");
  assertStringIncludes(stdout, "update done: 3 windows, 6 rows written, 3 requests");
  assertEquals(Object.keys(await site.rows()), ["kinds", "things"]);
});

Deno.test("deno task cron serves its state, and stops at once when it is interrupted", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), {
    env: { TINY_TOKEN: "secret-token", PORT: String(freePort()) },
  });
  await using cron = site.spawn("cron");
  await cron.printed("status at ");
  const address = /http:\S+/.exec(cron.output.stdout)![0];
  const health = await fetch(`${address}healthz`);
  assertEquals([health.status, await health.json()], [200, { ok: true, last: null }]);
  const status = await (await fetch(`${address}status.json`)).json();
  assertEquals([status.job, status.ok, status.schedule], ["tiny", true, "0 5 * * *"]);
  const page = await fetch(address);
  assertStringIncludes(page.headers.get("content-type")!, "text/html");
  assertStringIncludes(await page.text(), "never fetched");
  const post = await fetch(address, { method: "POST" });
  assertEquals([post.status, (await fetch(`${address}other`)).status], [405, 404]);
  await Promise.all([post, page].map((answer) => answer.body?.cancel().catch(() => {})));

  cron.kill("SIGINT");
  assertEquals((await cron.result).code, 130);
});

Deno.test("deno task cron saves and ends when it is interrupted while the API does not respond", async () => {
  const asked = Promise.withResolvers<void>();
  await using api = serve((request) => {
    if (new URL(request.url).pathname === "/kinds") return Response.json([{ id: "a" }]);
    asked.resolve();
    return new Promise<never>(() => {});
  });
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  await using cron = site.spawn("cron", ["--once"]);
  await asked.promise;
  cron.kill("SIGINT");
  const { code, stdout } = await cron.result;
  assertEquals(code, 130);
  assertStringIncludes(stdout, "stopping\n");
  assertStringIncludes(stdout, "update interrupted: 1 window, 1 row written");
  assertEquals((await site.rows()).kinds, [{ id: "a" }]);
});

Deno.test("deno task cron says what is wrong with its settings", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"));
  const told = async (env: Record<string, string>) => {
    const { code, stderr } = await site.run("cron", [], { env });
    assertEquals(code, 2);
    return stderr;
  };
  const schedule = await told({ BACKFILL_SCHEDULE: "nonsense" });
  assertStringIncludes(schedule, 'Cannot use BACKFILL_SCHEDULE: "nonsense" is not a schedule');
  assertStringIncludes(schedule, 'such as BACKFILL_SCHEDULE="0 5 * * *" for 05:00 UTC');
  assertStringIncludes(await told({ PORT: "many" }), `PORT is "many"`);
  const budget = await told({ BACKFILL_BUDGET: "soon", PORT: String(freePort()) });
  assertStringIncludes(budget, `"soon" is not a duration`);
});
