import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AutoBounds } from "../../lib/plan/auto_window.ts";
import {
  AutoWindow,
  mostBeforeSplit,
  splitWindow,
  TARGET_PAGES,
  USUAL_OF_CAP,
} from "../../lib/plan/auto_window.ts";
import { MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { minutesOf, windowEnd } from "../../lib/plan/time/window.ts";

const DAY = { unit: "day", count: 1 } as const;
const RESULTS: AutoBounds = {
  paged: true,
  hasTotal: true,
  min: DAY,
  max: { unit: "day", count: 365 },
  pageSize: 100,
  maxRecords: 20_100,
};
const RANGE = { from: parseCivil("2015-01-01")!, to: parseCivil("2025-10-20")! };

/** Records of each day since the first of a range. */
type Density = (day: number) => number;

interface Asked {
  windows: Window[];
  records: number;
  requests: number;
}

/** Fetches a range as the fetcher would: windows that hold more than may be read are split. */
function simulate(range: Window, bounds: AutoBounds, density: Density, learnt?: number): Asked {
  const auto = new AutoWindow(bounds, learnt);
  const asked: Asked = { windows: [], records: 0, requests: 0 };
  const queue: Window[] = [];
  for (let from = range.from; from < range.to || queue.length > 0;) {
    const window = cutAnew(queue, auto) ?? auto.next(from, range.to);
    from = Math.max(from, window.to);
    const records = count(window, range, density);
    const cap = bounds.maxRecords ?? Infinity;
    const most = Math.min(cap, mostBeforeSplit(window, bounds) ?? Infinity);
    const parts = records > most ? auto.tooFull(window, heldBy(bounds, records)) : undefined;
    if (parts !== undefined) {
      // Without a total, all pages up to the cap are read in vain.
      asked.requests += bounds.hasTotal ? 1 : Math.ceil(cap / bounds.pageSize);
      queue.unshift(...parts);
      continue;
    }
    asked.requests += Math.max(1, Math.ceil(records / bounds.pageSize));
    asked.windows.push(window);
    asked.records += records;
    auto.fetched(window, records);
  }
  return asked;
}

function heldBy({ hasTotal }: AutoBounds, records: number): number | undefined {
  return hasTotal ? records : undefined;
}

/** The next window of a queue, cut again together with what follows it. */
function cutAnew(queue: Window[], auto: AutoWindow): Window | undefined {
  let window = queue.shift();
  if (window === undefined) return undefined;
  while (queue[0]?.from === window.to) window = { from: window.from, to: queue.shift()!.to };
  const part = auto.next(window.from, window.to);
  if (0.95 * (window.to - window.from) <= part.to - part.from) return window;
  queue.unshift({ from: part.to, to: window.to });
  return part;
}

function count(window: Window, range: Window, density: Density): number {
  let records = 0;
  for (let at = window.from; at < window.to; at += MINUTES_PER_DAY) {
    records += density((at - range.from) / MINUTES_PER_DAY);
  }
  return records;
}

function assertCovers(windows: readonly Window[], range: Window): void {
  let at = range.from;
  for (const window of [...windows].sort((a, b) => a.from - b.from)) {
    assertEquals(window.from, at);
    at = window.to;
  }
  assertEquals(at, range.to);
}

const DENSITIES: Record<string, Density> = {
  constant: () => 35,
  "nothing for years": (day) => day < 2900 ? 0 : 35,
  bursts: (day) => day % 97 === 0 ? 4000 : 3,
  seasons: (day) => Math.round(40 + 39 * Math.sin(day / 365 * 2 * Math.PI)),
  "much more than a page a day": () => 700,
  empty: () => 0,
};

Deno.test("AutoWindow covers every record once, in windows within their bounds, whatever the density", () => {
  for (const [name, density] of Object.entries(DENSITIES)) {
    const asked = simulate(RANGE, RESULTS, density);
    assertCovers(asked.windows, RANGE);
    assertEquals(asked.records, count(RANGE, RANGE, density), name);
    for (const window of asked.windows.slice(0, -1)) {
      const days = (window.to - window.from) / MINUTES_PER_DAY;
      assert(days >= 1 && days <= 365 && Number.isInteger(days), `${name}: ${days} days`);
    }
  }
});

Deno.test("AutoWindow needs at most 8 % more requests than the fewest possible when density is constant", () => {
  for (const perDay of [5, 20, 35, 60, 99]) {
    const asked = simulate(RANGE, RESULTS, () => perDay);
    const fewest = Math.ceil(asked.records / RESULTS.pageSize);
    assert(asked.requests <= fewest * 1.08, `${perDay} a day: ${asked.requests} of ${fewest}`);
  }
});

Deno.test("AutoWindow needs at most 1,899 requests for 2015-01-01 to 2025-10-19 at 35 records a day", () => {
  const { requests } = simulate(RANGE, RESULTS, () => 35);
  assert(requests <= 1_899, `${requests}`);
  assertEquals(requests, 1_410);
});

Deno.test("AutoWindow sends few requests for empty years and does not overrun what follows them", () => {
  const asked = simulate(RANGE, RESULTS, DENSITIES["nothing for years"]!);
  const empty = asked.windows.filter(({ to }) => to <= RANGE.from + 2900 * MINUTES_PER_DAY);
  assert(empty.length <= 15, `${empty.length}`);
  const { requests } = simulate(RANGE, { ...RESULTS, max: undefined }, DENSITIES.empty!);
  assert(requests <= 8, `${requests}`);
});

Deno.test("AutoWindow starts at the length that an earlier run measured", () => {
  const perMinute = 35 / MINUTES_PER_DAY;
  const auto = new AutoWindow(RESULTS, perMinute);
  const window = auto.next(RANGE.from, RANGE.to);
  assertEquals(window.to - window.from, Math.floor(TARGET_PAGES * 100 / 35) * MINUTES_PER_DAY);
  assertEquals(auto.recordsPerMinute, perMinute);
});

Deno.test("AutoWindow starts at the shortest length when an earlier run measured nothing", () => {
  const auto = new AutoWindow({ ...RESULTS, max: undefined }, 0);
  const window = auto.next(RANGE.from, RANGE.to);
  assertEquals(window.to - window.from, MINUTES_PER_DAY);
});

Deno.test("AutoWindow keeps its length when a window was cut short by the end of a gap", () => {
  const auto = new AutoWindow(RESULTS, 35 / MINUTES_PER_DAY);
  const gap = { from: RANGE.from, to: RANGE.from + MINUTES_PER_DAY };
  assertEquals(auto.next(gap.from, gap.to), gap);
  auto.fetched(gap, 35);
  const window = auto.next(RANGE.from + 100 * MINUTES_PER_DAY, RANGE.to);
  assertEquals((window.to - window.from) / MINUTES_PER_DAY, 28);
});

Deno.test("AutoWindow grows 64 times at once", () => {
  for (const paged of [true, false]) {
    const auto = new AutoWindow({ ...RESULTS, paged });
    auto.fetched({ from: RANGE.from, to: RANGE.from + MINUTES_PER_DAY }, 0);
    assertEquals(auto.next(RANGE.from, RANGE.to).to - RANGE.from, 64 * MINUTES_PER_DAY);
  }
});

Deno.test("AutoWindow averages the newest density and its earlier estimate, a longer window counting more", () => {
  const auto = new AutoWindow(RESULTS, 200 / MINUTES_PER_DAY);
  const days = (count: number) => ({ from: RANGE.from, to: RANGE.from + count * MINUTES_PER_DAY });
  auto.fetched(days(10), 3_000);
  assertAlmostEquals(auto.recordsPerMinute! * MINUTES_PER_DAY, 250);
  auto.fetched(days(5), 250);
  assertAlmostEquals(auto.recordsPerMinute! * MINUTES_PER_DAY, 150);
  auto.fetched(days(30), 0);
  assertAlmostEquals(auto.recordsPerMinute! * MINUTES_PER_DAY, 150 / 7);
});

Deno.test("AutoWindow replaces a forecast that its first window disproves", () => {
  for (const records of [10, 1_000]) {
    const auto = new AutoWindow({ ...RESULTS, maxRecords: undefined }, 100 / MINUTES_PER_DAY);
    auto.fetched(auto.next(RANGE.from, RANGE.to), 10 * records);
    assertAlmostEquals(auto.recordsPerMinute! * MINUTES_PER_DAY, records);
  }
});

Deno.test("AutoWindow continues with the length of the first half of a window that was too full", () => {
  const bounds = { ...RESULTS, maxRecords: 1_500 };
  const auto = new AutoWindow(bounds, 35 / MINUTES_PER_DAY);
  const window = auto.next(RANGE.from, RANGE.to);
  assertEquals(window.to - window.from, 28 * MINUTES_PER_DAY);
  const [first] = auto.tooFull(window)!;
  assertEquals(first.to - first.from, 14 * MINUTES_PER_DAY);
  assertEquals(auto.next(window.to, RANGE.to).to - window.to, 14 * MINUTES_PER_DAY);
});

Deno.test("AutoWindow stays below a cap by the error that it expects at first", () => {
  const days = (maxRecords: number | undefined) => {
    const auto = new AutoWindow({ ...RESULTS, maxRecords }, 10 / MINUTES_PER_DAY);
    return (auto.next(RANGE.from, RANGE.to).to - RANGE.from) / MINUTES_PER_DAY;
  };
  assertEquals([days(600), days(2_000), days(undefined)], [43, 100, 100]);
});

const CUT_OFF: AutoBounds = {
  ...{ paged: false, hasTotal: false, min: DAY, max: undefined, pageSize: 1000, maxRecords: 1000 },
};
const CUT_OFF_DENSITIES: Record<string, Density> = {
  "7 a day": () => 7,
  "20 a day": () => 20,
  "90 a day": () => 90,
  "14 to 26 a day": (day) => 14 + day * 7 % 13,
  "30 on working days and 5 on others": (day) => day % 7 < 5 ? 30 : 5,
};
for (const [name, density] of Object.entries(CUT_OFF_DENSITIES)) {
  Deno.test(`AutoWindow fills 80 % of responses that are cut off at 1,000 records within five windows, with ${name}`, () => {
    const { windows, requests, records } = simulate(RANGE, CUT_OFF, density);
    const fills = windows.slice(0, 6).map((window) => count(window, RANGE, density) / 1000);
    assert(fills.slice(0, 5).some((fill) => fill >= 0.8) && fills[5]! > 0.75, fills.join(" "));
    // What the plan says.
    const planned = records / (1000 * USUAL_OF_CAP);
    assert(Math.abs(requests / planned - 1) < 0.15, `${requests} requests, ${planned} planned`);
  });
}

/** No records for eight years, or for three years between others. */
const GAPS: Record<string, (perDay: number) => Density> = {
  "eight empty years": (perDay) => (day) => day < 2_900 ? 0 : perDay,
  "three empty years": (perDay) => (day) => day > 1_000 && day < 2_100 ? 0 : perDay,
};

Deno.test("AutoWindow fills 80 % of responses that are cut off within five windows after empty years", () => {
  for (const [name, gap] of Object.entries(GAPS)) {
    for (const perDay of [7, 35, 90]) {
      const density = gap(perDay);
      const { windows } = simulate(RANGE, CUT_OFF, density);
      const held = windows.map((window) => count(window, RANGE, density));
      const gapEnds = held.lastIndexOf(0) + 1;
      const after = held.slice(gapEnds, gapEnds + 5);
      assert(Math.max(...after) >= 800, `${name}, ${perDay} a day: ${after.join(" ")}`);
    }
  }
});

Deno.test("AutoWindow covers empty years with few requests, wastes few pages, and keeps windows small", () => {
  const paged = { ...RESULTS, max: undefined, maxRecords: 10_000, pageSize: 200 };
  for (const [name, gap] of Object.entries(GAPS)) {
    for (const hasTotal of [true, false]) {
      const density = gap(35);
      const { windows, requests, records } = simulate(RANGE, { ...paged, hasTotal }, density);
      const fewest = Math.ceil(records / paged.pageSize);
      const inVain = hasTotal ? 25 : 75;
      const said = `${name}: ${requests} of ${fewest}`;
      assert(requests <= 1.05 * fewest + inVain, said);
      const pages = windows.map((window) => count(window, RANGE, density) / paged.pageSize);
      assert(Math.max(...pages) <= 50, said);
    }
  }
});

Deno.test("AutoWindow learns the number of records that an API returns where the job does not declare it", () => {
  const auto = new AutoWindow({ ...RESULTS, maxRecords: undefined }, 100 / MINUTES_PER_DAY);
  const window = auto.next(RANGE.from, RANGE.to);
  assertEquals(window.to - window.from, 10 * MINUTES_PER_DAY);
  auto.tooFull(window, 400);
  auto.fetched({ from: RANGE.from, to: RANGE.from + 4 * MINUTES_PER_DAY }, 160);
  assert(auto.next(RANGE.from, RANGE.to).to - RANGE.from < 10 * MINUTES_PER_DAY);
});

Deno.test("AutoWindow covers any range once with any bounds and any responses", () => {
  const length = fc.oneof(
    fc.record({ unit: fc.constant("minute" as const), count: fc.integer({ min: 30, max: 900 }) }),
    fc.record({
      unit: fc.constantFrom("day" as const, "week" as const, "month" as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  );
  fc.assert(fc.property(
    length,
    fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    fc.array(fc.nat(5000), { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 500 * MINUTES_PER_DAY }),
    (min, factor, answers, minutes) => {
      const max = factor === undefined ? undefined : { ...min, count: min.count * factor };
      const auto = new AutoWindow({
        min,
        max,
        pageSize: 100,
        maxRecords: undefined,
        paged: true,
        hasTotal: false,
      });
      const range = { from: RANGE.from, to: RANGE.from + minutes };
      for (let [from, i] = [range.from, 0]; from < range.to; i++) {
        const window = auto.next(from, range.to);
        assertEquals(window.from, from);
        assert(window.to > from && window.to <= range.to);
        if (window.to < range.to) assert(window.to >= windowEnd(from, min));
        if (max !== undefined) assert(window.to <= windowEnd(from, max));
        auto.fetched(window, answers[i % answers.length]!);
        from = window.to;
      }
    },
  ));
});

Deno.test("splitWindow() ends at windows of the shortest length", () => {
  fc.assert(fc.property(
    fc.constantFrom<AutoBounds["min"]>(
      DAY,
      { unit: "day", count: 7 },
      { unit: "minute", count: 90 },
      { unit: "month", count: 1 },
      { unit: "week", count: 1 },
    ),
    fc.integer({ min: 1, max: 300 * MINUTES_PER_DAY }),
    (min, minutes) => {
      const whole = { from: RANGE.from, to: RANGE.from + minutes };
      const [queue, ends]: [Window[], Window[]] = [[whole], []];
      for (let window = queue.pop(); window !== undefined; window = queue.pop()) {
        const halves = splitWindow(window, min);
        if (halves === undefined) ends.push(window);
        else {
          assert(halves.every(({ from, to }) => to - from < window.to - window.from));
          queue.push(...halves);
        }
      }
      assertCovers(ends, whole);
      const most = min.unit === "month" ? 31 * MINUTES_PER_DAY : minutesOf(min);
      assert(ends.every(({ from, to }) => to - from <= most));
    },
  ));
});

Deno.test("splitWindow() cuts at whole days, and never a window of the shortest length", () => {
  const day = (count: number) => RANGE.from + count * MINUTES_PER_DAY;
  const week = { unit: "day", count: 7 } as const;
  assertEquals(splitWindow({ from: day(0), to: day(5) }, DAY), [
    { from: day(0), to: day(2) },
    { from: day(2), to: day(5) },
  ]);
  assertEquals(splitWindow({ from: day(0), to: day(13) }, week), [
    { from: day(0), to: day(7) },
    { from: day(7), to: day(13) },
  ]);
  assertEquals(splitWindow({ from: day(0), to: day(1) }, DAY), undefined);
  assertEquals(splitWindow({ from: day(0), to: day(7) }, week), undefined);
  const january = { from: day(0), to: day(31) };
  assertEquals(splitWindow(january, { unit: "month", count: 1 }), undefined);
});
