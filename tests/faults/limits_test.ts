// Limits over several runs, and what a run reports elsewhere. The arithmetic is tests/fetch/rate's.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { openBench } from "./in_process.ts";
import { openSite } from "./site.ts";
import { meterJob, startMeters } from "./meter_api.ts";

Deno.test("backfill() keeps a quota across runs and jobs, to the request", async () => {
  await using api = startMeters();
  const source = "  limits: [100/s, 50/d]";
  await using bench = await openBench(meterJob(api.url, { source }));
  const days = { first: "2024-01-01", next: "2024-01-08", last: "2024-01-31" };
  const one = await bench.run(days.first, days.next);
  assertEquals(one.summary.outcome, "done");
  // Another job on the same account, target and API.
  const other = meterJob(api.url, { source, prefix: "other_" });
  await using second = await openBench(other, { url: bench.databaseUrl });
  const two = await second.run(days.first, "2024-01-04");
  assertEquals(two.summary.outcome, "done");
  const three = await bench.run(days.next, days.last, { resume: true, noWait: true });
  assert(three.error instanceof Failure, `${api.asked.length} ${JSON.stringify(three.summary)}`);
  assertEquals([three.summary.outcome, three.error.kind], ["failed", "unavailable"]);
  assertStringIncludes(three.error.message, "the quota 50/d is used up");
  assertEquals(api.asked.length, 50);
  // What was fetched before is written.
  assert(three.summary.windows.done > 5);
  const sql = `SELECT used FROM hindcast_limits WHERE "limit" = '50/d'`;
  assertEquals((await bench.target.query(sql)).rows, [[50]]);
});

Deno.test("backfill() leaves a reserve for others", async () => {
  await using api = startMeters();
  const source = "  limits: [100/s, 60/d]\n  reserve: 40/d";
  await using bench = await openBench(meterJob(api.url, { source }));
  const { error } = await bench.run("2024-01-01", "2024-01-31", { noWait: true });
  assert(error instanceof Failure);
  assertEquals(api.asked.length, 20);
});

Deno.test("jobs that reserve different shares of one quota stay within it together", async () => {
  await using api = startMeters();
  const sources = ["  limits: [100/s, 60/d]\n  reserve: 40/d", "  limits: [100/s, 60/d]"];
  await using careful = await openBench(meterJob(api.url, { source: sources[0]! }));
  await careful.run("2024-01-01", "2024-01-31", { noWait: true });
  const other = meterJob(api.url, { source: sources[1]!, prefix: "other_" });
  await using second = await openBench(other, { url: careful.databaseUrl });
  const { error } = await second.run("2024-01-01", "2024-03-31", { noWait: true });
  assert(error instanceof Failure);
  assertEquals(api.asked.length, 60);
});

Deno.test("the forecast includes the used part of a quota, and says when the work will be done", async () => {
  await using api = startMeters();
  const job = meterJob(api.url, { source: "  limits: [100/s, 40/d]" });
  await using site = await openSite(job);
  const week = ["--start-date", "2024-01-01", "--end-date", "2024-01-10", "--no-wait"];
  const first = await site.run("backfill", week);
  assertEquals(first.code, 0, first.stderr);
  const used = api.asked.length;
  assert(used > 10 && used < 40, `${used}`);
  const more = ["--start-date", "2024-01-01", "--end-date", "2024-02-19"];
  const { stdout } = await site.run("backfill", [...more, "--check-status", "--json"]);
  const survey = JSON.parse(stdout);
  // All that is left fits into the quota of one day, but not into what is left of it today.
  assertEquals([survey.left, survey.requests_left > 40 - used], [40, true]);
  const days = survey.seconds_left / 86_400;
  assert(days > 0.9 && days < 1.2 * Math.ceil(survey.requests_left / 40), `${days} days`);
  const text = (await site.run("backfill", [...more, "--check-status"])).stdout;
  const dryRun = (await site.run("backfill", [...more, "--resume", "--dry-run"])).stdout;
  const date = new Date(Date.now() + 1_000 * survey.seconds_left).toISOString().slice(0, 10);
  for (const shown of [text, dryRun]) {
    assertStringIncludes(shown, `at the allowed rate, done about ${date}`);
  }
  const stop = { signalAfter: { text: "done about", signal: "SIGINT" as const } };
  const run = await site.run("backfill", [...more, "--resume"], stop);
  assertStringIncludes(run.stdout, `, done about ${date}`);
});

Deno.test("backfill() obeys Retry-After and reports until when it waits; with --no-wait it ends instead", async () => {
  await using api = startMeters(({ number }) =>
    number > 5 ? new Response("", { status: 429, headers: { "retry-after": "43200" } }) : undefined
  );
  await using bench = await openBench(meterJob(api.url, { source: "  concurrency: 2" }));
  const stop = new AbortController();
  const waits: string[] = [];
  const { summary } = await bench.run("2024-01-01", "2024-01-31", {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind !== "waiting" || event.wait === null) return;
      waits.push(event.wait.reason);
      assertEquals(Math.round((event.wait.untilMs - event.wait.sinceMs) / 3_600_000), 12);
      stop.abort();
    },
  });
  assertEquals([summary.outcome, summary.windows.failed], ["interrupted", 0]);
  assertEquals(waits, ["the API requested a wait"]);
  assert(api.asked.length <= 8, `${api.asked.length} requests`);
  const asked = api.asked.length;
  // The next run knows of the pause and sends no request.
  const next = await bench.run("2024-01-01", "2024-01-31", { resume: true, noWait: true });
  assert(next.error instanceof Failure);
  assertEquals([next.error.kind, api.asked.length], ["unavailable", asked]);
});

Deno.test("backfill() notifies a webhook, retries, masks secrets, and does not fail because of it", async () => {
  for (const isBroken of [false, true]) {
    const bodies: Record<string, unknown>[] = [];
    await using hook = serve(async (request) => {
      bodies.push(await request.json());
      return new Response("", { status: isBroken || bodies.length === 1 ? 500 : 200 });
    });
    await using api = startMeters();
    const source = `notify: { url: "${hook.url}/${"${HOOK_TOKEN}"}" }`;
    const job = meterJob(api.url).replace("source:", `${source}\nsource:`);
    await using bench = await openBench(job, { env: { HOOK_TOKEN: "hook-secret" } });
    const { summary, events } = await bench.run("2024-01-01", "2024-01-03");
    assertEquals(summary.outcome, "done");
    assertEquals(bodies.length, isBroken ? 3 : 2);
    assertEquals([bodies[0]!.event, bodies[0]!.job], ["done", "meters"]);
    assertStringIncludes(String(bodies[0]!.text), "Hindcast meters: done: ");
    const warnings = events.filter(({ kind }) => kind === "warning");
    assertEquals(warnings.length, isBroken ? 1 : 0);
    assert(!JSON.stringify([bodies, events]).includes("hook-secret"));
  }
});
