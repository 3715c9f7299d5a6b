import { assertEquals } from "@std/assert";
import type { Finished } from "../../lib/upsert/batch.ts";
import { ledgerOf } from "../../lib/upsert/ledger.ts";
import { days, jobOf } from "../plan/jobs.ts";

const JOB = jobOf({ results: { window: "day", settle: "3d" }, courses: {} });
const ASKED = Date.parse("2025-01-10T12:00:00Z");

function finished(window: Finished["unit"]["window"], stream = "results"): Finished {
  return {
    unit: { stream, scope: "region=gb", each: "id=1", eachValues: { id: 1 }, window },
    pages: 2,
    records: 150,
    rows: { rows: 1500, rejected: [], rejectedCount: 3, counts: undefined },
    requestedAt: ASKED,
    responseMs: 10,
    ms: 20,
  };
}

Deno.test("ledgerOf() returns two entries for a partly settled window", () => {
  const common = {
    job: "test",
    stream: "results",
    scope: "region=gb",
    each: "id=1",
    records: 150,
    rows: 1500,
    rejected: 3,
    fetchedAt: "2025-01-10T12:00:00.000Z",
  };
  assertEquals(ledgerOf(JOB, [finished(days("2025-01-01", "2025-01-11"))]), [
    { ...common, from: "2025-01-01", to: "2025-01-07", settled: true, pages: 2, responseMs: 10 },
    { ...common, from: "2025-01-07", to: "2025-01-11", settled: false, pages: 0, responseMs: 0 },
  ]);
  assertEquals(ledgerOf(JOB, [finished(days("2024-01-01", "2025-01-01"))]).length, 1);
});

Deno.test("ledgerOf() returns one entry without dates for a stream without windows", () => {
  const [entry, ...more] = ledgerOf(JOB, [finished(null, "courses")]);
  assertEquals([entry?.from, entry?.to, entry?.settled, more.length], [null, null, true, 0]);
});
