import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatCivil, MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { Evidence } from "../../lib/verify/evidence.ts";
import type { LedgerEntry } from "../../lib/upsert/sql/ledger_sql.ts";

const TRACK = { stream: "things", scope: "", each: "" };

function entry(from: number | null, to: number | null, more: Partial<LedgerEntry> = {}) {
  const day = (at: number | null) => at === null ? null : formatCivil(at * MINUTES_PER_DAY);
  return {
    job: "tiny",
    ...TRACK,
    from: day(from),
    to: day(to),
    records: 1,
    rows: 2,
    rejected: 0,
    pages: 1,
    responseMs: 10,
    settled: true,
    fetchedAt: "2025-10-20T12:00:00Z",
    ...more,
  };
}

function days(from: number, to: number) {
  return { from: from * MINUTES_PER_DAY, to: to * MINUTES_PER_DAY };
}

Deno.test("Evidence.lacking() returns the parts of a range that no entry covers", () => {
  const evidence = new Evidence();
  for (const [from, to] of [[10, 12], [5, 7], [11, 13]] as const) evidence.add(entry(from, to));
  assertEquals(evidence.lacking(TRACK, days(4, 14)), [days(4, 5), days(7, 10), days(13, 14)]);
  assertEquals(evidence.lacking(TRACK, days(10, 13)), []);
  assertEquals(evidence.lacking({ ...TRACK, each: "id=1" }, days(5, 6)), [days(5, 6)]);
});

Deno.test("Evidence distinguishes tracks without windows from those with, and counts rows by stream", () => {
  const evidence = new Evidence();
  evidence.add(entry(null, null, { stream: "kinds", each: "id=1", rows: 3 }));
  evidence.add(entry(null, null, { stream: "kinds", each: "id=2", rows: 4 }));
  assertEquals(evidence.hasItem({ stream: "kinds", scope: "", each: "id=2" }), true);
  assertEquals(evidence.hasItem({ stream: "kinds", scope: "", each: "" }), false);
  assertEquals([evidence.rows("kinds", ""), evidence.rows("things", "")], [7, 0]);
  assertEquals(evidence.tracks("kinds").map((track) => track.each), ["id=1", "id=2"]);
});

Deno.test("Evidence ignores an entry whose dates cannot be read", () => {
  const evidence = new Evidence();
  evidence.add(entry(1, 2, { from: "2025-02-30" }));
  assertEquals(evidence.ranges(TRACK), []);
});

Deno.test("Evidence.lacking() agrees with counting days, whatever the order of a long ledger", () => {
  const window = fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(window, { maxLength: 600 }), (windows) => {
      const evidence = new Evidence();
      const held = new Set<number>();
      for (const [from, length] of windows) {
        evidence.add(entry(from, from + length));
        for (let day = from; day < from + length; day++) held.add(day);
      }
      const lacking = evidence.lacking(TRACK, days(0, 420)).flatMap(({ from, to }) =>
        Array.from({ length: (to - from) / MINUTES_PER_DAY }, (_, i) => from / MINUTES_PER_DAY + i)
      );
      assertEquals(lacking, Array.from({ length: 420 }, (_, i) => i).filter((i) => !held.has(i)));
    }),
    { numRuns: 30 },
  );
});
