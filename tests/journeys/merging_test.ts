// Racecards and results write the same rows: in whatever order and however often they arrive, alone or
// side by side, the tables end up the same, and nothing that one of them contained is lost.
import { assert, assertEquals } from "@std/assert";
import { ExpectedTables } from "./expected_tables.ts";
import { answersOn, datesBetween, generatedTables, type View } from "./generated.ts";
import { assertTables, readTouched } from "./read_tables.ts";
import { type Journey, type JourneyOptions, type Ran, setup } from "./setup.ts";

const [FIRST, LAST] = ["2025-10-12", "2025-10-13"];
const DATES = datesBetween(FIRST, LAST);
const RANGE = `--start-date ${FIRST} --end-date ${LAST}`;
const CARDS = `--only racecards ${RANGE}`;
const RESULTS = `--only results ${RANGE}`;
/** Without the run of `masters`, courses are known from races alone. */
const NO_LISTS = { courses: [], regions: [] };

Deno.test("racecards, then results, each twice, load everything that both contain", async () => {
  await using journey = await setup();
  await assertChanges(journey, CARDS, { results: false });
  await assertChangesNothing(journey, CARDS);
  await assertChanges(journey, RESULTS, {});
  await assertChangesNothing(journey, RESULTS);
  await assertChangesNothing(journey, CARDS);
});

Deno.test("results, then racecards, each twice, load everything that both contain", async () => {
  await using journey = await setup();
  await assertChanges(journey, RESULTS, { racecards: false });
  await assertChangesNothing(journey, RESULTS);
  await assertChanges(journey, CARDS, {});
  await assertChangesNothing(journey, CARDS);
  await assertChangesNothing(journey, RESULTS);
});

Deno.test("the embedded database merges as the server does", async () => {
  await using journey = await setup({ target: "pglite" });
  assertDone(await journey.backfill(RESULTS));
  await assertChanges(journey, CARDS, {});
  await assertChangesNothing(journey, RESULTS);
});

Deno.test("racecards and results side by side, with responses out of order, load everything that both contain", async () => {
  const sandbox: JourneyOptions["sandbox"] = { jitterMs: 60, seed: 1 };
  await using journey = await setup({ sandbox });
  await assertChanges(journey, `--only racecards results ${RANGE}`, {});
  await assertChangesNothing(journey, `--only racecards results ${RANGE}`);
});

Deno.test("windows of both streams in any order load everything that both contain", async () => {
  await using journey = await setup();
  const windows = DATES.flatMap((date) =>
    ["racecards", "results"].map((only) => `--only ${only} --start-date ${date} --end-date ${date}`)
  );
  for (const argv of shuffled(windows)) assertDone(await journey.backfill(argv));
  await assertHolds(journey, {});
  await assertChangesNothing(journey, `--only results,racecards ${RANGE}`);
});

Deno.test("the name of a horse is the same in every kind of response", async () => {
  await using journey = await setup();
  const seen: Record<string, Set<unknown>> = {};
  for (const argv of [CARDS, RESULTS, CARDS, RESULTS, `--only horse_profiles`]) {
    await journey.backfill(argv);
    const { rows } = await journey.stores.target.query("SELECT id, name FROM ra_mst_horses");
    for (const [id, name] of rows) (seen[String(id)] ??= new Set()).add(name);
  }
  const names = Object.values(seen).map((names) => [...names]);
  assert(names.length > 300);
  assertEquals(names.filter((names) => names.length > 1 || String(names[0]).endsWith(")")), []);
});

Deno.test("a late racecard does not change the figures of the result", async () => {
  await using journey = await setup();
  await journey.backfill(RESULTS);
  const before = await columns(journey, RESULT_COLUMNS);
  await journey.backfill(CARDS);
  assertEquals(await columns(journey, RESULT_COLUMNS), before);
  assert(before.length > 300);
});

const RESULT_COLUMNS =
  "position, position_text, sp, sp_dec, prize_won, time, time_seconds, comment";

async function columns({ stores }: Journey, names: string): Promise<unknown[][]> {
  const { rows } = await stores.target.query(
    `SELECT race_id, horse_id, ${names} FROM ra_runners WHERE has_result ORDER BY 1, 2`,
  );
  return rows;
}

function assertDone({ error, summary }: Ran): void {
  assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
}

async function assertChanges(
  journey: Journey,
  argv: string,
  view: Omit<View, "nowMs">,
): Promise<void> {
  assertDone(await journey.backfill(argv));
  await assertHolds(journey, view);
}

async function assertHolds(journey: Journey, view: Omit<View, "nowMs">): Promise<void> {
  const { job, stores, nowMs } = journey;
  const { ra_mst_regions: _, ...tables } = generatedTables(DATES, { ...view, nowMs }, NO_LISTS);
  await assertTables(job, stores.target, tables);
}

/** A second time: every row is there, none is written, and the counts show it. */
async function assertChangesNothing(journey: Journey, argv: string): Promise<void> {
  const { job, stores } = journey;
  const before = await readTouched(job, stores.target);
  const ran = await journey.backfill(argv);
  assertDone(ran);
  const counts = Object.entries(ran.summary.rows);
  assertEquals(counts.filter(([, { inserted, updated }]) => inserted + updated > 0), []);
  assert(counts.every(([, { unchanged }]) => unchanged > 0));
  assertEquals(await readTouched(job, stores.target), before);
}

/** In another order, the same each time. */
function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item, n) => [n * 7919 % 31, item] as const).toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

Deno.test("the expected tables do not depend on the order of the responses", () => {
  const view = { nowMs: Date.parse("2025-10-20T12:00:00Z") };
  const tables = (dates: readonly string[]) => {
    const expected = new ExpectedTables(NO_LISTS);
    for (const date of dates) expected.add(answersOn(date, view));
    return expected.masters().ra_mst_horses;
  };
  assertEquals(tables(DATES.toReversed()), tables(DATES));
});
