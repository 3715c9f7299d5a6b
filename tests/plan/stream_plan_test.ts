import { assert, assertEquals, assertRejects } from "@std/assert";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { union } from "../../lib/plan/coverage.ts";
import { eachValues } from "../../lib/plan/each_values.ts";
import type { Needed } from "../../lib/plan/needed.ts";
import type { Track } from "../../lib/plan/scope.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { autoBounds, pageSize } from "../../lib/plan/auto_bounds.ts";
import { countWindows, StreamPlan } from "../../lib/plan/stream_plan.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { days, jobOf } from "./jobs.ts";

const RANGE = days("2025-01-01", "2025-02-01");

interface Setup {
  needed?: (track: Track) => Promise<Needed | null>;
  recordsPerMinute?: number;
}

function planOf(stream: Record<string, unknown>, setup: Setup = {}): StreamPlan {
  const job = jobOf({ things: stream });
  return new StreamPlan({
    name: "things",
    stream: job.streams.things!,
    scope: "",
    each: eachValues(job.streams.things!, {}, async function* () {}),
    needed: setup.needed ?? (() => Promise.resolve({ fetch: [RANGE], skip: [] })),
    recordsPerMinute: setup.recordsPerMinute,
  });
}

async function unitsOf(plan: StreamPlan): Promise<Unit[]> {
  const units: Unit[] = [];
  for (let unit = await plan.next(); unit !== undefined; unit = await plan.next()) units.push(unit);
  return units;
}

function shown(units: readonly Unit[]): string[] {
  return units.map(({ each, window }) =>
    `${each} ${window === null ? "all" : formatWindow(window)}`.trim()
  );
}

Deno.test("StreamPlan hands out windows of the declared length, oldest first", async () => {
  const plan = planOf({ window: "week" });
  assertEquals(shown(await unitsOf(plan)), [
    "2025-01-01 .. 2025-01-05",
    "2025-01-06 .. 2025-01-12",
    "2025-01-13 .. 2025-01-19",
    "2025-01-20 .. 2025-01-26",
    "2025-01-27 .. 2025-01-31",
  ]);
  assertEquals(plan.counts, { planned: 5, skipped: 0 });
  assertEquals(await plan.next(), undefined);
});

Deno.test("StreamPlan cuts only what is needed, and counts the windows that are not", async () => {
  const fetch = [days("2025-01-03", "2025-01-05"), days("2025-01-31", "2025-02-01")];
  const skip = [days("2025-01-01", "2025-01-03"), days("2025-01-05", "2025-01-31")];
  const plan = planOf({ window: "day" }, { needed: () => Promise.resolve({ fetch, skip }) });
  assertEquals(shown(await unitsOf(plan)), ["2025-01-03", "2025-01-04", "2025-01-31"]);
  assertEquals(plan.counts, { planned: 3, skipped: 28 });
});

Deno.test("StreamPlan hands out nothing when nothing is needed", async () => {
  const needed = () => Promise.resolve({ fetch: [], skip: [RANGE] });
  const plan = planOf({ window: "month" }, { needed });
  assertEquals([await plan.next(), plan.counts.planned, plan.counts.skipped], [undefined, 0, 1]);
});

Deno.test("StreamPlan processes for_each values one after the other", async () => {
  const asked: string[] = [];
  const plan = planOf({ window: "2w", for_each: { city: ["LHR", "CDG"], kind: ["a"] } }, {
    needed: (track) => {
      asked.push(track.each);
      const skipped = track.each === "city=CDG&kind=a";
      const [fetch, skip] = [[days("2025-01-06", "2025-02-01")], [RANGE]];
      return Promise.resolve(skipped ? { fetch: [], skip } : { fetch, skip: [] });
    },
  });
  const units = await unitsOf(plan);
  assertEquals(asked, ["city=LHR&kind=a", "city=CDG&kind=a"]);
  assertEquals(shown(units), [
    "city=LHR&kind=a 2025-01-06 .. 2025-01-19",
    "city=LHR&kind=a 2025-01-20 .. 2025-01-31",
  ]);
  assertEquals(units[0]!.eachValues, { city: "LHR", kind: "a" });
  assertEquals(plan.counts, { planned: 2, skipped: 3 });
});

Deno.test("StreamPlan hands out a stream without windows once for each value that is not fresh", async () => {
  const fresh: Needed = { fetch: [], skip: [] };
  const plan = planOf({ for_each: { id: [1, 2, 3] } }, {
    needed: ({ each }) => Promise.resolve(each === "id=2" ? fresh : null),
  });
  assertEquals(shown(await unitsOf(plan)), ["id=1 all", "id=3 all"]);
  assertEquals(plan.counts, { planned: 2, skipped: 1 });
});

Deno.test("StreamPlan hands out no date twice when many workers share it", async () => {
  for (const window of ["day", "auto"]) {
    const plan = planOf({ window }, {
      needed: async () => {
        await Promise.resolve();
        return {
          fetch: [days("2025-01-01", "2025-01-11"), days("2025-01-15", "2025-02-01")],
          skip: [],
        };
      },
    });
    const units: Unit[] = [];
    const worker = async () => {
      for (let unit = await plan.next(); unit !== undefined; unit = await plan.next()) {
        units.push(unit);
        plan.fetched(unit, 100);
        plan.settle(unit);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    const windows = units.map((unit) => unit.window!).sort((a, b) => a.from - b.from);
    assert(windows.every((window, i) => i === 0 || windows[i - 1]!.to <= window.from), window);
    assertEquals(union(windows), [
      days("2025-01-01", "2025-01-11"),
      days("2025-01-15", "2025-02-01"),
    ]);
    assertEquals(plan.counts.planned, units.length);
  }
});

Deno.test("StreamPlan lengthens auto windows according to what the last one held", async () => {
  const plan = planOf({ window: { max: "10d" }, paging: { by: "offset", size: 100 } });
  const lengths: number[] = [];
  for (let unit = await plan.next(); unit !== undefined; unit = await plan.next()) {
    lengths.push((unit.window!.to - unit.window!.from) / MINUTES_PER_DAY);
    plan.fetched(unit, 0);
    plan.settle(unit);
  }
  assertEquals(lengths, [1, 10, 10, 10]);
});

Deno.test("StreamPlan makes the others wait for the first window when density is unknown", async () => {
  const plan = planOf({ window: "auto", paging: { by: "offset", size: 100 } });
  const probe = (await plan.next())!;
  const waiting = plan.next();
  let waited = true;
  waiting.then(() => waited = false);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert(waited);
  plan.fetched(probe, 100);
  plan.settle(probe);
  assertEquals(shown([probe, (await waiting)!]), ["2025-01-01", "2025-01-02 .. 2025-01-11"]);
});

Deno.test("StreamPlan starts auto windows at what earlier runs measured", async () => {
  const plan = planOf({ window: "auto", paging: { by: "offset", size: 100 } }, {
    recordsPerMinute: 50 / MINUTES_PER_DAY,
  });
  const { window } = (await plan.next())!;
  assertEquals((window!.to - window!.from) / MINUTES_PER_DAY, 20);
});

Deno.test("StreamPlan hands out the halves of a window that was too full before anything else", async () => {
  const plan = planOf({ window: "auto" }, { recordsPerMinute: 1000 / MINUTES_PER_DAY / 1.25 });
  const [first, second] = [(await plan.next())!, (await plan.next())!];
  assertEquals(shown([first, second]), ["2025-01-01 .. 2025-01-12", "2025-01-13 .. 2025-01-24"]);
  assert(plan.tooFull(second));
  assertEquals(shown(await unitsOf(plan)).slice(0, 3), [
    "2025-01-13 .. 2025-01-18",
    "2025-01-19 .. 2025-01-24",
    "2025-01-25 .. 2025-01-30",
  ]);
  assertEquals(plan.counts.planned, 5);
});

Deno.test("StreamPlan quickly finds the right length where many records follow empty years", async () => {
  const years = days("2015-01-01", "2025-01-01");
  const plan = planOf({ window: "auto", paging: "none", max_records: 1000 }, {
    needed: () => Promise.resolve({ fetch: [years], skip: [] }),
  });
  const dense = days("2020-01-01", "2025-01-01");
  let [requests, fetched] = [0, 0];
  for (let unit = await plan.next(); unit !== undefined; unit = await plan.next(), requests++) {
    const { from, to } = unit.window!;
    const records = 20 * Math.max(0, to - Math.max(from, dense.from)) / MINUTES_PER_DAY;
    if (records > 1000) assert(plan.tooFull(unit));
    else plan.fetched(unit, records);
    if (records <= 1000) fetched += to - from;
    plan.settle(unit);
  }
  assertEquals(fetched, years.to - years.from);
  // 37 would do.
  assert(requests < 85, `${requests} requests`);
});

Deno.test("StreamPlan.tooFull() returns false when the window cannot be shorter", async () => {
  const auto = planOf({ window: "auto" });
  assertEquals(auto.tooFull((await auto.next())!), false);
  const fixed = planOf({ window: "7d" });
  assertEquals(fixed.tooFull((await fixed.next())!), false);
  const list = planOf({}, { needed: () => Promise.resolve(null) });
  assertEquals(list.tooFull((await list.next())!), false);
});

Deno.test("StreamPlan passes on the error when the needed dates cannot be read", async () => {
  const plan = planOf({ window: "day" }, { needed: () => Promise.reject(new Error("no disk")) });
  await assertRejects(() => plan.next(), Error, "no disk");
  assertEquals(await plan.next(), undefined);
});

Deno.test("autoBounds() holds a window to what paging by offset can reach", () => {
  const { streams } = jobOf({
    offset: { window: "auto", paging: { by: "offset", size: 100, max_offset: 20_000 } },
    page: { window: { min: "week", max: "year" }, paging: { by: "page", size: 50 } },
    few: { window: "auto", max_pages: 10, paging: { by: "link_header", size: 100 } },
    last: { window: "auto", paging: { by: "page", size: 25, first: 0, max_page: 9 } },
    full: { window: "auto", max_records: 500 },
    cursor: { window: "auto", paging: { by: "cursor", cursor: "next", cursor_param: "c" } },
  });
  assertEquals(autoBounds(streams.offset!).maxRecords, 20_100);
  assertEquals(autoBounds(streams.page!), {
    min: { unit: "week", count: 1 },
    max: { unit: "year", count: 1 },
    pageSize: 50,
    maxRecords: 500_000,
    paged: true,
    hasTotal: false,
  });
  assertEquals(autoBounds(streams.few!).maxRecords, 1000);
  assertEquals(autoBounds(streams.last!).maxRecords, 250);
  assertEquals([autoBounds(streams.full!).maxRecords, pageSize(streams.full!)], [500, 500]);
  assertEquals(pageSize(streams.cursor!), 100);
});

Deno.test("countWindows() counts the windows that cutting would create", () => {
  const { streams } = jobOf({
    hours: { window: "6h" },
    week: { window: "7d" },
    month: { window: "month" },
    auto: { window: "auto" },
    none: {},
  });
  const ranges = [days("2025-01-01", "2025-01-16"), days("2025-02-10", "2025-03-02")];
  assertEquals(countWindows(ranges, streams.hours!), 60 + 80);
  assertEquals(countWindows(ranges, streams.week!), 3 + 3);
  assertEquals(countWindows(ranges, streams.month!), 1 + 2);
  assertEquals(countWindows(ranges, streams.auto!), 2);
  assertEquals(countWindows(ranges, streams.none!), 0);
});

Deno.test("StreamPlan returns what failed before after everything else", async () => {
  const fetch = [days("2025-01-04", "2025-01-06")];
  const plan = planOf({ window: "day", for_each: { city: ["LHR", "CDG"] } }, {
    needed: ({ each }) =>
      Promise.resolve({
        fetch,
        skip: [],
        ...each === "city=LHR" ? { retry: [days("2025-01-01", "2025-01-02")] } : {},
      }),
  });
  assertEquals(shown(await unitsOf(plan)), [
    "city=LHR 2025-01-04",
    "city=LHR 2025-01-05",
    "city=CDG 2025-01-04",
    "city=CDG 2025-01-05",
    "city=LHR 2025-01-01",
  ]);
  const needed: Needed = { fetch: [], skip: [], retry: "all" };
  const once = planOf({ for_each: { id: [1, 2] } }, {
    needed: ({ each }) => Promise.resolve(each === "id=1" ? needed : null),
  });
  assertEquals(shown(await unitsOf(once)), ["id=2 all", "id=1 all"]);
});

Deno.test("StreamPlan.setAside() drops the other windows of a value, and of no other", async () => {
  const plan = planOf({ window: "day", for_each: { city: ["LHR", "CDG"] } }, {
    needed: () =>
      Promise.resolve({
        fetch: [days("2025-01-04", "2025-01-07")],
        skip: [],
        retry: [days("2025-01-01", "2025-01-02")],
      }),
  });
  const first = (await plan.next())!;
  assertEquals(plan.setAside(first), true);
  assertEquals(plan.setAside(first), false);
  assertEquals(shown(await unitsOf(plan)), [
    "city=CDG 2025-01-04",
    "city=CDG 2025-01-05",
    "city=CDG 2025-01-06",
    "city=CDG 2025-01-01",
  ]);
});

Deno.test("StreamPlan hands out the same windows newest first as oldest first", async () => {
  const range = days("2025-01-03", "2025-03-15");
  for (const window of ["day", "7d", "week", "month"]) {
    const [oldest, newest] = await Promise.all(
      ["oldest_first", "newest_first"].map(async (order) => {
        const setup = { needed: () => Promise.resolve({ fetch: [range], skip: [] }) };
        const plan = planOf({ window, order }, setup);
        const units: Unit["window"][] = [];
        for (let unit = await plan.next(); unit !== undefined; unit = await plan.next()) {
          units.push(unit.window);
        }
        return units;
      }),
    );
    assertEquals(newest, oldest!.toReversed(), window);
  }
});
