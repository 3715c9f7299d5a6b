// Runs that stop and continue: they fetch again what is missing, what failed and what may still
// change, and nothing else. Requests are counted where they arrive, at the sandbox.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { Failure } from "../../lib/failure.ts";
import { refusal } from "../../lib/sandbox/reply.ts";
import { datesBetween, generatedTables } from "./generated.ts";
import { assertTables, readTouched } from "./read_tables.ts";
import { type Journey, type Ran, setup } from "./setup.ts";

Deno.test("--resume after an interruption fetches only what is missing", async () => {
  await using journey = await setup();
  const [first, last] = ["2025-09-06", "2025-09-11"];
  let done: string[] = [];
  for (let runs = 0;; runs++) {
    const argv = runs === 0
      ? `--start-date ${first} --end-date ${last}`
      : "--resume --skip-masters";
    const ran = await journey.backfill(argv, { listen: stopAfterWindows(runs === 0 ? 8 : 2) });
    const again = datesAsked(ran).filter((asked) => done.includes(asked));
    assertEquals(again, []);
    done = [...done, ...datesDone(ran)];
    if (ran.summary.outcome === "done") break;
    assertEquals([ran.summary.outcome, ran.summary.ok], ["interrupted", false]);
    assert(runs < 10);
    await journey.reopen();
  }
  const dates = datesBetween(first, last);
  const all = ["racecards", "results"].flatMap((name) => dates.map((date) => `${name} ${date}`));
  assertEquals(done.toSorted(), all);
  await assertTables(journey.job, journey.stores.target, generatedTables(dates, journey));
  assertEquals((await journey.backfill("--resume --skip-masters")).asked, []);
});

Deno.test("--resume without dates continues with the last run's dates, streams and regions", async () => {
  await using journey = await setup();
  const first = "--start-date 2025-09-01 --end-date 2025-09-16 --region-codes gb ire --no-results";
  await journey.backfill(first, { seen: stopAfterRequests(4) });
  await journey.reopen();
  const ran = await journey.backfill("--resume --skip-masters");
  assertEquals([ran.summary.outcome, ran.asked.length > 0], ["done", true]);
  for (const path of ran.asked) {
    assertStringIncludes(path, "/v1/racecards/pro?");
    assertStringIncludes(path, "&region_codes=gb&region_codes=ire");
  }
  const { coverage } = await journey.knows("racecards", { region_codes: ["gb", "ire"] });
  assertEquals(coverage, [["2025-09-01", "2025-09-16"]]);
  const results = await journey.backfill("--resume --only results");
  assertEquals(datesAsked(results).length, 16);
  for (const path of results.asked) assertStringIncludes(path, "&region=gb&region=ire");
});

Deno.test("--resume with dates fetches the missing ones, whatever the earlier window length", async () => {
  await using journey = await setup();
  await journey.backfill("--only results --start-date 2025-08-11 --end-date 2025-08-20");
  const { results, ...streams } = journey.job.streams;
  const window = { auto: false, length: { unit: "day", count: 3 } } as const;
  journey.job = { ...journey.job, streams: { ...streams, results: { ...results!, window } } };
  const ran = await journey.backfill(
    "--resume --only results --start-date 2025-08-07 --end-date 2025-08-25",
  );
  assertEquals([...new Set(ran.asked.map(withoutPage))].toSorted(), [
    "/v1/results?start_date=2025-08-07&end_date=2025-08-09",
    "/v1/results?start_date=2025-08-10&end_date=2025-08-10",
    "/v1/results?start_date=2025-08-21&end_date=2025-08-23",
    "/v1/results?start_date=2025-08-24&end_date=2025-08-25",
  ]);
  assertEquals((await journey.knows("results")).coverage, [["2025-08-07", "2025-08-25"]]);
});

Deno.test("without --resume everything is fetched again and nothing is rewritten", async () => {
  await using journey = await setup();
  const argv = "--start-date 2025-09-01 --end-date 2025-09-02";
  const first = await journey.backfill(argv);
  const before = await readTouched(journey.job, journey.stores.target);
  const second = await journey.backfill(argv);
  assertEquals(second.asked.toSorted(), first.asked.toSorted());
  assertEquals(await readTouched(journey.job, journey.stores.target), before);
});

Deno.test("results are fetched again until they are settled, and only rows that changed are written", async () => {
  await using journey = await setup({
    now: "2025-10-20T12:00:00Z",
    sandbox: { settleDays: 3 },
  });
  const argv = "--only results --start-date 2025-10-12 --end-date 2025-10-19";
  await journey.backfill(argv);
  assertEquals((await journey.knows("results")).unsettled, [["2025-10-15", "2025-10-19"]]);
  assertEquals(await figures(journey), {
    ...{ "2025-10-12": true, "2025-10-13": true, "2025-10-14": true, "2025-10-15": true },
    ...{ "2025-10-16": true, "2025-10-17": true, "2025-10-18": false, "2025-10-19": false },
  });

  const before = await readTouched(journey.job, journey.stores.target);
  journey.nowMs = Date.parse("2025-10-22T12:00:00Z");
  const second = await journey.backfill("--resume");
  assertEquals(datesAsked(second), [
    ...datesBetween("2025-10-15", "2025-10-19").map((date) => `results ${date}`),
  ]);
  const changed = changedSince(before, await readTouched(journey.job, journey.stores.target));
  const { rows: [count] } = await journey.stores.target.query(
    `SELECT COUNT(*) FROM ra_runners JOIN ra_races r ON r.id = race_id
     WHERE r.date IN ('2025-10-18', '2025-10-19') AND (rpr IS NOT NULL OR bsp IS NOT NULL)`,
  );
  assertEquals(changed, { ra_runners: Number(count![0]) });
  assertEquals(second.summary.rows.ra_runners?.updated, Number(count![0]));

  journey.nowMs = Date.parse("2025-10-30T12:00:00Z");
  assertEquals(datesAsked(await journey.backfill("--resume")).length, 3);
  assertEquals((await journey.knows("results")).unsettled, []);
  assertEquals((await journey.backfill("--resume")).asked, []);
  const dates = datesBetween("2025-10-12", "2025-10-19");
  const lists = { courses: [], regions: [] };
  const { ra_mst_regions: _, ...tables } = generatedTables(
    dates,
    { nowMs: journey.nowMs, racecards: false },
    lists,
  );
  await assertTables(journey.job, journey.stores.target, tables);
});

Deno.test("a failed window is recorded, skipped, and fetched by --resume", async () => {
  let fails = true;
  await using journey = await setup({
    sandbox: {
      intercept: ({ url }) =>
        fails && url.search.includes("date=2025-09-02")
          ? refusal(422, [{ type: "value_error", loc: ["query", "date"], msg: "No", input: "" }])
          : undefined,
    },
  });
  const first = await journey.backfill(
    "--only racecards --start-date 2025-09-01 --end-date 2025-09-03",
  );
  assertEquals([first.summary.outcome, first.summary.ok, first.error], [
    "failed",
    false,
    undefined,
  ]);
  assertEquals(first.summary.windows, { planned: 3, done: 2, failed: 1, skipped: 0 });
  const { coverage, failed, gaps } = await journey.knows("racecards");
  assertEquals(coverage, [["2025-09-01", "2025-09-01"], ["2025-09-03", "2025-09-03"]]);
  assertEquals(gaps, [["2025-09-02", "2025-09-02"]]);
  assertEquals(failed.map(({ window }) => window), [["2025-09-02", "2025-09-02"]]);
  assertStringIncludes(failed[0]!.reason, "422");

  fails = false;
  await journey.reopen();
  const second = await journey.backfill("--resume");
  assertEquals(datesAsked(second), ["racecards 2025-09-02"]);
  assertEquals(second.summary.windows, { planned: 1, done: 1, failed: 0, skipped: 2 });
  assertEquals((await journey.knows("racecards")).failed, []);
});

Deno.test("a day without races is recorded as empty, which differs from not fetched", async () => {
  await using journey = await setup();
  const argv = "--only racecards --start-date 2024-12-22 --end-date 2024-12-26";
  await journey.backfill(argv);
  const { coverage, empty, gaps } = await journey.knows("racecards");
  assertEquals(coverage, [["2024-12-22", "2024-12-26"]]);
  assertEquals([empty, gaps], [[["2024-12-23", "2024-12-25"]], []]);
  const resumed = await journey.backfill(`--resume ${argv.replace("12-26", "12-27")}`);
  assertEquals(datesAsked(resumed), ["racecards 2024-12-27"]);
});

Deno.test("the lists are not fetched again within a week by --resume, and are after it", async () => {
  await using journey = await setup();
  const lists = ["/v1/courses", "/v1/courses/regions"];
  const argv = "--group masters";
  assertEquals((await journey.backfill(argv)).asked.toSorted(), lists);
  assertEquals((await journey.backfill("--resume")).asked, []);
  assertEquals((await journey.backfill(argv)).asked.toSorted(), lists);
  journey.nowMs += 8 * 86_400_000;
  assertEquals((await journey.backfill("--resume")).asked.toSorted(), lists);
});

/** Interrupts a run as a signal would, once so many windows are done. */
function stopAfterWindows(count: number): (event: RunEvent, stop: AbortController) => void {
  let done = 0;
  return (event, stop) => {
    if (event.kind !== "window_done" || ++done < count) return;
    stop.abort(new Failure("interrupted", "Interrupted by a signal"));
  };
}

/** Interrupts a run once so many requests were answered; what is in flight is dropped. */
function stopAfterRequests(count: number): (path: string, stop: AbortController) => void {
  let seen = 0;
  return (_, stop) => {
    if (++seen === count) stop.abort(new Failure("interrupted", "Interrupted by a signal"));
  };
}

/** The dates that a run requested, as `results 2025-10-13`, each once. */
function datesAsked({ asked }: Ran): string[] {
  const dates = asked.flatMap((path) => {
    const { pathname, searchParams } = new URL(path, "http://sandbox");
    const [first, last] = [
      searchParams.get("date") ?? searchParams.get("start_date"),
      searchParams.get("date") ?? searchParams.get("end_date"),
    ];
    if (first === null || last === null) return [];
    const stream = pathname === "/v1/results" ? "results" : "racecards";
    return datesBetween(first, last).map((date) => `${stream} ${date}`);
  });
  return [...new Set(dates)].toSorted();
}

/** The dates of the windows that a run reported as done. */
function datesDone({ events }: Ran): string[] {
  return events.flatMap((event) => {
    if (event.kind !== "window_done" || event.subject.from === null) return [];
    const { stream, from, to } = event.subject;
    return datesBetween(from, to!).slice(0, -1).map((date) => `${stream} ${date}`);
  });
}

function withoutPage(path: string): string {
  return path.replace(/[?&](skip|limit)=\d+/g, "");
}

/** Whether any runner of a date has the figures that come out late. */
async function figures({ stores }: Journey): Promise<Record<string, boolean>> {
  const { rows } = await stores.target.query(
    `SELECT r.date::text, BOOL_OR(rpr IS NOT NULL) FROM ra_runners JOIN ra_races r ON r.id = race_id
     GROUP BY r.date ORDER BY r.date`,
  );
  return Object.fromEntries(rows);
}

/** How many rows of each table were written since. */
function changedSince(
  before: Readonly<Record<string, ReadonlyMap<string, string>>>,
  after: Readonly<Record<string, ReadonlyMap<string, string>>>,
): Record<string, number> {
  const counts = Object.entries(after).map(([table, rows]) =>
    [table, [...rows].filter(([key, at]) => before[table]!.get(key) !== at).length] as const
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
