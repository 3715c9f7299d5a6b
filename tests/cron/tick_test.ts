import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CronState, INITIAL_STATE, type TickReport } from "../../lib/cron/state.ts";
import type { Summary } from "../../lib/report/summary.ts";
import { credentials, setup } from "../journeys/setup.ts";
import { memoryOf, openTiny, runTick, type Tiny } from "./tiny.ts";

const UPDATE = "update things 2025-10-19 .. 2025-10-20";

Deno.test("tick() fetches racecards and results up to today, then fills gaps", async () => {
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
  assertEquals(await memoryOf(tiny).load(), { more: false, cuts: 0, last: report });
});

Deno.test("tick() refetches only dates that may still change when everything else is done", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-20");
  tiny.asked.length = 0;
  const { report, phases } = await runTick(tiny);
  assertEquals(phases, [UPDATE, "recheck things 2025-10-17 .. 2025-10-18"]);
  assertEquals(tiny.asked.sort(), ["2025-10-17", "2025-10-18", "2025-10-19", "2025-10-20"]);
  assertEquals([report.outcome, report.rows], ["done", 0]);
});

Deno.test("tick() saves what is done when its time is over, and the next one continues", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const over = new AbortController();
  let phases = 0;
  const afterPhase = () => ++phases === 2 && over.abort();
  const first = await runTick(tiny, { over: over.signal, afterPhase });
  assertEquals([first.report.outcome, first.report.complete], ["more", false]);
  assertEquals(first.phases, [UPDATE, "heal things 2025-10-04 .. 2025-10-18"]);
  assertEquals((await memoryOf(tiny).load()).more, true);
  // The first slice fetched everything.
  const second = await runTick(tiny);
  assertEquals([second.report.outcome, second.report.windows.done], ["done", 0]);
  assertEquals((await tiny.knows()).coverage, [["2025-10-01", "2025-10-20"]]);
});

Deno.test("tick() fetches today again when an update or a new day starts, before it continues with history", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const slice = async (isContinued: boolean, nowMs = tiny.nowMs) => {
    const stop = new AbortController();
    tiny.asked.length = 0;
    // Requests are so scarce that each slice ends after its second.
    const fault = () => tiny.asked.length > 2 ? (stop.abort(), Response.json([])) : undefined;
    tiny.fault = fault;
    await runTick({ ...tiny, nowMs }, { signal: stop.signal, isContinued });
    return tiny.asked.slice(0, 2).sort();
  };
  const today = ["2025-10-19", "2025-10-20"];
  assertEquals(await slice(false), today);
  const [day] = await slice(true);
  assertEquals(day! < "2025-10-19", true, day);
  assertEquals(await slice(true, tiny.nowMs + 86_400_000), ["2025-10-20", "2025-10-21"]);
  assertEquals(await slice(false), today);
});

Deno.test("tick() finishes windows in flight after it stops starting new ones, and reports that there is more", async () => {
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

/** Windows of a month whose pages are days: each takes as many requests as it has days. */
const monthly = (settle: string) => (job: string) =>
  job.replace("window: day", "window: month\n    paging: { by: page, size: 2 }")
    .replace(`query: { day: "{from}" }`, `query: { day: "{from}", last: "{to}" }`)
    .replace("settle: 3d", `settle: ${settle}`);

/** A page is one day of the window; `over` aborts once a slice has sent so many requests. */
function paged(requests: number, over: AbortController) {
  return (query: URLSearchParams) => {
    if (requests-- === 0) over.abort();
    const first = Date.parse(query.get("day")!);
    const day = new Date(first + (Number(query.get("page")) - 1) * 86_400_000).toISOString();
    const isOver = day.slice(0, 10) > query.get("last")!;
    return Response.json(
      isOver ? [] : ["a", "b"].map((id) => ({ id: `${day} ${id}`, day: day.slice(0, 10) })),
    );
  };
}

/** So many days in a row. */
function daysUpTo(first: string, count: number): string[] {
  const day = (i: number) => new Date(Date.parse(first) + i * 86_400_000).toISOString();
  return Array.from({ length: count }, (_, i) => day(i).slice(0, 10));
}

/** Runs slices of so many requests until one reports no more, at most 100. */
async function runSlices(tiny: Tiny, requests: number): Promise<TickReport[]> {
  const reports: TickReport[] = [];
  do {
    const over = new AbortController();
    tiny.fault = paged(requests, over);
    reports.push((await runTick(tiny, { over: over.signal })).report);
  } while (reports.at(-1)!.outcome === "more" && reports.length < 100);
  return reports;
}

Deno.test("tick() shortens windows until they fit into a slice", async () => {
  await using tiny = await openTiny(monthly("0d"));
  tiny.fault = paged(1000, new AbortController());
  await tiny.fetchDays("2025-08-01", "2025-08-02");
  const reports = await runSlices(tiny, 12);
  assertEquals(reports.at(-1)!.outcome, "done");
  const done = reports.map(({ windows }) => windows.done);
  assertEquals(done.slice(0, 2).includes(0), true, "the first window fits already");
  assertEquals(done.slice(3).includes(0), false, `slices without a window: ${done}`);
  assertEquals((await tiny.knows()).coverage, [["2025-08-01", "2025-10-20"]]);
  assertEquals((await memoryOf(tiny).load()).more, false);
});

Deno.test("tick() fetches dates that may still change once for each update, in however many slices", async () => {
  await using tiny = await openTiny((job) => job.replace("settle: 3d", "settle: 30d"));
  await tiny.fetchDays("2025-10-01", "2025-10-20");
  for (const update of [1, 2]) {
    tiny.nowMs += 60_000;
    tiny.asked.length = 0;
    const reports: TickReport[] = [];
    do {
      const late = new AbortController();
      let requests = 0;
      tiny.fault = () => (++requests === 6 ? late.abort() : undefined, undefined);
      reports.push((await runTick(tiny, { windDown: late.signal })).report);
      tiny.nowMs += 60_000;
    } while (reports.at(-1)!.outcome === "more" && reports.length < 20);
    assertEquals([update, reports.at(-1)!.outcome, reports.length > 1], [update, "done", true]);
    assertEquals(tiny.asked.sort(), daysUpTo("2025-10-01", 20));
  }
});

Deno.test("tick() fails when the shortest window does not fit into a slice, instead of repeating it forever", async () => {
  await using tiny = await openTiny(monthly("0d"));
  const reports = await runSlices(tiny, 0);
  const last = reports.at(-1)!;
  assertEquals([last.outcome, last.complete], ["failed", false]);
  assertStringIncludes(last.message!, "BACKFILL_BUDGET");
  assertEquals(reports.length < 10, true);
  assertEquals((await memoryOf(tiny).load()).more, false);
});

Deno.test("tick() keeps the length of windows when a slice only waited for a limit", async () => {
  await using tiny = await openTiny(monthly("0d"));
  const over = new AbortController();
  tiny.fault = paged(0, over);
  const wait = { kind: "limit", reason: "500/d", sinceMs: 0, untilMs: 60_000 } as const;
  const { report } = await runTick(tiny, { over: over.signal, wait });
  assertEquals([report.outcome, report.windows.done], ["more", 0]);
  assertStringIncludes(report.message!, "500/d");
  assertEquals((await memoryOf(tiny).load()).cuts, 0);
});

Deno.test("tick() continues with shorter windows after a slice that was killed", async () => {
  await using tiny = await openTiny(monthly("0d"));
  let during: CronState | undefined;
  const afterPhase = () => {
    memoryOf(tiny).load().then((state) => during = state);
  };
  tiny.fault = paged(1000, new AbortController());
  await runTick(tiny, { afterPhase });
  assertEquals([during!.more, during!.cuts], [true, 1]);
  assertEquals((await memoryOf(tiny).load()).cuts, 0);
});

Deno.test("tick() records the phases and slices of an update as one run", async () => {
  await using tiny = await openTiny();
  await tiny.fetchDays("2025-10-01", "2025-10-03");
  const over = new AbortController();
  const afterPhase = () => over.abort();
  await runTick(tiny, { over: over.signal, afterPhase });
  tiny.nowMs += 60_000;
  await runTick(tiny);
  const { job, stores } = tiny;
  const runs = (await (await stores.checkpoint(job)).runs.list()).filter(({ kind }) =>
    kind === "cron"
  );
  const summary = runs[0]!.summary as Summary;
  assertEquals([runs.length, summary.outcome, summary.windows.done], [1, "done", 17]);
  const { start, end } = runs[0]!.options;
  assertEquals([start, end], ["2025-10-04", "2025-10-20"]);
  const sql = "SELECT count(*)::int AS runs FROM hindcast_runs WHERE kind = 'cron'";
  assertEquals((await stores.target.query(sql)).rows, [[1]]);
});

Deno.test("tick() stops at a signal, and records that there is more", async () => {
  await using tiny = await openTiny();
  const stop = new AbortController();
  const { report } = await runTick(tiny, { signal: stop.signal, afterPhase: () => stop.abort() });
  assertEquals(report.outcome, "interrupted");
  assertEquals((await memoryOf(tiny).load()).more, true);
});

Deno.test("tick() does nothing when another run holds the job, and reports which", async () => {
  await using tiny = await openTiny();
  const holder = { run: "another", host: "elsewhere", pid: 4711 };
  await using _lock = await tiny.stores.target.lock(tiny.job.job, holder);
  const { report, phases } = await runTick(tiny);
  assertEquals([report.outcome, phases], ["locked", []]);
  assertStringIncludes(report.message!, "pid 4711 on elsewhere");
  assertEquals(await memoryOf(tiny).load(), INITIAL_STATE);
});

Deno.test("tick() restores coverage from the database when the checkpoint is empty", async () => {
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

Deno.test("tick() is complete but failed when windows fail, and fetches them again next time", async () => {
  await using tiny = await openTiny();
  tiny.fault = () => new Response("no", { status: 400 });
  const { report } = await runTick(tiny);
  assertEquals([report.outcome, report.complete], ["failed", true]);
  assertEquals(report.windows, { done: 0, failed: 2 });
  assertStringIncludes(report.message!, "deno task errors");
  tiny.fault = undefined;
  assertEquals((await runTick(tiny)).report.outcome, "done");
});

Deno.test("tick() is failed and not complete when the API refuses", async () => {
  await using tiny = await openTiny();
  tiny.fault = () => new Response("a secret token is no good", { status: 403 });
  const { report } = await runTick(tiny);
  assertEquals([report.outcome, report.complete], ["failed", false]);
  assertStringIncludes(report.message!, "TINY_TOKEN");
  assertEquals(report.message!.includes("a secret token"), false);
  assertEquals((await memoryOf(tiny).load()).more, false);
});

Deno.test("tick() with windows of an hour fetches neither future hours nor settled hours again", async () => {
  const hourly = (job: string) =>
    job.replace("window: day", "window: 1h").replace("settle: 3d", "settle: 1h")
      .replace(`"{from}"`, `"{from|%Y-%m-%dT%H:%M}"`);
  await using tiny = await openTiny(hourly);
  tiny.fault = (query) =>
    Response.json([{ id: query.get("day"), day: query.get("day")!.slice(0, 10) }]);
  tiny.nowMs = Date.parse("2025-10-20T12:30:00Z");
  await runTick(tiny);
  assertEquals([tiny.asked.length, tiny.asked.toSorted().at(-1)], [37, "2025-10-20T12:00"]);
  tiny.asked.length = 0;
  tiny.nowMs = Date.parse("2025-10-20T14:10:00Z");
  await runTick(tiny, { isContinued: false });
  const hours = ["11", "12", "13", "14"].map((hour) => `2025-10-20T${hour}:00`);
  assertEquals(tiny.asked.sort(), hours);
});
