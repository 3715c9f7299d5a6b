import { assertEquals } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { Failure } from "../../lib/failure.ts";
import { reportBatch, subjectOf } from "../../lib/report/report_batch.ts";
import type { Batch } from "../../lib/upsert/batch.ts";
import { batchRows } from "../../lib/upsert/batch.ts";
import { creditRows } from "../../lib/upsert/open_window.ts";
import { all, at } from "../plan/jobs.ts";
import { done, page, rejection, unitOf } from "../upsert/extracted.ts";
import type { Extracted } from "../../lib/extract/extract_pages.ts";

const WRITTEN = new Map([["things", { inserted: 2, updated: 1, unchanged: 0 }]]);

async function reported(...items: Extracted[]): Promise<RunEvent[]> {
  const [batch] = await all(batchRows((async function* () {
    yield* items;
  })()));
  const events: RunEvent[] = [];
  creditRows(batch as Batch, WRITTEN);
  reportBatch((event) => events.push(event), batch as Batch, WRITTEN, 5);
  return events;
}

Deno.test("subjectOf() names days, minutes where a window has them, or nothing", () => {
  assertEquals(subjectOf(unitOf(0)), {
    stream: "things",
    each: "",
    from: "2025-01-01",
    to: "2025-01-02",
  });
  const hours = { from: at("2025-01-01T06:00"), to: at("2025-01-02") };
  assertEquals(subjectOf({ ...unitOf(0), window: hours }).from, "2025-01-01T06:00");
  assertEquals(subjectOf({ ...unitOf(0), window: null }).to, null);
});

Deno.test("reportBatch() emits what was written, then each window with its rejections", async () => {
  const unit = unitOf(0);
  const events = await reported(page(unit, 3, [rejection()]), done(unit, 2));
  assertEquals(events, [
    { kind: "batch_written", counts: WRITTEN, rows: 3, windows: 1, ms: 5 },
    {
      kind: "row_rejected",
      subject: subjectOf(unit),
      table: "things",
      column: "name",
      reason: "is not a number",
      value: "x",
    },
    {
      kind: "window_done",
      subject: subjectOf(unit),
      pages: 1,
      records: 2,
      rows: 3,
      counts: WRITTEN.get("things"),
      rejected: 1,
      replaced: 0,
      ms: 10,
    },
  ]);
});

Deno.test("reportBatch() emits restarts, splits and failures, and no write without rows", async () => {
  const [one, two, three] = [unitOf(0), unitOf(1), unitOf(2)];
  const events = await reported(
    { kind: "restarted", unit: one, reason: "the total changed" },
    { kind: "split", unit: two, reason: "too full" },
    { kind: "failed", unit: three, failure: new Failure("window", "503", { hint: "Wait" }) },
  );
  assertEquals(events.map(({ kind }) => kind), [
    "window_restarted",
    "window_split",
    "window_failed",
  ]);
  assertEquals(events[2], {
    kind: "window_failed",
    subject: subjectOf(three),
    reason: "503",
    hint: "Wait",
  });
});
