// An update by cron reads feeds to their end, in however many slices, and not twice within one update.
import { assertEquals } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { recorded } from "../jobs/recorded.ts";
import { openWorld } from "../jobs/world.ts";
import { runTick } from "./tiny.ts";

const JOB = (url: string) =>
  `job: feed
source: "${url}"
tables: { changes: { key: id, columns: { id: integer } } }
streams:
  changes:
    request: { path: /changes, query: { since: "{since}" } }
    since: { start: 0, cursor: last_seq }
    records: results
    rows: changes
`;

Deno.test("tick() continues a feed slice by slice, and reads it once in an update", async () => {
  let last = 4;
  const windDown = new AbortController();
  await using server = recorded(({ searchParams }) => {
    const since = Number(searchParams.get("since"));
    // The time of the first slice is over while its second page is read.
    if (server.asked.length === 2) windDown.abort();
    const id = Math.min(since + 1, last);
    return Response.json({ results: since < last ? [{ id }] : [], last_seq: id });
  });
  const text = JOB(server.url);
  await using world = await openWorld({ job: text });
  const job = await readJob("job.yaml", { readText: () => text, env: () => undefined });
  const place = { job, stores: world.stores, nowMs: Date.now(), env: () => undefined };
  const sent = () => server.asked.splice(0).map(({ searchParams }) => searchParams.get("since"));

  const first = await runTick(place, { windDown: windDown.signal });
  assertEquals([first.report.outcome, sent()], ["more", ["0", "1"]]);
  const second = await runTick(place);
  assertEquals([second.report.outcome, second.report.complete, sent()], ["done", true, [
    "2",
    "3",
    "4",
  ]]);

  last = 5;
  const third = await runTick(place);
  assertEquals([third.report.outcome, sent()], ["done", ["4", "5"]]);
  const rows = await world.query("SELECT id FROM changes ORDER BY id");
  assertEquals(rows.map(({ id }) => id), [1, 2, 3, 4, 5]);
});
