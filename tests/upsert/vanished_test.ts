// The comparison of what a window returned with what it returned before, where its pages are written in several
// transactions, on a direct connection and through pgbouncer.
import { assertEquals } from "@std/assert";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { NOTHING_WATCHED, type Watch } from "../../lib/upsert/write/watch.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { shapeOf, tableOf, windowOf } from "./shapes.ts";

const table = tableOf({ id: "integer", name: "text" }, { vanished: "delete" });
const shape = shapeOf("things", table);

/** Writes the ids from `first` up to `last` as one window of two days, in three transactions. */
async function fetchWindow(target: Target, token: string, first: number, last: number) {
  const size = Math.ceil((last - first) / 3);
  const counts = { vanished: 0 };
  for (let part = 0; part < 3; part++) {
    const ids = Array.from({ length: size }, (_, at) => String(first + part * size + at));
    const keys = `{${ids.map((id) => `"${id}"`).join(",")}}`;
    const stated = ["things", "job", "stream", "", "", "2880", "0", token, String(part), keys];
    const window = { job: "job", stream: "stream", scope: "", each: "", from: 0, to: 2880, token };
    const watch: Watch = {
      stated: { ...NOTHING_WATCHED.stated, rows: [stated] },
      read: part < 2 ? [] : [{ window, tables: new Set(["things"]) }],
    };
    const rows = ids.map((id) => [id, `thing ${id}`]);
    const ledger = part < 2 ? [] : [windowOf()];
    const written = await target.write([{ shape, rows }], ledger, watch);
    counts.vanished += written.counts.get("things")?.vanished ?? 0;
  }
  return counts.vanished;
}

async function compares(url: string) {
  await using target = await openTarget(url);
  await target.prepare({ things: table });
  await using _lock = await target.lock("job", { run: "run-1", host: "here", pid: 4711 });
  assertEquals(await fetchWindow(target, "a", 0, 9_000), 0);
  assertEquals(await fetchWindow(target, "b", 0, 9_000), 0);
  // A fetch that was interrupted after its first pages changes nothing, and its rows are compared next time.
  const rows = [["9001", "thing"]];
  const stated = ["things", "job", "stream", "", "", "2880", "0", "c", "0", '{"9001"}'];
  await target.write([{ shape, rows }], [], {
    ...NOTHING_WATCHED,
    stated: { ...NOTHING_WATCHED.stated, rows: [stated] },
  });
  assertEquals(await fetchWindow(target, "d", 3_000, 9_000), 3_001);
  const { rows: [found] } = await target.query(
    "SELECT count(*)::int, min(id), max(id), (SELECT count(*)::int FROM hindcast_stated) FROM things",
  );
  assertEquals(found, [6_000, 3_000, 8_999, 3]);
}

Deno.test("a window of several transactions is compared as a whole", async () => {
  await compares(await (await sharedPostgres()).createDatabase());
});

Deno.test({
  name: "a window of several transactions is compared as a whole (pgbouncer)",
  ignore: !HAS_PGBOUNCER,
  fn: async () => {
    await using pooler = await startPooler(await (await sharedPostgres()).createDatabase());
    await compares(pooler.url);
  },
});

Deno.test("keys that only the database considers equal have not vanished", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using target = await openTarget(url);
  try {
    await target.query("CREATE EXTENSION citext");
  } catch {
    return console.log("  skipped: the server has no citext");
  }
  await target.query("CREATE TABLE words (id citext PRIMARY KEY, name text)");
  const words = tableOf({ id: "text", name: "text" }, { vanished: "delete" });
  await target.prepare({ words });
  await using _lock = await target.lock("job", { run: "run-1", host: "here", pid: 4711 });
  const returns = async (token: string, ...ids: string[]) => {
    const keys = `{${ids.join(",")}}`;
    const stated = ["words", "job", "stream", "", "", "1440", "0", token, "0", keys];
    const window = { job: "job", stream: "stream", scope: "", each: "", from: 0, to: 1440, token };
    const rows = ids.map((id) => [id, "word"]);
    await target.write([{ shape: shapeOf("words", words), rows }], [windowOf()], {
      stated: { ...NOTHING_WATCHED.stated, rows: [stated] },
      read: [{ window, tables: new Set(["words"]) }],
    });
    return (await target.query("SELECT id::text FROM words ORDER BY id")).rows.flat();
  };
  assertEquals(await returns("a", "Ann", "Bob"), ["Ann", "Bob"]);
  assertEquals(await returns("b", "ANN"), ["Ann"]);
});
