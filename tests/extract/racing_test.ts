// config/racing.yaml against real responses of the API: every field of every race and runner is looked
// up in the rows it should have become, by expectations written here and not derived from the mapping.
import { assert, assertEquals } from "@std/assert";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { Extraction } from "../../lib/extract/extractor.ts";
import { REPOSITORY } from "../support/repository.ts";
import { extractBody, rowsOf } from "./extracting.ts";

const SHARED = new URL("../shared/racing-api/", `file://${REPOSITORY}`);
const absent = !existsSync(SHARED);
if (absent) {
  console.warn("racing_test: ../shared is absent, so nothing is compared with recordings");
}

type Fields = Record<string, unknown>;

/** Where a field goes: table, column, and the value derived from the field's. */
type Expectation = readonly [table: string, column: string, value?: (field: string) => unknown];

const none = (text: string) => ["", "-", "–"].includes(text);
const same = (text: string) => text;
const bareName = (text: string) => text.split(" (")[0];
const country = (text: string) => / \(([A-Z]+)\)$/.exec(text)?.[1] ?? null;
const noClaim = (text: string) => text.startsWith("NON-RUNNER") ? null : text.split("(")[0];
const claim = (text: string) => /\((\d)\)/.exec(text)?.[1] ?? "0";
const word = (text: string) => /^\d+$/.test(text) ? text : null;
const decimal = (text: string) => text.startsWith(".") ? `0${text}` : text;
const amount = (text: string) => text.replaceAll(/[£€,]/g, "");
const currency = (text: string) => ({ "£": "GBP", "€": "EUR" })[text[0] ?? ""] ?? null;
const seconds = (text: string) => {
  const [minutes, rest] = text.split(":");
  return (Number(minutes) * 60 + Number(rest)).toFixed(2);
};
const utc = (text: string) => `${new Date(text).toISOString().slice(0, 19).replace("T", " ")}+00`;
const SEXES: Fields = { F: "filly", G: "gelding", M: "mare", C: "colt", H: "horse", R: "rig" };

/** Fields that go unchanged, under their own name, to one table. */
const alike = (table: string, fields: string): [string, Expectation[]][] =>
  fields.split(" ").map((field) => [field, [[table, field]]]);

const RESULT: Record<string, Expectation[]> = {
  ...Object.fromEntries(alike(
    "ra_races",
    "date region race_name type pattern rating_band age_band going surface jumps winning_time_detail " +
      "comments non_runners tote_win tote_pl tote_ex tote_csf tote_tricast tote_trifecta",
  )),
  race_id: [["ra_races", "id"]],
  course: [
    ["ra_races", "course", (text) => text.replace(" (IRE)", "")],
    ["ra_mst_courses", "name", (text) => text.replace(" (IRE)", "")],
  ],
  course_id: [["ra_races", "course_id"], ["ra_mst_courses", "id"]],
  off: [["ra_races", "off_time"]],
  off_dt: [["ra_races", "off_dt", utc]],
  class: [["ra_races", "race_class"]],
  sex_rest: [["ra_races", "sex_restriction"]],
  dist: [["ra_races", "distance_round"], ["ra_races", "distance"]],
  dist_y: [["ra_races", "distance_y"]],
  dist_m: [["ra_races", "distance_m"]],
  dist_f: [["ra_races", "distance_f", (text) => text.replace("f", "")]],
};

const RESULT_RUNNER: Record<string, Expectation[]> = {
  ...Object.fromEntries(alike(
    "ra_runners",
    "age headgear weight_lbs sp sp_dec bsp time rpr tsr weight comment silk_url jockey_claim_lbs",
  )),
  horse_id: [
    ["ra_runners", "horse_id"],
    ["ra_mst_horses", "id"],
    ["ra_horse_pedigree", "horse_id"],
  ],
  horse: [
    ["ra_runners", "horse", bareName],
    ["ra_mst_horses", "name", bareName],
    ["ra_mst_horses", "region", country],
  ],
  number: [["ra_runners", "number", word], ["ra_runners", "number_text"]],
  position: [["ra_runners", "position", word], ["ra_runners", "position_text"]],
  draw: [["ra_runners", "draw"]],
  btn: [["ra_runners", "btn", decimal]],
  ovr_btn: [["ra_runners", "ovr_btn", decimal]],
  sex: [
    ["ra_runners", "sex_code"],
    ["ra_mst_horses", "sex_code"],
    ["ra_mst_horses", "sex", (code) => SEXES[code]],
  ],
  or: [["ra_runners", "official_rating"]],
  time: [["ra_runners", "time"], ["ra_runners", "time_seconds", seconds]],
  prize: [["ra_runners", "prize_won", amount], ["ra_runners", "prize_won_currency", currency]],
  jockey: [["ra_runners", "jockey"], ["ra_mst_jockeys", "name"]],
  jockey_id: [["ra_runners", "jockey_id"], ["ra_mst_jockeys", "id"]],
  trainer: [["ra_runners", "trainer"], ["ra_mst_trainers", "name"]],
  trainer_id: [["ra_runners", "trainer_id"], ["ra_mst_trainers", "id"]],
  owner: [["ra_runners", "owner"], ["ra_mst_owners", "name"]],
  owner_id: [["ra_runners", "owner_id"], ["ra_mst_owners", "id"]],
  ...ancestor("sire", bareName),
  ...ancestor("dam", bareName),
  ...ancestor("damsire", bareName),
};

const CARD: Record<string, Expectation[]> = {
  ...Object.fromEntries(alike(
    "ra_races",
    "date off_time race_name distance distance_round region pattern sex_restriction race_class type " +
      "age_band rating_band field_size going_detailed rail_movements stalls weather surface jumps " +
      "big_race is_abandoned tip verdict betting_forecast race_status",
  )),
  race_id: [["ra_races", "id"]],
  course: [["ra_races", "course"], ["ra_mst_courses", "name"]],
  course_id: [["ra_races", "course_id"], ["ra_mst_courses", "id"]],
  off_dt: [["ra_races", "off_dt", utc]],
  distance_f: [["ra_races", "distance_f"]],
  prize: [["ra_races", "prize", amount], ["ra_races", "prize_currency", currency]],
  going: [["ra_races", "going"], ["ra_races", "card_going"]],
};

const CARD_RUNNER: Record<string, Expectation[]> = {
  ...Object.fromEntries(alike(
    "ra_runners",
    "horse_id age headgear headgear_run wind_surgery wind_surgery_run spotlight form trainer_rtf silk_url " +
      "trainer_14_days prev_trainers prev_owners quotes stable_tour medical odds",
  )),
  horse: [["ra_runners", "horse"], ["ra_mst_horses", "name"]],
  dob: [["ra_mst_horses", "dob"]],
  sex: [["ra_mst_horses", "sex"]],
  sex_code: [["ra_runners", "sex_code"], ["ra_mst_horses", "sex_code"]],
  colour: [["ra_mst_horses", "colour"]],
  region: [["ra_mst_horses", "region"]],
  breeder: [["ra_mst_horses", "breeder"], ["ra_horse_pedigree", "breeder"]],
  trainer: [["ra_runners", "trainer"], ["ra_mst_trainers", "name"]],
  trainer_id: [["ra_runners", "trainer_id"], ["ra_mst_trainers", "id"]],
  trainer_location: [["ra_runners", "trainer_location"], ["ra_mst_trainers", "location"]],
  owner: [["ra_runners", "owner"], ["ra_mst_owners", "name"]],
  owner_id: [["ra_runners", "owner_id"], ["ra_mst_owners", "id"]],
  comment: [["ra_runners", "card_comment"]],
  number: [
    ["ra_runners", "number", word],
    ["ra_runners", "number_text"],
    ["ra_runners", "non_runner", (text) => String(text === "NR")],
  ],
  draw: [["ra_runners", "draw", (text) => text === "0" ? null : text]],
  lbs: [["ra_runners", "weight_lbs"]],
  ofr: [["ra_runners", "official_rating"]],
  rpr: [["ra_runners", "card_rpr"]],
  ts: [["ra_runners", "card_ts"]],
  jockey: [
    ["ra_runners", "jockey", noClaim],
    ["ra_mst_jockeys", "name", noClaim],
    ["ra_runners", "jockey_claim_lbs", claim],
  ],
  jockey_id: [["ra_runners", "jockey_id"], ["ra_mst_jockeys", "id"]],
  last_run: [
    ["ra_runners", "last_run"],
    ["ra_runners", "last_run_days", (text) => /^\d+/.exec(text)?.[0] ?? null],
  ],
  past_results_flags: [["ra_runners", "past_results_flags"]],
  ...ancestor("sire", same),
  ...ancestor("dam", same),
  ...ancestor("damsire", same),
  sire_region: [["ra_mst_sires", "region"], ["ra_horse_pedigree", "sire_region"]],
  dam_region: [["ra_mst_dams", "region"], ["ra_horse_pedigree", "dam_region"]],
  damsire_region: [["ra_mst_damsires", "region"], ["ra_horse_pedigree", "damsire_region"]],
};

/** Name and id of an ancestor; where the name carries the country (in results), that too. */
function ancestor(kind: string, name: (text: string) => unknown): Record<string, Expectation[]> {
  const inName: Expectation[] = name === same ? [] : [
    [`ra_mst_${kind}s`, "region", country],
    ["ra_horse_pedigree", `${kind}_region`, country],
  ];
  return {
    [kind]: [[`ra_mst_${kind}s`, "name", name], ["ra_horse_pedigree", kind, name], ...inName],
    [`${kind}_id`]: [
      ["ra_runners", `${kind}_id`],
      [`ra_mst_${kind}s`, "id"],
      ["ra_horse_pedigree", `${kind}_id`],
    ],
  };
}

Deno.test({
  name: "racing.yaml maps every field of the recorded results",
  ignore: absent,
  async fn() {
    const recorded = await bodyOf("recordings/results.2025-10-13.json");
    // One race at a time: the next may have the same trainer, and say it anew.
    for (const race of recorded.results as Fields[]) {
      const extraction = await extract("results", { results: [race] });
      assertMapped(extraction, race, RESULT, RESULT_RUNNER, "true");
    }
    assertEquals(rowsOf(await extract("results", recorded), "ra_runners").length, 19);
  },
});

Deno.test({
  name: "racing.yaml maps every field of the recorded racecards",
  ignore: absent,
  async fn() {
    let runners = 0;
    for (const day of ["2025-10-13", "2025-10-14"]) {
      const recorded = await bodyOf(`recordings/racecards.pro.${day}.json`);
      for (const race of recorded.racecards as Fields[]) {
        const extraction = await extract("racecards", { racecards: [race] });
        assertMapped(extraction, race, CARD, CARD_RUNNER, "false");
      }
      runners += rowsOf(await extract("racecards", recorded), "ra_runners").length;
    }
    assertEquals(runners, 31);
  },
});

Deno.test({
  name: "racing.yaml maps every field that the published description has",
  ignore: absent,
  async fn() {
    const schemas = (await read("openapi.json")).components.schemas;
    const cases = [
      ["results", "ResultStandard", "RunnerStandard", RESULT, RESULT_RUNNER, "true"],
      ["racecards", "RacecardOddsPro", "RunnerOddsPro", CARD, CARD_RUNNER, "false"],
    ] as const;
    for (const [stream, raceSchema, runnerSchema, ofRace, ofRunner, hasResult] of cases) {
      assertFields(schemas[raceSchema].properties, [...Object.keys(ofRace), "runners"]);
      assertFields(schemas[runnerSchema].properties, Object.keys(ofRunner));
      const race = {
        ...schemas[raceSchema].example,
        ...stream === "racecards" && { race_status: "x" },
      };
      const extraction = await extract(stream, { [stream]: [race] });
      assertMapped(extraction, race, ofRace, ofRunner, hasResult);
    }
  },
});

Deno.test({
  name: "racing.yaml maps courses, regions and horse profiles",
  ignore: absent,
  async fn() {
    const courses = await extract("courses", await bodyOf("recordings/courses.ire.json"));
    assertEquals(rowsOf(courses, "ra_mst_courses")[0], {
      id: "crs_4550",
      name: "Ballinrobe",
      region_code: "ire",
      region: "Ireland",
    });
    const regions = await extract("regions", await bodyOf("recordings/courses.regions.json"));
    assertEquals(rowsOf(regions, "ra_mst_regions"), [
      { code: "spa", name: "Spain" },
      { code: "gb", name: "Great Britain" },
    ]);
    const { example } = (await read("openapi.json")).components.schemas.HorsePro;
    const profile = await extract("horse_profiles", example);
    const [horse] = rowsOf(profile, "ra_mst_horses");
    assertEquals([horse?.id, horse?.name, horse?.region, horse?.dob, horse?.breeder], [
      "hrs_5344171",
      "Frankel",
      "GB",
      "2008-02-11",
      "Juddmonte Farms Ltd",
    ]);
    const [pedigree] = rowsOf(profile, "ra_horse_pedigree");
    assertEquals([pedigree?.dam, pedigree?.dam_region, pedigree?.damsire], [
      "Kind",
      "IRE",
      "Danehill",
    ]);
  },
});

Deno.test("racing.yaml lists 19 bookmakers, each once", async () => {
  const { streams } = await racing();
  const records = streams.bookmakers?.values ?? [];
  assertEquals(records.length, 19);
  assertEquals(new Set(records.map(({ code }) => code)).size, 19);
  assert(records.every(({ name, type, website }) => name && type && website));
});

/** Asserts that every field of a race and of its runners is where it should be, and nothing else. */
function assertMapped(
  extraction: Extraction,
  race: Fields,
  ofRace: Record<string, Expectation[]>,
  ofRunner: Record<string, Expectation[]>,
  hasResult: string,
): void {
  assertEquals(extraction.rejected, []);
  const rows = rowFinder(extraction);
  const asOf = utc(String(race.off_dt));
  const fromCard = String(hasResult === "false");
  assertValues(rows, race, ofRace, { race });
  assertEquals(rows("ra_races", { race }).has_result, hasResult);
  for (const runner of race.runners as Fields[]) {
    assertValues(rows, runner, ofRunner, { race, runner });
    const { race_id, has_result } = rows("ra_runners", { race, runner });
    assertEquals([race_id, has_result], [race.race_id, hasResult]);
    for (const table of ["ra_mst_horses", "ra_mst_jockeys", "ra_mst_trainers", "ra_mst_owners"]) {
      const { as_of, from_card } = rows(table, { race, runner });
      assertEquals([as_of, from_card], [asOf, fromCard]);
    }
  }
}

interface Where {
  readonly race: Fields;
  readonly runner?: Fields;
}

type RowFinder = (table: string, where: Where) => Record<string, string | null>;

/** Finds the row that a race or a runner became in a table, by the table's key. */
function rowFinder(extraction: Extraction): RowFinder {
  const tables = new Map<string, Map<string, Record<string, string | null>>>();
  for (const { shape } of extraction.sets) {
    const rows = rowsOf(extraction, shape.table).map((row) => {
      const key = shape.key.map((at) => row[shape.columns[at]!]).join(" ");
      return [key, row] as const;
    });
    tables.set(shape.table, new Map(rows));
  }
  return (table, where) => {
    const row = tables.get(table)?.get(keyOf(table, where));
    assert(row !== undefined, `${table} has no row for ${keyOf(table, where)}`);
    return row;
  };
}

function keyOf(table: string, { race, runner = {} }: Where): string {
  if (table === "ra_races") return String(race.race_id);
  if (table === "ra_mst_courses") return String(race.course_id);
  if (table === "ra_runners") return `${race.race_id} ${runner.horse_id}`;
  if (table === "ra_horse_pedigree") return String(runner.horse_id);
  return String(runner[table.replace("ra_mst_", "").replace(/s$/, "_id")]);
}

function assertValues(
  rows: RowFinder,
  fields: Fields,
  expected: Record<string, Expectation[]>,
  where: Where,
): void {
  assertFields(fields, [...Object.keys(expected), "runners"]);
  for (const [field, expectations] of Object.entries(expected)) {
    for (const [table, column, value = same] of expectations) {
      const row = rows(table, where);
      assert(column in row, `${table} has no ${column}`);
      const label = `${field} in ${table}.${column}`;
      assertEquals(shown(row[column]!), expectedValue(fields[field], value), label);
    }
  }
}

/** A value as it should be; lists and objects are compared as such. */
function expectedValue(field: unknown, value: (field: string) => unknown): unknown {
  if (field === undefined || field === null) return null;
  if (typeof field === "boolean") return String(field);
  if (typeof field === "object") return field;
  return none(String(field)) ? value === claim ? "0" : null : value(String(field));
}

/** A row's value; JSON and lists are read back. */
function shown(text: string | null): unknown {
  if (text === null) return null;
  if (/^\{("[^"]*"(,"[^"]*")*)?\}$/.test(text)) return JSON.parse(`[${text.slice(1, -1)}]`);
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

function assertFields(fields: Fields, known: readonly string[]): void {
  assertEquals(Object.keys(fields).filter((field) => !known.includes(field)), []);
}

async function racing(): Promise<Job> {
  return await readJob(`${REPOSITORY}config/racing.yaml`, {
    readText: (path) => Deno.readTextFile(path),
    env: (name) => name === "RACING_API_URL" ? "http://127.0.0.1" : "unused",
  });
}

async function extract(stream: string, body: unknown): Promise<Extraction> {
  return extractBody(await racing(), body, {}, stream);
}

// deno-lint-ignore no-explicit-any
async function read(path: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(new URL(path, SHARED)));
}

async function bodyOf(path: string): Promise<Fields> {
  return (await read(path)).body;
}

function existsSync(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}
