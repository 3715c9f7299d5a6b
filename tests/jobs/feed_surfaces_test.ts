// What commands show of feeds: where each has arrived, when it was read, and that the amount that follows is unknown.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { metricsText } from "../../lib/console/metrics.ts";
import { fragmentsOf } from "../../lib/console/page/page.tsx";
import { StateReader } from "../../lib/console/state/console_state.ts";
import { LiveRun } from "../../lib/console/state/live_run.ts";
import { RunCounters } from "../../lib/console/state/run_counters.ts";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { probeStream } from "../../lib/probe/probe_stream.ts";
import { runTask } from "../support/run_task.ts";
import { tempDir } from "../support/temp.ts";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const JOB = `job: desk
source: "\${DESK_URL}"
tables: { tickets: { key: id, columns: { id: integer } } }
streams:
  tickets:
    request: { path: /tickets, query: { cursor: "{since}" } }
    since: { cursor: after, more: more }
    records: tickets
    rows: tickets
`;

const LONG = "secret-".repeat(20);

Deno.test("status, verify and the plans of any machine show where a feed has arrived", async () => {
  await using server = recorded(({ searchParams }) => {
    const [from, to] = searchParams.has("cursor") ? [1, 2] : [0, 1];
    return Response.json({
      tickets: [{ id: to }],
      after: from === 0 ? "a" : LONG,
      more: from === 0,
    });
  });
  await using world = await openWorld({ job: JOB, env: { DESK_URL: server.url } });
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("hindcast.yaml"), JOB);
  const run = async (...[command, ...args]: string[]) => {
    const { code, stdout, stderr } = await runTask(
      command!,
      ["--config", folder.file("hindcast.yaml"), ...args],
      {
        env: {
          DESK_URL: server.url,
          DATABASE_URL: world.stores.settings.databaseUrl,
          BACKFILL_KV: folder.file("kv.db"),
          BACKFILL_LOGS: folder.file("logs"),
        },
      },
    );
    return { code, text: stdout + stderr };
  };
  // The tables exist, and nothing was read.
  await world.stores.target.prepare(world.job.tables);
  const never = await run("verify");
  assertEquals(never.code, 1);
  assertStringIncludes(never.text, "was never fetched");

  await world.backfill("");
  const asked = server.asked.length;
  const { text } = await run("status", "--details");
  assertMatch(
    text,
    /feed {7}2 pages, 2 records, 2 rows since 2025-10-20T12:00:00Z, read 2025-10-20T12:00:00Z to its end, cursor secret-s\.\.\. \(140 characters\)/,
  );
  const { text: json } = await run("status", "--json");
  const { feeds, rows } = JSON.parse(json).streams.tickets;
  assertEquals(rows, 2);
  assertEquals(feeds, [{
    ...{ each: "", started_at: "2025-10-20T12:00:00.000Z", read_at: "2025-10-20T12:00:00.000Z" },
    ...{ ended: true, cursor: "secret-s... (140 characters)", pages: 2, records: 2, rows: 2 },
  }]);
  const verified = await run("verify");
  assertEquals(verified.code, 0);
  assertStringIncludes(verified.text, "PASS  tickets  read up to 2025-10-20 12:00 UTC");
  assertStringIncludes(
    (await run("backfill", "--dry-run", "--resume")).text,
    `/tickets?cursor=${LONG}`,
  );
  assertStringIncludes(
    (await run("backfill", "--check-status")).text,
    "left: at least 1 request, 1 row",
  );
  assertEquals(server.asked.length, asked);
});

Deno.test("probe shows the next request of a feed, or why the feed cannot continue, with one request", async () => {
  let after: unknown = "b";
  await using server = recorded(() => Response.json({ tickets: [{ id: 1 }], after, more: true }));
  const job = await readJob("job.yaml", {
    readText: () => JOB,
    env: (name) => name === "DESK_URL" ? server.url : undefined,
  });
  const probe = async (since?: string) => {
    const unit = { window: null, each: {}, params: {}, since };
    const { paging } = await probeStream(job, "tickets", unit, {
      ...{ env: () => undefined, clock: monotonicClock(), wallNow: Date.now, random: () => 0.5 },
      ...{ signal: new AbortController().signal, onEvent: () => {} },
    });
    return [paging!.by, paging!.next, paging!.problem];
  };
  assertEquals(await probe(), ["since", `GET ${server.url}/tickets?cursor=b`, null]);
  assertEquals(server.asked.length, 1);
  after = null;
  const [, next, problem] = await probe();
  assertEquals(next, null);
  assertStringIncludes(problem!, 'has no value at "after"');
});

Deno.test("the console shows a feed on one line, and metrics how long ago it was read", async () => {
  let more = true;
  await using server = recorded(() => {
    more = server.asked.length % 2 === 1;
    return Response.json({
      tickets: [{ id: server.asked.length }],
      after: `c${server.asked.length}`,
      more,
    });
  });
  await using world = await openWorld({ job: JOB, env: { DESK_URL: server.url } });
  await world.backfill("");
  const checkpoint = await world.stores.checkpoint(world.job);
  const reader = new StateReader({
    ...{ job: world.job, live: new LiveRun(world.job), wallNow: () => world.nowMs + 90_000 },
    withStores: async (action) => await action({ target: world.stores.target, checkpoint }),
  });
  const state = await reader.state();
  const { maps } = fragmentsOf(
    { state, command: (text) => text, token: undefined },
    (text) => text,
  );
  assertEquals(maps.length, 1);
  assertStringIncludes(
    maps[0]!.html,
    "<p>a feed · read up to 2025-10-20 12:00 UTC · 2 pages · 2 records</p>",
  );
  assertEquals(maps[0]!.html.includes("<svg"), false);
  assertStringIncludes(
    metricsText(world.job, state, new RunCounters()),
    'hindcast_coverage_lag_seconds{hindcast_job="desk",stream="tickets"} 90',
  );
});
