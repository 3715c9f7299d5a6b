// Whose quota the console shows: several jobs may keep limits of the same name in one database.
import { assertEquals } from "@std/assert";
import { accountsOf } from "../../lib/console/state/run_selection.ts";
import { limitUses, readStoredUse } from "../../lib/console/state/limit_use.ts";
import { accountKey } from "../../lib/fetch/account_key.ts";
import { openWorld } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";

Deno.test("the console shows the quota of the accounts that runs of its job used, and no other", async () => {
  await using server = serve(() => Response.json([{ id: "1" }]));
  await using world = await openWorld({
    job: `job: sensors
source: { url: "${server.url}" }
tables: { sensors: { key: id, columns: { id: text } } }
streams: { sensors: { request: /sensors, rows: sensors } }
`,
  });
  const { job, stores } = world;
  await world.backfill("");
  const runs = await (await stores.checkpoint(job)).runs.list();
  const own = accountKey(job, () => undefined);
  assertEquals([...accountsOf(runs)], [own.slice(0, 6)]);
  const nowMs = Date.parse("2026-11-28T12:00:00Z");
  const rate = { requests: 500, intervalMs: 86_400_000, burst: true };
  const limited = { ...job, source: { ...job.source, limits: [rate] } };
  const row = (
    key: string,
    used: number,
  ) => [key, "500/d", nowMs, nowMs, 0, nowMs, used, [[nowMs, used]]];
  const target = {
    query: () => Promise.resolve({ columns: [], rows: [row(own, 7), row("f".repeat(64), 400)] }),
  };
  const shown = async (of: typeof runs) =>
    limitUses(limited, await readStoredUse(target as never), of).map(({ used }) => used);
  assertEquals(await shown(runs), [7]);
  assertEquals(await shown([]), [7, 400]);
});
