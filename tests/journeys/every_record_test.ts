// Every record, every value: 400 days of the sandbox in PostgreSQL, compared with the generator. The days
// lie around the first racecard, so that most have results alone, some have both, and among them are
// Christmas, Good Friday, both changes of the clock and the turn of a year. `deno task test:long` does it
// again with racecards on all 400 days.
import { assertEquals } from "@std/assert";
import { longTest } from "../faults/long.ts";
import { spawnTask } from "../support/run_task.ts";
import { type ExpectedTable, ExpectedTables } from "./expected_tables.ts";
import { answersOn, datesBetween, generatedLists } from "./generated.ts";
import { assertTable, type ReadTable, readTable } from "./read_tables.ts";
import { type Journey, type Ran, setup, type Source } from "./setup.ts";

const DAYS = 400;
/** Dates compared at once; of 60 days' runners a reading is 40 MB. */
const DATES_AT_ONCE = 15;

interface Day {
  readonly date: string;
  readonly ra_races: ExpectedTable;
  readonly ra_runners: ExpectedTable;
}

Deno.test("backfill loads every record and value of 400 days", async () => {
  await bringsAll("2022-01-20", "2023-02-23");
});

longTest(
  "backfill loads every record and value of 400 days with racecards",
  () => bringsAll("2024-01-01", "2025-02-03"),
);

async function bringsAll(first: string, last: string): Promise<void> {
  const dates = datesBetween(first, last);
  assertEquals(dates.length, DAYS);
  await using sandbox = spawnTask("sandbox", ["--port", "0", "--limit", "0"], {
    timeoutMs: 600_000,
  });
  await sandbox.printed("RACING_API_PASSWORD=");
  await using journey = await setup({ source: sourceIn(sandbox.output.stdout) });
  const ran = await journey.backfill(`--start-date ${first} --end-date ${last}`);
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);

  const expected = new ExpectedTables(generatedLists());
  const totals = { racecards: new Map<string, number>(), results: new Map<string, number>() };
  let compared: Promise<void> = Promise.resolve();
  for (let at = 0; at < dates.length; at += DATES_AT_ONCE) {
    const some = dates.slice(at, at + DATES_AT_ONCE);
    const read = readDates(journey, some);
    const days = some.map((date): Day => {
      const answers = answersOn(date, journey);
      totals.racecards.set(date, answers.racecards.length);
      totals.results.set(date, answers.results.length);
      return { date, ...expected.add(answers) };
    });
    await compared;
    compared = read.then((tables) => compare(journey, days, tables));
  }
  await compared;
  for (const [table, rows] of Object.entries(expected.masters())) {
    assertTable(
      journey.job,
      table,
      await readTable(journey.job, journey.stores.target, table),
      rows,
    );
  }
  for (const [stream, of] of Object.entries(totals)) assertAsStated(ran, stream, of);
  await assertCounted(journey, totals.results);
}

/** The settings that the sandbox prints; it runs in a separate process, so that it creates responses while others are read. */
function sourceIn(printed: string): Source {
  const value = (name: string) => new RegExp(`RACING_API_${name}=(\\S+)`).exec(printed)![1]!;
  return { url: value("URL"), username: value("USERNAME"), password: value("PASSWORD") };
}

async function readDates({ job, stores }: Journey, dates: string[]): Promise<ReadTable[]> {
  const value = `{${dates.join(",")}}`;
  const ofDates = "date = ANY($1::date[])";
  const ofRaces = `race_id IN (SELECT id FROM ra_races WHERE ${ofDates})`;
  return [
    await readTable(job, stores.target, "ra_races", { sql: ofDates, value }),
    await readTable(job, stores.target, "ra_runners", { sql: ofRaces, value }),
  ];
}

function compare({ job }: Journey, days: readonly Day[], [races, runners]: ReadTable[]): void {
  const all = (table: "ra_races" | "ra_runners") => new Map(days.flatMap((day) => [...day[table]]));
  assertTable(job, "ra_races", races!, all("ra_races"));
  assertTable(job, "ra_runners", runners!, all("ra_runners"));
}

/** Asserts that each window held as many records as the API declares for its dates, and that together they are all. */
function assertAsStated(ran: Ran, stream: string, totals: ReadonlyMap<string, number>): void {
  const seen = new Map<string, number>();
  for (const event of ran.events) {
    if (event.kind !== "window_done" || event.subject.stream !== stream) continue;
    const { from, to } = event.subject;
    const dates = [...totals.keys()].filter((date) => date >= from! && date < to!);
    for (const date of dates) seen.set(date, (seen.get(date) ?? 0) + 1);
    const stated = dates.reduce((sum, date) => sum + totals.get(date)!, 0);
    assertEquals(event.records, stated, `${stream} ${from} .. ${to}`);
  }
  const first = stream === "racecards" ? "2023-01-23" : "";
  const wanted = [...totals.keys()].filter((date) => date >= first);
  assertEquals([...seen].toSorted(), wanted.map((date) => [date, 1]));
}

/** Asserts that no row has another date, and that each date has as many races with a result as there are results. */
async function assertCounted(
  { stores }: Journey,
  results: ReadonlyMap<string, number>,
): Promise<void> {
  const { rows } = await stores.target.query(
    "SELECT date::text, COUNT(*) FROM ra_races WHERE has_result GROUP BY date ORDER BY date",
  );
  assertEquals(rows, [...results].filter(([, count]) => count > 0));
  const { rows: [total] } = await stores.target.query(
    "SELECT COUNT(*) FROM ra_runners ru LEFT JOIN ra_races r ON r.id = ru.race_id WHERE r.id IS NULL",
  );
  assertEquals(total, [0]);
}
