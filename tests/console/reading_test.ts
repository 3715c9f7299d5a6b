// What one update of the console reads from the checkpoint store and the database: each thing once, and on an idle
// page only what may have changed.
import { assertEquals } from "@std/assert";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { StateReader } from "../../lib/console/state/console_state.ts";
import { NOW_MS, type Served, serveHistory, stationsJob } from "./served.ts";

const HISTORY = {
  readings: { first: "2024-12-30", last: "2025-10-19", records: "10" },
  alerts: { first: "2025-01-01", last: "2025-10-19", records: "1" },
};

/** Reads the state of a served job; `read` returns what the last reading has read, and how often. */
function countingReader({ job, live, stores: { target, kv } }: Served) {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const about = ([, , , , kind]: readonly unknown[]) => String(kind);
  const countedKv = new Proxy(kv, {
    get: (store, name) => {
      if (name === "get") return (key: Deno.KvKey) => (count(`kv ${about(key)}`), store.get(key));
      if (name === "list") {
        return (selector: { prefix: Deno.KvKey }, options?: Deno.KvListOptions) => (
          count(`kv ${about(selector.prefix)}`), store.list(selector, options)
        );
      }
      throw new Error(`The console calls ${String(name)} of the checkpoint store`);
    },
  });
  const table = (sql: string) => /hindcast_\w+/.exec(sql)?.[0] ?? "values";
  const counted = {
    label: target.label,
    query: (...query: Parameters<typeof target.query>) => (
      count(`sql ${table(query[0])}`), target.query(...query)
    ),
    stream: (...query: Parameters<typeof target.stream>) => (
      count(`sql ${table(query[0])}`), target.stream(...query)
    ),
    countRows: (tables: readonly string[]) => (count("sql tables"), target.countRows(tables)),
  };
  let nowMs = NOW_MS;
  const reader = new StateReader({
    ...{ job, live, wallNow: () => nowMs },
    withStores: async (action) => {
      const checkpoint = new Checkpoint(countedKv, target.id, job.job);
      await catchUp({ job: job.job, checkpoint, target: counted }, { isStored: false });
      return await action({ target: counted, checkpoint });
    },
  });
  return async (laterMs: number) => {
    counts.clear();
    nowMs += laterMs;
    await reader.state();
    return Object.fromEntries([...counts].sort());
  };
}

/** What every update reads: per stream its coverage and items with their parameters, the rest once. */
const ALWAYS = {
  ...{ "kv coverage": 8, "kv item": 7, "kv measure": 3, "kv failed": 1, "kv rejected": 1 },
  ...{ "kv run": 1, "kv fold": 1, "kv verified": 1 },
  ...{ "sql hindcast_windows": 1, "sql hindcast_claims": 1 },
};

Deno.test("one update of the console reads everything once, and an idle page less", async () => {
  await using served = await serveHistory(stationsJob(Object.keys(HISTORY)), HISTORY);
  const read = countingReader(served);
  const limitsAndDays = { "sql hindcast_limits": 1, "sql hindcast_windows": 2 };
  assertEquals(await read(0), {
    ...ALWAYS,
    ...limitsAndDays,
    ...{ "sql hindcast_archive": 1, "sql hindcast_fields": 1, "sql tables": 1 },
  });
  assertEquals(await read(500), {});
  assertEquals(await read(1_000), ALWAYS);
  assertEquals(await read(6_000), { ...ALWAYS, ...limitsAndDays });
});
