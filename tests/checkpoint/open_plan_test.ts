import { assertEquals } from "@std/assert";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openPlan } from "../../lib/checkpoint/open_plan.ts";
import type { PlanSource } from "../../lib/checkpoint/open_plan.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { days, jobOf } from "../plan/jobs.ts";
import { doneWindow, kvFile, NOW, RESULTS } from "./kv_file.ts";

const JOB = jobOf({
  results: { window: "day", start: "2025-01-03" },
  regional: { window: "7d", request: "/r?from={from}&region={params.region}" },
  courses: { refresh: "2d" },
  auto: { window: "auto", paging: { by: "offset", size: 100 } },
});

async function planned(
  checkpoint: Checkpoint,
  name: string,
  more: Partial<PlanSource> = {},
): Promise<{ units: string[]; planned: number; skipped: number }> {
  const plan = await openPlan({
    job: JOB,
    params: {},
    range: days("2025-01-01", "2025-01-15"),
    resume: true,
    checkpoint,
    target: { stream: async function* () {} },
    wallNow: () => NOW,
    ...more,
  }, name);
  const units: string[] = [];
  for (let unit = await plan.next(); unit !== undefined; unit = await plan.next()) {
    units.push(unit.window === null ? "all" : formatWindow(unit.window));
  }
  return { units, ...plan.counts };
}

Deno.test("openPlan() resumes with gaps and dates that may still change, then with what failed before", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  const open = days("2025-01-12", "2025-01-14");
  await before.done([
    doneWindow(days("2025-01-01", "2025-01-10")),
    doneWindow(open, { parts: [{ ...open, empty: true, settled: false }] }),
    doneWindow(days("2025-01-14", "2025-01-15")),
    doneWindow(days("2025-01-08", "2025-01-09"), { rejectedCount: 1 }),
  ], NOW);
  await before.failed(RESULTS, days("2025-01-04", "2025-01-05"), "503", undefined, NOW);
  const resumed = await planned(file.checkpoint(), "results");
  assertEquals(resumed, {
    units: [
      "2025-01-10",
      "2025-01-11",
      "2025-01-12",
      "2025-01-13",
      "2025-01-04",
      "2025-01-08",
    ],
    planned: 6,
    skipped: 6,
  });
});

Deno.test("openPlan() refreshes the whole range, from the stream's first date", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.done([doneWindow(days("2025-01-01", "2025-02-01"))], NOW);
  const { units, planned: count, skipped } = await planned(checkpoint, "results", {
    resume: false,
  });
  assertEquals([units[0], units.length, count, skipped], ["2025-01-03", 12, 12, 0]);
  assertEquals((await planned(checkpoint, "results")).units, []);
});

Deno.test("openPlan() ignores what was fetched with other parameters", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("regional", "region=gb");
  const track = { stream: "regional", scope: "region=gb" };
  await checkpoint.done([doneWindow(days("2025-01-01", "2025-01-15"), track)], NOW);
  const units = async (params: Record<string, unknown>) =>
    (await planned(file.checkpoint(), "regional", { params })).units.length;
  assertEquals(await units({ region: "gb", other: "x" }), 0);
  assertEquals(await units({ region: "ire" }), 2);
  assertEquals(await units({}), 2);
});

Deno.test("openPlan() skips a stream without windows while it is fresh and nothing failed", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  const courses = { ...RESULTS, stream: "courses" };
  const units = async (more: Partial<PlanSource> = {}) =>
    (await planned(checkpoint, "courses", more)).units;
  assertEquals(await units(), ["all"]);
  await checkpoint.done([doneWindow(null, courses)], NOW);
  assertEquals(await units(), []);
  assertEquals(await units({ wallNow: () => NOW + 2 * 86_400_000 }), ["all"]);
  assertEquals(await units({ resume: false }), ["all"]);
  await checkpoint.failed(courses, null, "503", undefined, NOW);
  assertEquals(await units(), ["all"]);
});

Deno.test("openPlan() cuts auto windows by what earlier runs measured", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("auto", "");
  const [windows, pages, rows, answerMs] = [3, 10, 1000, 10];
  const minutes = 10 * MINUTES_PER_DAY;
  checkpoint.measures.add("auto", { windows, pages, records: 1000, rows, minutes, answerMs });
  assertEquals((await planned(checkpoint, "auto")).units[0], "2025-01-01 .. 2025-01-10");
});
