import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Shard, ShardValue } from "../../lib/checkpoint/shard.ts";
import { readShards, Shards } from "../../lib/checkpoint/shard.ts";
import { Coverage } from "../../lib/plan/coverage.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { at, days } from "../plan/jobs.ts";

/** What KV holds of one track. */
class Stored {
  readonly values = new Map<Shard, ShardValue>();
  shards = new Shards();
  readonly coverage = new Coverage();

  add(from: number, to: number, state = { empty: false, settled: true }): void {
    this.coverage.add({ from, to }, state);
    for (const { shard, value } of this.shards.changes(this.coverage, { from, to })) {
      if (value === undefined) this.values.delete(shard);
      else this.values.set(shard, structuredClone(value()));
    }
  }

  read() {
    return readShards([...this.values].sort(([a], [b]) => a - b));
  }
}

function shardsOf(from: string, to: string): Shard[] {
  const { from: first, to: end } = days(from, to);
  const stored = new Stored();
  stored.add(first, end);
  return [...stored.values.keys()];
}

Deno.test("changes() concern only the years that contain a minute of the window", () => {
  assertEquals(shardsOf("2025-01-01", "2026-01-01"), [202500]);
  assertEquals(shardsOf("2025-12-31", "2026-01-02"), [202500, 202600]);
  assertEquals(shardsOf("1988-01-01", "2025-01-01").length, 37);
  assertEquals(shardsOf("0001-01-01", "0001-01-02"), [100]);
});

Deno.test("readShards() returns the coverage that was written window by window", () => {
  const parts = fc.record({
    from: fc.integer({ min: at("1999-10-01"), max: at("2002-05-01") }),
    minutes: fc.integer({ min: 1, max: 400 * MINUTES_PER_DAY }),
    empty: fc.boolean(),
    settled: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(parts, { minLength: 1, maxLength: 20 }), (added) => {
    const stored = new Stored();
    for (const { from, minutes, ...state } of added) stored.add(from, from + minutes, state);
    assertEquals(stored.read().coverage.ranges, stored.coverage.ranges);
  }));
});

Deno.test("changes() fit into values and lose nothing when a year has many short windows", () => {
  for (const minutes of [3, 15, 60]) {
    const stored = new Stored();
    const [first, end] = [at("2024-12-20"), at("2025-03-10")];
    for (let from = first, i = 0; from + minutes <= end; from += minutes, i++) {
      const state = { empty: i % 2 === 0, settled: i % 3 === 0 };
      if (i % 7 !== 0) stored.coverage.add({ from, to: from + minutes }, state);
    }
    // As after a batch: the last window's changes write all of its year.
    stored.add(at("2024-12-25"), at("2024-12-26"));
    stored.add(at("2025-03-09"), at("2025-03-10"));
    for (const value of stored.values.values()) {
      const bytes = "states" in value ? value.states.length : value.length / 3 * 12;
      assert(bytes < 40_000, `${bytes} bytes with windows of ${minutes} min`);
    }
    assertEquals(stored.read().coverage.ranges, stored.coverage.ranges);
  }
});

Deno.test("changes() touch the months of the window alone once a year is laid out by month", () => {
  const stored = new Stored();
  for (let from = at("2025-01-01"); from < at("2025-04-01"); from += 60) {
    stored.coverage.add({ from, to: from + 60 }, { empty: from % 120 === 0, settled: true });
  }
  stored.add(at("2025-03-31"), at("2025-04-01"));
  assertEquals([...stored.values.keys()], Array.from({ length: 12 }, (_, month) => 202501 + month));
  const { coverage, shards } = stored.read();
  const window = days("2025-05-31", "2025-06-02");
  assertEquals(shards.changes(coverage, window).map(({ shard }) => shard), [202505, 202506]);
  assertEquals(shards.changes(coverage, days("2026-05-31", "2026-06-02")).length, 1);
});

Deno.test("readShards() reads the year where a crash left its months too", () => {
  const stored = new Stored();
  stored.add(at("2025-01-01"), at("2025-02-01"));
  const { from, to } = days("2025-01-01", "2025-01-02");
  const left: [Shard, ShardValue][] = [[202400, [from - 1440, from, 2]], ...stored.values];
  const { coverage, shards } = readShards([...left, [202501, [from, to, 2]], [202601, []]]);
  assertEquals(coverage.ranges, [
    { from: from - 1440, to: at("2025-02-01"), empty: false, settled: true },
  ]);
  // The year is still stored as one value, so the next window is written to it.
  const changes = shards.changes(coverage, days("2025-01-01", "2025-01-02"));
  assertEquals(changes.map(({ shard }) => shard), [202500]);
});

Deno.test("changes() delete the value of a year that was stored as a list, and keep its December", () => {
  const stored = new Stored();
  stored.add(at("2025-12-30"), at("2025-12-31"));
  assertEquals([...stored.values.keys()], [202500]);
  for (let from = at("2025-01-01"); from < at("2025-04-01"); from += 60) {
    stored.coverage.add({ from, to: from + 60 }, { empty: from % 120 === 0, settled: true });
  }
  stored.add(at("2025-03-31"), at("2025-04-01"));
  assertEquals(stored.values.has(202500), false);
  stored.add(at("2025-11-30"), at("2026-01-01"));
  assertEquals(stored.values.get(202512), [at("2025-12-01"), at("2026-01-01"), 2]);
  assertEquals(stored.read().coverage.ranges, stored.coverage.ranges);
});
