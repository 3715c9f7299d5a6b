// Values of `for_each` that no run has fetched, on the console: a job is not complete without them.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { headlineOf } from "../../lib/console/page/headline.ts";
import { StreamMap } from "../../lib/console/page/heat_map.tsx";
import { StateReader } from "../../lib/console/state/console_state.ts";
import { LiveRun } from "../../lib/console/state/live_run.ts";
import { openWorld } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";

Deno.test("the console counts values that were never fetched, and their days as missing", async () => {
  await using server = serve(() => Response.json([{ id: "1" }]));
  await using world = await openWorld({
    job: `job: sensors
start: 2025-10-01
source: { url: "${server.url}" }
tables:
  sensors: { key: id, columns: { id: text } }
  readings: { key: id, columns: { id: text } }
streams:
  sensors: { group: masters, request: /sensors, rows: sensors }
  readings:
    for_each: { sensor: { query: SELECT id FROM sensors } }
    request: { path: "/readings/{each.sensor}", query: { day: "{from}" } }
    window: day
    rows: readings
`,
  });
  const { job, stores } = world;
  const state = async () => {
    const reader = new StateReader({
      ...{ job, live: new LiveRun(job), wallNow: () => world.nowMs },
      withStores: async (action) =>
        await action({ target: stores.target, checkpoint: await stores.checkpoint(job) }),
    });
    const read = await reader.state();
    const [, readings] = read.streams;
    return { headline: headlineOf(read), readings: readings! };
  };
  await world.backfill("--end-date 2025-10-03");
  const complete = await state();
  assertEquals(complete.headline.word, "complete");
  assertEquals([complete.readings.values, complete.readings.missing_values], [1, 0]);
  await world.query("INSERT INTO sensors (id) VALUES ('2'), ('3')");
  const { headline, readings } = await state();
  assertEquals([readings.values, readings.missing_values], [1, 2]);
  assertEquals([headline.text, headline.next], [
    '2 values of "for_each" are missing.',
    "deno task backfill --resume",
  ]);
  const html = String(StreamMap({ stream: readings, streams: 2 }));
  assertStringIncludes(html, "0 of 3 days done · 2 values missing");
  assertStringIncludes(html, 'class="missing" d="M274 0h3"');
});
