import { assertEquals } from "@std/assert";
import { recordBatch } from "../../lib/checkpoint/record_batch.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { Failure } from "../../lib/failure.ts";
import { batchRows } from "../../lib/upsert/batch.ts";
import { rejectRows } from "../../lib/upsert/open_window.ts";
import type { Batch } from "../../lib/upsert/batch.ts";
import { all, at, days, jobOf } from "../plan/jobs.ts";
import { done, page, rejection, unitOf } from "../upsert/extracted.ts";
import { kvFile, NOW } from "./kv_file.ts";
import type { Extracted } from "../../lib/extract/extract_pages.ts";

const JOB = jobOf({ things: { window: "day", settle: "1d" } });
const TRACK = { stream: "things", scope: "", each: "" };

async function batchOf(...items: Extracted[]): Promise<Batch> {
  const [batch] = await all(batchRows((async function* () {
    yield* items;
  })()));
  return batch!;
}

Deno.test("recordBatch() covers finished windows, keeps failed ones and rejected rows, and adds up measures", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("things", "");
  const [one, empty, broken] = [unitOf(0), unitOf(1), unitOf(2)];
  const batch = await batchOf(
    page(one, 12, [rejection()]),
    done(one, 3, NOW),
    done(empty, 0, NOW),
    {
      kind: "failed",
      unit: broken,
      failure: new Failure("window", "Cannot read it", { hint: "Do this" }),
    },
  );
  rejectRows(batch, [rejection("violates a constraint")]);
  await recordBatch(JOB, checkpoint, batch, NOW);
  const after = file.checkpoint();
  await after.load("things", "");
  assertEquals(after.coverage(TRACK).ranges, [
    { ...days("2025-01-01", "2025-01-02"), empty: false, settled: true },
    { ...days("2025-01-02", "2025-01-03"), empty: true, settled: true },
  ]);
  const entries = await after.retryEntries();
  assertEquals(entries.map(({ window, kind, reason }) => [window?.from, kind, reason]), [
    [one.window!.from, "rejected", "2 rows rejected"],
    [empty.window!.from, "rejected", "1 row rejected"],
    [broken.window!.from, "failed", "Cannot read it"],
  ]);
  assertEquals(after.measures.of("things"), {
    windows: 2,
    pages: 2,
    records: 3,
    rows: 12,
    minutes: 2 * MINUTES_PER_DAY,
    answerMs: 20,
  });
});

Deno.test("recordBatch() settles by when a window was requested, not by when it was written", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("things", "");
  const unit = unitOf(8);
  const asked = Date.parse("2025-01-10T23:59:59Z");
  await recordBatch(JOB, checkpoint, await batchOf(done(unit, 1, asked)), asked + 10_000);
  assertEquals(checkpoint.coverage(TRACK).unsettled(unit.window!), [unit.window!]);
  await recordBatch(JOB, checkpoint, await batchOf(done(unit, 1, asked + 1000)), asked + 1000);
  assertEquals(checkpoint.coverage(TRACK).unsettled(unit.window!), []);
});

Deno.test("recordBatch() remembers when a stream without windows was fetched", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("things", "");
  const unit = { ...unitOf(0), window: null };
  await recordBatch(JOB, checkpoint, await batchOf(page(unit, 2), done(unit, 2, NOW)), NOW);
  assertEquals(checkpoint.item(TRACK), { at: NOW, empty: false });
  assertEquals(checkpoint.coverage(TRACK).within({ from: 0, to: at("2030-01-01") }), []);
});
