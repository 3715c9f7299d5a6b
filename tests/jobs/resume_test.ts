// What `--resume` continues, on a real database: the options of the last run, also on a machine that has
// never run the job, and what failed in earlier ranges.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { serve } from "../support/http_server.ts";
import { tempDir } from "../support/temp.ts";
import { openWorld, type World } from "./world.ts";

const JOB = (url: string) =>
  `job: days
start: 2024-01-01
source: { url: "${url}", retry: { attempts: 1 } }
params: { region: { default: north } }
tables:
  things: { key: id, columns: { id: text } }
  others: { key: id, columns: { id: text } }
streams:
  things: { request: "/things?day={from}&region={params.region}", window: day, rows: things }
  others: { request: "/others?day={from}", window: day, rows: others }
`;

/** An API with a record a day, and days that fail. */
function daily() {
  const [asked, broken]: [string[], Set<string>] = [[], new Set()];
  const server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const day = searchParams.get("day")!;
    asked.push(`${pathname.slice(1)} ${day}`);
    if (broken.has(day)) return new Response("no", { status: 404 });
    return Response.json([{ id: day }]);
  });
  return Object.assign(server, { asked, broken, take: () => asked.splice(0).sort() });
}

/** Another checkpoint, as on a machine that has never run the job. */
async function elsewhere(world: World): Promise<AsyncDisposable> {
  const folder = tempDir();
  const kv = await openKv(folder.file("other.db"));
  const { target } = world.stores;
  Object.assign(world.stores, {
    checkpoint: async ({ job }: { job: string }, isStored = false) => {
      const checkpoint = new Checkpoint(kv, target.id, job);
      await catchUp({ job, checkpoint, target }, { isStored });
      return checkpoint;
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      kv.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("--resume without dates does the same on a second machine as on the first", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  api.broken.add("2024-01-03");
  await world.backfill(
    "--start-date 2024-01-02 --end-date 2024-01-04 --only things --region south",
  );
  api.take();
  const known = await world.stores.checkpoint(world.job);
  const [entry] = await known.retryEntries();
  await known.load("things", "region=south");
  await using _other = await elsewhere(world);
  world.nowMs += 1000;
  const { summary } = await world.backfill("--resume");
  assertEquals(api.take(), ["things 2024-01-03"]);
  assertEquals([summary.windows.skipped, summary.windows.failed], [2, 1]);
  const restored = await world.stores.checkpoint(world.job);
  await restored.load("things", "region=south");
  const measured = (of: Checkpoint) => {
    const { answerMs, ...rest } = of.measures.of("things")!;
    return { ...rest, isTimed: answerMs > 0 };
  };
  assertEquals(measured(restored), measured(known));
  const runs = await restored.runs.list();
  assertEquals(
    runs.map(({ options: { start, end, only, params } }) => ({ start, end, only, params })),
    [
      1,
      2,
    ].map(() => ({
      start: "2024-01-02",
      end: "2024-01-04",
      only: ["things"],
      params: { region: "south" },
    })),
  );
  assertEquals((runs[1]!.summary as { windows: unknown }).windows, {
    planned: 3,
    done: 2,
    failed: 1,
    skipped: 0,
  });
  const [again] = await restored.retryEntries();
  assertEquals([again?.reason, again?.window, again?.hint], [
    entry?.reason,
    entry?.window,
    entry?.hint,
  ]);
});

Deno.test("failures that were resolved or cleared are not restored", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  api.broken.add("2024-01-03");
  await world.backfill("--start-date 2024-01-03 --end-date 2024-01-03 --only things");
  api.broken.clear();
  world.nowMs += 1000;
  await world.backfill("--resume");
  await using _other = await elsewhere(world);
  const checkpoint = await world.stores.checkpoint(world.job);
  assertEquals(await checkpoint.retryEntries(), []);
});

Deno.test("--resume without dates fetches what failed in any earlier range and stream, with dates only what failed in theirs", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  api.broken.add("2024-01-03").add("2024-02-02");
  await world.backfill("--start-date 2024-01-03 --end-date 2024-01-04 --only others");
  await world.backfill("--start-date 2024-02-01 --end-date 2024-02-02 --only things");
  await world.backfill("--start-date 2024-03-01 --end-date 2024-03-02 --only things");
  api.take();
  api.broken.clear();
  await world.backfill("--resume --start-date 2024-03-01 --end-date 2024-03-02");
  assertEquals(api.take(), []);
  const { summary } = await world.backfill("--resume");
  assertEquals(api.take(), ["others 2024-01-03", "things 2024-02-02"]);
  assertEquals([summary.ok, await (await world.stores.checkpoint(world.job)).retryEntries()], [
    true,
    [],
  ]);
});

Deno.test("--resume inherits options that are not given, and a given option replaces only itself", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  await world.backfill(
    "--start-date 2024-01-02 --end-date 2024-01-03 --only things --region south",
  );
  api.take();
  await world.backfill("--resume --end-date 2024-01-04");
  assertEquals(api.take(), ["things 2024-01-04"]);
  await world.backfill("--resume --start-date 2024-01-01");
  assertEquals(api.take(), ["things 2024-01-01"]);
});

Deno.test("--resume without dates fails when no run is known, and prints the dates that are done", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  await world.backfill("--start-date 2024-01-02 --end-date 2024-01-03 --only things");
  await world.query("DROP TABLE hindcast_runs");
  await using _other = await elsewhere(world);
  const failure = await assertRejects(() => world.backfill("--resume"), Failure);
  assertStringIncludes(failure.message, "the range of the last run is unknown");
  assertStringIncludes(
    failure.hint!,
    "deno task backfill --resume --start-date 2024-01-02 --end-date 2024-01-03",
  );
});

Deno.test("--resume continues the last backfill, not an update by cron after it", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url) });
  await world.backfill("--start-date 2024-01-02 --end-date 2024-01-03 --only things");
  const { runs } = await world.stores.checkpoint(world.job);
  const [backfill] = await runs.list(1);
  assertEquals(backfill?.kind, "backfill");
  const startedAt = new Date(world.nowMs + 1000).toISOString();
  const options = {
    ...backfill!.options,
    start: "2024-05-01",
    end: "2024-05-02",
    only: ["others"],
  };
  await runs.save({ run: "update", kind: "cron", startedAt, options });
  api.take();
  const { summary } = await world.backfill("--resume");
  assertEquals([api.take(), summary.windows.skipped], [[], 2]);
  assertEquals((await runs.list()).length, 3);
});
