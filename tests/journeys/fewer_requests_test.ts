// How many requests ten years take: the forecast, and the actual number when the windows are cut
// over the sandbox's years. The generator computes only totals, so that ten years take seconds.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openPlan } from "../../lib/checkpoint/open_plan.ts";
import { fetchWindows } from "../../lib/fetch/fetch_windows.ts";
import type { Page } from "../../lib/fetch/fetch_pages.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { defaultSeed } from "../../lib/sandbox/world/race.ts";
import { programmeOn } from "../../lib/sandbox/world/programme.ts";
import { FIRST_CARD } from "./generated.ts";
import { type Journey, setup } from "./setup.ts";

const [FIRST, LAST] = ["2015-01-01", "2025-10-19"];
const RANGE: Window = { from: parseCivil(FIRST)!, to: parseCivil("2025-10-20")! };
const DAY_MINUTES = 1440;
/** The number of requests with one window per day for each of the two endpoints. */
const REQUESTS_DAY_BY_DAY = 7_891;

Deno.test("ten years are forecast at, and take, at most 2,900 requests", async () => {
  await using journey = await setup();
  const survey = await journey.survey(`--start-date ${FIRST} --end-date ${LAST}`);
  assertEquals(survey.done, 0);
  assert(survey.requests <= 2_900, `${survey.requests} requests are forecast`);

  const results = await cutResults(journey);
  assertEquals(results.records, results.stated);
  const cards = survey.streams.racecards!;
  assertEquals(cards.requests, (RANGE.to - parseCivil(FIRST_CARD)!) / DAY_MINUTES);
  const lists = survey.requests - cards.requests - survey.streams.results!.requests;
  const requests = results.requests + cards.requests + lists;
  assertEquals(lists, 2);
  assert(requests <= 2_900, `${requests} requests are sent`);
  assert(requests < REQUESTS_DAY_BY_DAY / 2);
  assertAlmostEquals(requests, survey.requests, 0.1 * survey.requests);
});

Deno.test("no racecard is requested before 2023-01-23", async () => {
  await using journey = await setup();
  const ran = await journey.backfill(
    "--only racecards --start-date 2023-01-20 --end-date 2023-01-24",
  );
  assertEquals(ran.asked.map((path) => /date=([\d-]+)/.exec(path)![1]).toSorted(), [
    "2023-01-23",
    "2023-01-24",
  ]);
  const before = await journey.backfill(
    "--only racecards --start-date 2015-01-01 --end-date 2022-12-31",
  );
  assertEquals([before.asked, before.summary.ok], [[], true]);
});

/** Cuts the results of ten years into windows as a run does, and counts their requests. */
async function cutResults({ job, stores, nowMs }: Journey) {
  const sum = { windows: 0, requests: 0, records: 0, stated: 0 };
  const checkpoint = await stores.checkpoint(job);
  const source = {
    job,
    params: {},
    range: RANGE,
    resume: false,
    checkpoint,
    target: stores.target,
  };
  const plan = await openPlan({ ...source, wallNow: () => nowMs }, "results");
  for (let at = RANGE.from; at < RANGE.to; at += DAY_MINUTES) sum.stated += totalOn(at);
  const fetched = fetchWindows([plan], {
    pages: (unit) => pagesOf(unit),
    windowsInFlight: job.source.concurrency,
    stopAfter: job.source.max_consecutive_failures,
    now: () => 0,
    wallNow: () => nowMs,
    signal: new AbortController().signal,
  });
  for await (const { kind, unit, ...more } of fetched) {
    const { from, to } = unit.window!;
    assert(to - from <= 366 * DAY_MINUTES, "a window is longer than the API accepts");
    if (kind === "page") sum.requests++;
    if (kind !== "done") continue;
    sum.windows++;
    sum.records += (more as { records: number }).records;
  }
  return sum;
}

/** The number of pages that the records of a window fill, at least one. */
async function* pagesOf({ window }: Unit): AsyncGenerator<Page> {
  let left = 0;
  for (let at = window!.from; at < window!.to; at += DAY_MINUTES) left += totalOn(at);
  for (let index = 0; index === 0 || left > 0; index++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const records = new Array<unknown>(Math.min(left, 100)).fill(null);
    left -= records.length;
    yield { index, records, body: null, header: () => null, total: null, bytes: 0, ms: 0, url: "" };
  }
}

const totals = new Map<number, number>();

/** Results of a day, counted without generating their runners. */
function totalOn(at: number): number {
  const known = totals.get(at);
  if (known !== undefined) return known;
  const total = programmeOn(defaultSeed, at / DAY_MINUTES).filter((race) => !race.abandoned).length;
  totals.set(at, total);
  return total;
}
