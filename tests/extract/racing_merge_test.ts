// The rows of the racing job are the same in whatever order, and however often, racecards and results
// are written: the streams run side by side, windows finish out of order, and days are fetched again.
// Played with the sandbox's races, run by a few horses and people whose facts change from day to day.
import { assert, assertEquals } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { compileExtractor } from "../../lib/extract/extractor.ts";
import type { RowSet } from "../../lib/extract/row_shape.ts";
import { racecardOf } from "../../lib/sandbox/world/racecard.ts";
import { racesOn } from "../../lib/sandbox/world/race.ts";
import { Dice } from "../../lib/sandbox/world/random.ts";
import { resultOf } from "../../lib/sandbox/world/result.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { REPOSITORY } from "../support/repository.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

const DAYS = ["2023-06-01", "2023-06-02", "2024-06-01", "2025-06-07"];
const RACES_PER_DAY = 9;

const job = await readJob(`${REPOSITORY}config/racing.yaml`, {
  readText: (path) => Deno.readTextFile(path),
  env: (name) => name === "RACING_API_URL" ? "http://127.0.0.1" : "unused",
});
const extractors = {
  racecards: compileExtractor(job, "racecards"),
  results: compileExtractor(job, "results"),
};

/** The rows that one endpoint's response for a day becomes. */
function answer(stream: "racecards" | "results", day: string): RowSet[] {
  const races = racesOn(day).slice(0, RACES_PER_DAY);
  const records = stream === "racecards"
    ? races.map(racecardOf)
    : races.filter(({ abandoned }) => !abandoned).map((race) => resultOf(race));
  const page = { body: null, header: () => null, window: null, each: {}, params: {} };
  const { sets, rejected } = extractors[stream].extract({
    ...page,
    records: records.map((record) => withFewHorses(JSON.parse(JSON.stringify(record)), day)),
  });
  assertEquals(rejected, []);
  return sets;
}

type Fields = Record<string, unknown>;

/** The record with the same few horses and people in every race, whose facts change each day. */
function withFewHorses(record: Fields & { runners: Fields[] }, day: string): Fields {
  const first = Number(String(record.race_id).slice(-3));
  const runners = record.runners.map((runner, at) => {
    const [horse, person] = [(first + at) % 60, (first + at) % 25];
    const isCard = "sex_code" in runner;
    const code = day < "2024" ? "C" : "G";
    return {
      ...runner,
      horse_id: `hrs_${horse}`,
      horse: `Horse in ${day.slice(0, 4)}${isCard ? "" : " (IRE)"}`,
      ...isCard ? { region: "IRE", dob: "2019-04-01", breeder: "A Stud" } : {},
      ...ancestors(horse, isCard),
      ...isCard ? { sex_code: code, sex: code === "C" ? "colt" : "gelding" } : { sex: code },
      ...isCard ? { colour: day < "2025" ? "b" : "gr", trainer_location: `Yard of ${day}` } : {},
      trainer_id: `trn_${person}`,
      trainer: `Trainer in ${day.slice(0, 4)}${isCard ? "" : ", as results say"}`,
      owner_id: `own_${person}`,
      owner: `Owner in ${day}`,
      jockey_id: `jky_${person}`,
      jockey: `Jockey in ${day}`,
    };
  });
  return { ...record, runners };
}

/** Pedigrees do not change, only how the two endpoints write them. */
function ancestors(horse: number, isCard: boolean): Fields {
  return Object.fromEntries(
    ["sire", "dam", "damsire"].flatMap((kind) => [
      [`${kind}_id`, `${kind.slice(0, 3)}_${horse % 7}`],
      [kind, `The ${kind}${isCard || kind === "damsire" ? "" : " (FR)"}`],
      ...isCard ? [[`${kind}_region`, "FR"]] : [],
    ]),
  );
}

const cards = DAYS.map((day) => answer("racecards", day));
const results = DAYS.map((day) => answer("results", day));

/** The contents of the tables after the writes; repeating any of them must change nothing. */
async function contentAfter(writes: readonly RowSet[][]): Promise<Map<string, string[]>> {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  await target.prepare(job.tables);
  for (const sets of writes) await target.write(sets, []);
  const content = new Map<string, string[]>();
  for (const [name, { columns, key }] of Object.entries(job.tables)) {
    const { rows } = await target.query(
      `SELECT ROW(${Object.keys(columns).map((column) => `"${column}"`).join(", ")})::text ` +
        `FROM ${name} ORDER BY ${key.join(", ")}`,
    );
    content.set(name, rows.map(([text]) => String(text)));
  }
  return content;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const dice = new Dice(seed);
  return items.map((item) => ({ item, at: dice.float() })).sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The values of the newest card, although there are newer results, and cards and results of other days. */
const LAST_SAID = '(trn_0,"Trainer in 2025","Yard of 2025-06-07",t,"2025-06-07';

Deno.test("racing.yaml yields the same rows for every order of racecards and results, once or twice", async () => {
  const expected = await contentAfter([...cards, ...results]);
  assertEquals(expected.get("ra_races")?.length, DAYS.length * RACES_PER_DAY);
  assert(expected.get("ra_runners")!.length > 200);
  assert(expected.get("ra_mst_trainers")?.[0]?.startsWith(LAST_SAID));
  const orders: Record<string, RowSet[][]> = {
    "results first, the newest first": [...results.toReversed(), ...cards.toReversed()],
    "each twice": [...cards, ...cards, ...results, ...results, ...cards],
    "all in one write": [[...results, ...cards].flat()],
    "shuffled": shuffled([...cards, ...results, ...cards, ...results], 1),
    "shuffled otherwise": shuffled([...cards, ...results], 2),
  };
  for (const [order, writes] of Object.entries(orders)) {
    const content = await contentAfter(writes);
    for (const [table, rows] of expected) {
      assertEquals(content.get(table), rows, `${table}, ${order}`);
    }
  }
});

Deno.test("racing.yaml lets neither endpoint overwrite with null what the other wrote", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  await target.prepare(job.tables);
  for (const sets of [cards[0]!, results[0]!, cards[0]!]) await target.write(sets, []);
  const { rows: [counts] } = await target.query(`
    SELECT count(*) FILTER (WHERE has_result), count(*) FILTER (WHERE position IS NOT NULL),
           count(*) FILTER (WHERE sp_dec IS NOT NULL), count(*) FILTER (WHERE odds IS NULL),
           count(*) FILTER (WHERE non_runner IS NULL), count(*) FILTER (WHERE spotlight IS NOT NULL)
      FROM ra_runners`);
  const [withResult, placed, priced, withoutOdds, unknown, spotlit] = counts as number[];
  assert(withResult! > 50 && placed! > 50 && priced === withResult && spotlit! > 20);
  assertEquals([withoutOdds, unknown], [0, 0]);
  const again = await target.write([...cards[0]!, ...results[0]!], []);
  for (const [table, { inserted, updated }] of again.counts) {
    assertEquals([table, inserted, updated], [table, 0, 0]);
  }
});

Deno.test("racing.yaml has checks that run, and that pass on complete data", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  await target.prepare(job.tables);
  await target.write([...cards, ...results].flat(), []);
  for (const [name, { sql, expect }] of Object.entries(job.checks)) {
    const { rows } = await target.query(sql, { readOnly: true });
    if (expect === "no_rows") assertEquals(rows, [], name);
    else if (expect !== undefined) assert(rows.length === 1, name);
  }
  const of = async (name: string) => (await target.query(job.checks[name]!.sql)).rows;
  const races = DAYS.length * RACES_PER_DAY;
  assertEquals((await of("races_with_runners"))[0], [races, races]);
  assertEquals((await of("races_by_year")).map(([, count]) => count), [18, 9, 9]);
  assert((await of("days_without_race")).length === 100);
});
