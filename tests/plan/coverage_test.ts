import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RangeState } from "../../lib/plan/coverage.ts";
import { Coverage, intersect, subtract, union } from "../../lib/plan/coverage.ts";
import type { Window } from "../../lib/plan/time/window.ts";

/** Minutes of the universe in which the model is compared. */
const UNIVERSE = 60;

const windows: fc.Arbitrary<Window> = fc.tuple(fc.nat(UNIVERSE), fc.nat(UNIVERSE))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const states: fc.Arbitrary<RangeState> = fc.record({ empty: fc.boolean(), settled: fc.boolean() });
const additions = fc.array(fc.record({ window: windows, state: states }), { maxLength: 25 });

/** The state of each minute, as a list of the state last recorded for it. */
function modelOf(added: readonly { window: Window; state: RangeState }[]): (RangeState | null)[] {
  const model: (RangeState | null)[] = Array(UNIVERSE).fill(null);
  for (const { window, state } of added) model.fill(state, window.from, window.to);
  return model;
}

function coverageOf(added: readonly { window: Window; state: RangeState }[]): Coverage {
  const coverage = new Coverage();
  for (const { window, state } of added) coverage.add(window, state);
  return coverage;
}

/** Consecutive minutes that satisfy a predicate, as ranges. */
function runs<T>(model: readonly T[], range: Window, is: (minute: T) => boolean): Window[] {
  const found: { from: number; to: number }[] = [];
  for (let at = range.from; at < range.to; at++) {
    if (!is(model[at]!)) continue;
    const last = found.at(-1);
    if (last?.to === at) last.to++;
    else found.push({ from: at, to: at + 1 });
  }
  return found;
}

Deno.test("Coverage agrees with a list of minutes after any windows", () => {
  fc.assert(
    fc.property(additions, windows, (added, range) => {
      const [coverage, model] = [coverageOf(added), modelOf(added)];
      const minutes: (RangeState | null)[] = Array(UNIVERSE).fill(null);
      for (const { from, to, empty, settled } of coverage.ranges) {
        minutes.fill({ empty, settled }, from, to);
      }
      assertEquals(minutes, model);
      assertEquals(coverage.gaps(range), runs(model, range, (minute) => minute === null));
      assertEquals(
        coverage.unsettled(range),
        runs(model, range, (minute) => minute?.settled === false),
      );
      const inside = coverage.within(range);
      assertEquals(coverage.count(range), inside.length);
      assert(inside.every(({ from, to }) => from >= range.from && to <= range.to && from < to));
      assertEquals(union(inside), runs(model, range, (minute) => minute !== null));
    }),
    { numRuns: 500 },
  );
});

Deno.test("Coverage keeps its ranges sorted, disjoint and merged", () => {
  fc.assert(fc.property(additions, (added) => {
    const { ranges } = coverageOf(added);
    for (const [i, { from, to, empty, settled }] of ranges.entries()) {
      assert(from < to);
      const next = ranges[i + 1];
      if (next === undefined) continue;
      assert(to <= next.from);
      assert(to < next.from || empty !== next.empty || settled !== next.settled);
    }
  }));
});

Deno.test("Coverage is the same however a window was cut", () => {
  fc.assert(
    fc.property(
      additions,
      windows,
      states,
      fc.array(fc.nat(UNIVERSE)),
      (added, window, state, cuts) => {
        const [whole, parts] = [coverageOf(added), coverageOf(added)];
        whole.add(window, state);
        const edges = [
          window.from,
          ...cuts.filter((at) => at > window.from && at < window.to),
          window.to,
        ]
          .sort((a, b) => a - b);
        for (let i = 0; i + 1 < edges.length; i++) {
          parts.add({ from: edges[i]!, to: edges[i + 1]! }, state);
        }
        assertEquals(parts.ranges, whole.ranges);
        assertEquals(parts.spans(), whole.spans());
      },
    ),
  );
});

Deno.test("Coverage.add() replaces what was known of the dates", () => {
  const coverage = new Coverage();
  coverage.add({ from: 0, to: 30 }, { empty: false, settled: true });
  coverage.add({ from: 10, to: 20 }, { empty: true, settled: false });
  assertEquals(coverage.ranges, [
    { from: 0, to: 10, empty: false, settled: true },
    { from: 10, to: 20, empty: true, settled: false },
    { from: 20, to: 30, empty: false, settled: true },
  ]);
  coverage.add({ from: 10, to: 20 }, { empty: false, settled: true });
  assertEquals(coverage.ranges, [{ from: 0, to: 30, empty: false, settled: true }]);
  coverage.add({ from: 5, to: 5 }, { empty: true, settled: false });
  assertEquals(coverage.ranges.length, 1);
});

Deno.test("subtract() and intersect() agree with minutes", () => {
  fc.assert(fc.property(windows, fc.array(windows), (range, list) => {
    const parts = union(list);
    const inside = (at: number) => parts.some(({ from, to }) => at >= from && at < to);
    const minutes = Array.from({ length: UNIVERSE }, (_, at) => at);
    assertEquals(subtract(range, parts), runs(minutes, range, (at) => !inside(at)));
    assertEquals(
      parts.flatMap((part) => intersect(part, range) ?? []),
      runs(minutes, range, inside),
    );
  }));
});
