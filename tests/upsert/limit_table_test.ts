import { assertEquals } from "@std/assert";
import { changeLimit, UNUSED } from "../../lib/fetch/rate/limit_store.ts";
import { LimitTable } from "../../lib/upsert/limit_table.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

const KEY = { apiKey: "a".repeat(64), limit: "500/d" };

/** Opens a target whose system tables exist. */
async function open(url: string) {
  const target = await openTarget(url);
  await target.prepare({});
  return target;
}

for (const kind of ["postgres", "pglite"] as const) {
  Deno.test(`LimitTable keeps a limit across processes, in ${kind}`, async () => {
    await using folder = tempDir();
    const url = kind === "pglite"
      ? `pglite:${folder.file("db")}`
      : await (await sharedPostgres()).createDatabase();
    const state = {
      nextAtMs: 1_700_000_000_123,
      shares: [{ holder: "a", requests: 2, sinceMs: 1.6e12, untilMs: 1.6e12 }],
      marginMs: 9.4,
      pausedUntilMs: 1_700_000_000_000,
      periodStartMs: 1_600_000_000_000,
      used: 7,
      history: [[1_600_000_000_000, 7]] as const,
      alone: { betweenMs: 8.5, untilMs: 1_700_000_000_000, refusedAtMs: 1_700_000_000_500 },
    };
    {
      await using target = await open(url);
      const table = new LimitTable(target);
      const first = await table.read(KEY);
      assertEquals([first.state, first.version], [UNUSED, 0]);
      assertEquals(await table.replace(KEY, 0, state), true);
      assertEquals(await table.replace(KEY, 0, UNUSED), false);
    }
    await using target = await open(url);
    const again = await new LimitTable(target).read(KEY);
    assertEquals([again.state, again.version], [state, 1]);
    assertEquals((await new LimitTable(target).read({ ...KEY, limit: "2/s" })).state, UNUSED);
  });
}

Deno.test("changeLimit() loses no change when processes change a limit at the same time", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  const targets = [await open(url), await open(url), await open(url)];
  await Promise.all(
    targets.flatMap((target) =>
      Array.from({ length: 20 }, () =>
        changeLimit(new LimitTable(target), KEY, ({ state }) => [
          { ...state, used: state.used + 1 },
          null,
        ]))
    ),
  );
  assertEquals((await new LimitTable(targets[0]!).read(KEY)).state.used, 60);
  for (const target of targets) await target[Symbol.asyncDispose]();
});
