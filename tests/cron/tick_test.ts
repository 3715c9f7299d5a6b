import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { INITIAL_STATE } from "../../lib/cron/state.ts";
import { credentials, setup } from "../journeys/setup.ts";
import { memoryOf, openTiny, runTick } from "./tiny.ts";

const UPDATE = "update things 2025-10-19 .. 2025-10-20";

Deno.test("tick() brings racecards and results up to today, then fills gaps", async () => {
  await using journey = await setup({ now: "2025-10-20T12:00:00Z" });
  await journey.backfill("--start-date 2025-10-16 --end-date 2025-10-16 --only racecards results");
  const world = {
    ...{ job: journey.job, stores: journey.stores, nowMs: journey.nowMs },
    env: credentials(journey.sandbox),
  };
  const { report, phases } = await runTick(world);
  assertEquals([report.outcome, report.complete, report.message], ["done", true, null]);
  assertMatch(phases[0]!, /^update .*racecards,results 2025-10-19 .. 2025-10-20$/);
  assertEquals(phases.slice(1), [
    "recheck results 2025-10-16 .. 2025-10-18",
    "heal racecards 2025-10-17 .. 2025-10-18",
  ]);
  for (const stream of ["racecards", "results"]) {
    const { coverage, gaps } = await journey.knows(stream);
    assertEquals([coverage, gaps], [[["2025-10-16", "2025-10-20"]], []]);
  }
});

Deno.test("tick() fetches yesterday and today before it fills gaps and fetches what failed", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  tiny.fault = () => new Response("no", { status: 400 });
  await tiny.fetchDays("2025-10-05", "2025-10-05");
  tiny.fault = undefined;
  tiny.asked.length = 0;
  const { report, phases } = await runTick(tiny);
  assertEquals([report.outcome, report.complete, report.message], ["done", true, null]);
  assertEquals([report.windows, report.rows], [{ done: 17, failed: 0 }, 34]);
  assertEquals(phases, [UPDATE, "heal things 2025-10-04 .. 2025-10-18"]);
  assertEquals(tiny.asked.slice(0, 2).sort(), ["2025-10-19", "2025-10-20"]);
  const { coverage, gaps, failed } = await tiny.knows();
  assertEquals([coverage, gaps, failed], [[["2025-10-01", "2025-10-20"]], [], []]);
  assertEquals(await memoryOf(tiny).load(), { more: false, patience: 1, last: report });
});

Deno.test("tick() fetches again only what may still change when all else is done", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-20");
  tiny.asked.length = 0;
  const { report, phases } = await runTick(tiny);
  assertEquals(phases, [UPDATE, "recheck things 2025-10-17 .. 2025-10-18"]);
  assertEquals(tiny.asked.sort(), ["2025-10-17", "2025-10-18", "2025-10-19", "2025-10-20"]);
  assertEquals([report.outcome, report.rows], ["done", 0]);
});

Deno.test("tick() saves what is done when its time is over, and the next one goes on", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const over = new AbortController();
  let phases = 0;
  const afterPhase = () => ++phases === 2 && over.abort();
  const first = await runTick(tiny, { budget: () => over.signal, afterPhase });
  assertEquals([first.report.outcome, first.report.complete], ["more", false]);
  assertEquals(first.phases, [UPDATE, "heal things 2025-10-04 .. 2025-10-18"]);
  assertEquals((await memoryOf(tiny).load()).more, true);
  // Today was fetched by the first slice.
  const second = await runTick(tiny);
  assertEquals([second.report.outcome, second.phases], ["done", [
    "recheck things 2025-10-17 .. 2025-10-18",
  ]]);
  assertEquals((await tiny.knows()).coverage, [["2025-10-01", "2025-10-20"]]);
});

Deno.test("tick() fetches today again when an update begins or a new day does, before it goes on with history", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const slice = async (goesOn: boolean, nowMs = tiny.nowMs) => {
    const stop = new AbortController();
    tiny.asked.length = 0;
    // Requests are so scarce that each slice ends after its second.
    const fault = () => tiny.asked.length > 2 ? (stop.abort(), Response.json([])) : undefined;
    tiny.fault = fault as () => Response;
    await runTick({ ...tiny, nowMs }, { signal: stop.signal, goesOn });
    return tiny.asked.slice(0, 2).sort();
  };
  const today = ["2025-10-19", "2025-10-20"];
  assertEquals(await slice(false), today);
  const [day] = await slice(true);
  assertEquals(day! < "2025-10-19", true, day);
  assertEquals(await slice(true, tiny.nowMs + 86_400_000), ["2025-10-20", "2025-10-21"]);
  assertEquals(await slice(false), today);
});

Deno.test("tick() finishes what is in flight when it begins nothing new, and says that there is more", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const late = new AbortController();
  tiny.asked.length = 0;
  tiny.fault = () => {
    if (tiny.asked.length > 2) late.abort();
    return Response.json([]);
  };
  const { report, phases } = await runTick(tiny, { windDown: late.signal });
  assertEquals([report.outcome, phases.length], ["more", 2]);
  assertEquals(report.windows, { done: tiny.asked.length, failed: 0 });
  assertEquals(tiny.asked.length < 15, true);
  assertEquals((await tiny.knows()).failed, []);
});

Deno.test("tick() gives the next slice more time when one got nowhere", async () => {
  await using tiny = await openTiny();
  const budgets: number[] = [];
  const slice = async (signal: AbortSignal) => {
    await runTick(tiny, { budget: (count) => (budgets.push(count), signal) });
  };
  for (let i = 0; i < 10; i++) await slice(AbortSignal.abort());
  assertEquals(budgets, [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]);
  await slice(new AbortController().signal);
  await slice(AbortSignal.abort());
  assertEquals(budgets.slice(-2), [8, 1]);
});

Deno.test("tick() stops at a signal, and remembers that there is more", async () => {
  await using tiny = await openTiny();
  const stop = new AbortController();
  const { report } = await runTick(tiny, { signal: stop.signal, afterPhase: () => stop.abort() });
  assertEquals(report.outcome, "interrupted");
  assertEquals((await memoryOf(tiny).load()).more, true);
});

Deno.test("tick() does nothing when another run holds the job, and says who", async () => {
  await using tiny = await openTiny();
  const holder = { run: "another", host: "elsewhere", pid: 4711 };
  await using _lock = await tiny.stores.target.lock(tiny.job.job, holder);
  const { report, phases } = await runTick(tiny);
  assertEquals([report.outcome, phases], ["locked", []]);
  assertStringIncludes(report.message!, "pid 4711 on elsewhere");
  assertEquals(await memoryOf(tiny).load(), INITIAL_STATE);
});

Deno.test("tick() restores coverage from the database when the checkpoint knows nothing", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-18");
  const { kv } = tiny.stores;
  for await (const { key } of kv.list({ prefix: [] })) {
    if (key[1] !== "layout") await kv.delete(key);
  }
  tiny.asked.length = 0;
  const { report } = await runTick(tiny);
  assertEquals(report.outcome, "done");
  assertEquals(tiny.asked.sort(), ["2025-10-17", "2025-10-18", "2025-10-19", "2025-10-20"]);
  assertEquals((await tiny.knows()).coverage, [["2025-10-01", "2025-10-20"]]);
});

Deno.test("tick() is complete but failed when windows fail, and asks for them again next time", async () => {
  await using tiny = await openTiny();
  tiny.fault = () => new Response("no", { status: 400 });
  const { report } = await runTick(tiny);
  assertEquals([report.outcome, report.complete], ["failed", true]);
  assertEquals(report.windows, { done: 0, failed: 2 });
  assertStringIncludes(report.message!, "deno task errors");
  tiny.fault = undefined;
  assertEquals((await runTick(tiny)).report.outcome, "done");
});

Deno.test("tick() is failed and not complete when the source refuses", async () => {
  await using tiny = await openTiny();
  tiny.fault = () => new Response("a secret token is no good", { status: 403 });
  const { report } = await runTick(tiny);
  assertEquals([report.outcome, report.complete], ["failed", false]);
  assertStringIncludes(report.message!, "TINY_TOKEN");
  assertEquals(report.message!.includes("a secret token"), false);
  assertEquals((await memoryOf(tiny).load()).more, false);
});
