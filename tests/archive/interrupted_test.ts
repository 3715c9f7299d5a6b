// A window that a kill or a signal interrupted continues after its last archived page, as long as the API states the
// same total.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { openSite } from "../faults/site.ts";
import type { World } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";
import { archivingWorld, pageOf, startThings, thingsJob } from "./things_api.ts";

const DAY = "--start-date 2024-01-01 --end-date 2024-01-01";
const IDS = "SELECT id FROM things ORDER BY id";

/** A world whose run was interrupted at the third page of a window. */
async function interruptedWorld(own?: (day: string, page: number) => unknown) {
  const state = { isBroken: true, own };
  const api = startThings((day, page) =>
    state.isBroken && page === 3 ? new Response(null, { status: 500 }) : state.own?.(day, page)
  );
  const world = await archivingWorld(thingsJob(api.url));
  await world.backfill(DAY);
  assertEquals(api.take(), ["2024-01-01 1", "2024-01-01 2", "2024-01-01 3", ...again(3)]);
  state.isBroken = false;
  return Object.assign(state, {
    ...{ api, world },
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  });
}

/** The requests of the second attempt at a window whose failure may pass. */
function again(pages: number): string[] {
  return Array.from({ length: pages }, (_, at) => `2024-01-01 ${at + 1}`);
}

Deno.test("--resume continues after the last archived page of a window", async () => {
  await using broken = await interruptedWorld();
  const { summary } = await broken.world.backfill(`${DAY} --resume`);
  assertEquals([summary.ok, broken.api.take()], [true, ["2024-01-01 3"]]);
  assertEquals(
    await broken.world.query(IDS),
    [1, 2, 3, 4, 5].map((id) => ({ id: `2024-01-01-${id}` })),
  );
  // The window is one reading in the archive, whose pages two processes have written.
  await using other = await archivingWorld(thingsJob(broken.api.url), {
    archive: broken.world.archive!,
  });
  assertEquals((await other.backfill(`${DAY} --from-archive`)).error, undefined);
  assertEquals(await other.query(IDS), await broken.world.query(IDS));
  assertEquals(broken.api.take(), []);
});

Deno.test("a window is fetched from its first page if the API states another total now", async () => {
  await using broken = await interruptedWorld();
  broken.own = (day, page) => {
    const items = page === 3 ? [{ id: `${day}-5` }, { id: `${day}-6` }] : pageOf(day, page).items;
    return { total: 6, items };
  };
  const { summary } = await broken.world.backfill(`${DAY} --resume`);
  assertEquals([summary.ok, broken.api.take()], [true, ["2024-01-01 3", ...again(3)]]);
  assertEquals((await broken.world.query(IDS)).length, 6);
});

Deno.test("a window without a total is fetched from its first page", async () => {
  const job = (url: string) =>
    thingsJob(url).replace("    total: total\n", "").replace("by: page,", "by: page, more: more,");
  let isBroken = true;
  await using api = startThings((day, page) =>
    isBroken && page === 3 ? new Response(null, { status: 500 }) : {
      items: pageOf(day, page).items,
      more: page < 3,
    }
  );
  await using world = await archivingWorld(job(api.url));
  await world.backfill(DAY);
  isBroken = false;
  api.take();
  const { summary } = await world.backfill(`${DAY} --resume`);
  assertEquals([summary.ok, api.take()], [true, again(3)]);
});

Deno.test("a window of another day, or older than a day, is fetched from its first page", async () => {
  await using broken = await interruptedWorld();
  broken.world.nowMs += 25 * 3_600_000;
  await broken.world.backfill(`${DAY} --resume`);
  assertEquals(broken.api.take(), again(3));
});

Deno.test("a run without --resume fetches a window again, and a finished one is never reused", async () => {
  await using broken = await interruptedWorld();
  await broken.world.backfill(DAY);
  assertEquals(broken.api.take(), again(3));
  // The window is not settled, so that it is fetched again.
  Object.values(broken.world.job.streams)[0]!.settle = 365_000 * 86_400_000;
  broken.world.nowMs += 60_000;
  await broken.world.query("DELETE FROM hindcast_failures");
  await broken.world.backfill(DAY);
  assertEquals(broken.api.take(), again(3));
  broken.world.nowMs += 60_000;
  await broken.world.backfill(`${DAY} --resume`);
  assertEquals(broken.api.take(), again(3));
});

/** Takes back what was committed, as if the process had been killed before. */
async function loseCommits({ job, query, stores }: World): Promise<void> {
  for (const table of ["hindcast_windows", "hindcast_archive", "things"]) {
    await query(`DELETE FROM ${table}`);
  }
  const { target } = stores;
  await using _lock = await target.lock(job.job, { run: "r", host: "h", pid: 1 });
  const input = { job: job.job, checkpoint: await stores.checkpoint(job, true), target };
  await catchUp(input, { isStored: true, fromZero: true });
}

Deno.test("a window whose pages are all archived but not committed is not fetched again", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill(DAY);
  await loseCommits(world);
  api.take();
  const { summary } = await world.backfill(`${DAY} --resume`);
  assertEquals([summary.ok, api.take()], [true, []]);
  assertEquals((await world.query(IDS)).length, 5);
});

Deno.test("a window of a single page that is archived but not committed is not fetched again", async () => {
  await using api = startThings((day) => ({ items: [{ id: day }] }));
  const job = thingsJob(api.url).replace("    total: total\n", "")
    .replace("paging: { by: page, size: 2 }", "paging: none");
  await using world = await archivingWorld(job);
  await world.backfill(DAY);
  await loseCommits(world);
  api.take();
  const { summary } = await world.backfill(`${DAY} --resume`);
  assertEquals([summary.ok, api.take()], [true, []]);
  assertEquals(await world.query(IDS), [{ id: "2024-01-01" }]);
});

/** One window of 40 pages that states its total; three requests are in flight. */
function startLongWindow(latencyMs: number) {
  const asked: number[] = [];
  const server = serve(async (request) => {
    const page = Number(new URL(request.url).searchParams.get("page"));
    asked.push(page);
    await delay(latencyMs);
    return Response.json({ total: 40, items: [{ id: String(page) }] });
  });
  return Object.assign(server, { asked });
}

Deno.test("after kill -9 at most the pages in flight are fetched again", async () => {
  await using api = startLongWindow(40);
  const job = thingsJob(api.url).replace("concurrency: 1", "concurrency: 3")
    .replace("size: 2", "size: 1").replace("window: day", "window: year");
  await using site = await openSite(job);
  const env = { BACKFILL_ARCHIVE: site.file("archive") };
  const args = ["--start-date", "2024-01-01", "--end-date", "2024-12-31", "--resume"];
  for (const pages of [9, 25]) {
    await using task = site.spawn("backfill", args, { env });
    const ended = task.result.then(() => true);
    while (api.asked.length < pages && await Promise.race([ended, delay(1)]) === undefined);
  }
  const { code, stderr } = await site.run("backfill", args, { env });
  assertEquals(code, 0, stderr);
  assertEquals(new Set(api.asked).size, 40);
  const again = api.asked.length - 40;
  assert(again <= 2 * 3, `${again} pages were fetched again by two kills`);
  assertEquals((await site.rows()).things!.length, 40);
});
