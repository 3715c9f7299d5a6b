import { assertEquals } from "@std/assert";
import { daysOf, snapshot } from "../../lib/checkpoint/snapshot.ts";
import { at, days, jobOf } from "../plan/jobs.ts";
import { doneWindow, kvFile, NOW, rejections, RESULTS } from "./kv_file.ts";

const JOB = jobOf({
  results: { window: "day" },
  courses: { group: "masters", for_each: { id: [1, 2] } },
  cards: { window: "day", start: "2023-01-23" },
});
const NAMES = Object.keys(JOB.streams);

Deno.test("snapshot() shows what is done, empty, unsettled, missing and failed, with first and last days", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  for (const name of NAMES) await checkpoint.load(name, "");
  const [empty, open] = [days("2025-01-05", "2025-01-06"), days("2025-01-20", "2025-01-25")];
  await checkpoint.done([
    doneWindow(days("2025-01-01", "2025-01-11")),
    doneWindow(empty, { parts: [{ ...empty, empty: true, settled: true }] }),
    doneWindow(open, {
      parts: [{ ...open, empty: false, settled: false }],
      rejected: rejections(2),
      rejectedCount: 2,
    }),
    doneWindow(null, { stream: "courses", each: "id=1" }),
  ], NOW);
  await checkpoint.failed(RESULTS, days("2025-01-11", "2025-01-20"), "503", "Wait", NOW);
  const { results, courses } = await snapshot(JOB, checkpoint, NAMES, {}, undefined);
  assertEquals(results, {
    group: "events",
    scope: "",
    coverage: [["2025-01-01", "2025-01-10"], ["2025-01-20", "2025-01-24"]],
    empty: [["2025-01-05", "2025-01-05"]],
    unsettled: [["2025-01-20", "2025-01-24"]],
    gaps: [["2025-01-11", "2025-01-19"]],
    failed: [{
      window: ["2025-01-11", "2025-01-19"],
      each: "",
      at: "2025-10-19T12:00:00.000Z",
      reason: "503",
      hint: "Wait",
    }],
    rejected: [{
      window: ["2025-01-20", "2025-01-24"],
      each: "",
      at: "2025-10-19T12:00:00.000Z",
      reason: "2 rows rejected",
      hint: null,
    }],
    fetched_at: null,
    items: 0,
    rows: 0,
  });
  assertEquals([courses?.group, courses?.items, courses?.fetched_at], [
    "masters",
    1,
    "2025-10-19T12:00:00.000Z",
  ]);
});

Deno.test("snapshot() shows all of a range as a gap when nothing of it was ever fetched", async () => {
  await using file = await kvFile();
  const range = days("2023-01-01", "2023-02-01");
  const views = await snapshot(JOB, file.checkpoint(), NAMES, {}, range);
  assertEquals(views.results?.gaps, [["2023-01-01", "2023-01-31"]]);
  assertEquals(views.cards?.gaps, [["2023-01-23", "2023-01-31"]]);
  assertEquals(views.courses?.gaps, []);
  const unasked = await snapshot(JOB, file.checkpoint(), NAMES, {}, undefined);
  assertEquals(unasked.results?.gaps, []);
});

Deno.test("daysOf() shows minutes when the window does not end at midnight", () => {
  assertEquals(daysOf(days("2025-01-01", "2025-01-02")), ["2025-01-01", "2025-01-01"]);
  const hours = { from: at("2025-01-01T06:00"), to: at("2025-01-01T12:00") };
  assertEquals(daysOf(hours), ["2025-01-01T06:00", "2025-01-01T12:00"]);
});
