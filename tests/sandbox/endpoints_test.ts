import { assert, assertEquals } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { answer, endpoints, routeOf } from "../../lib/sandbox/endpoints.ts";
import { generatedSource, type Source } from "../../lib/sandbox/source.ts";
import { dates, type Fields, type RaceFields } from "./days.ts";
import { isAbsent, openapiFile, recordingsFolder } from "./shared_recordings.ts";

const noonMs = Date.parse("2025-10-15T12:00:00Z");
const source = generatedSource({ seed: 1, now: () => noonMs, settleDays: 0 });

/** Sends a request without a server: status and parsed body. */
function ask(url: string, from: Source = source): { status: number; body: Fields } {
  const { pathname, searchParams } = new URL(url, "http://sandbox");
  const reply = answer({ source: from, nowMs: noonMs }, routeOf(pathname)!, searchParams);
  return { status: reply.status, body: JSON.parse(String(reply.body)) };
}

function results(query: string): { results: RaceFields[]; total: number; query: unknown } {
  const { status, body } = ask(`/v1/results?${query}`);
  assertEquals(status, 200, query);
  return body as ReturnType<typeof results>;
}

function racecards(query: string): { racecards: RaceFields[]; total: number; query: unknown } {
  const { status, body } = ask(`/v1/racecards/pro?${query}`);
  assertEquals(status, 200, query);
  return body as ReturnType<typeof racecards>;
}

function complaints(url: string): string[] {
  const { status, body } = ask(url);
  assertEquals(status, 422, url);
  return (body.detail as { loc: string[]; type: string; msg: string; input: string }[])
    .map(({ loc, type }) => `${loc.join(".")} ${type}`);
}

const spread = ["1988-01-01", "1995-06-24", "2008-12-26", "2023-01-23", "2024-02-29", "2025-10-13"];

Deno.test({
  name: "every response is valid against the published schema, for dates over many years",
  ignore: isAbsent,
  fn: async () => {
    const validate = await validators();
    for (const date of spread) {
      check(validate("ResultsStandardPage"), `/v1/results?start_date=${date}&end_date=${date}`);
      check(validate("RacecardsOddsProPage"), `/v1/racecards/pro?date=${date}`);
    }
    for (const day of ["today", "tomorrow"]) {
      check(validate("RacecardsOddsPage"), `/v1/racecards/standard?day=${day}`);
    }
    const [race] = results("start_date=2025-10-13&end_date=2025-10-13").results;
    check(validate("ResultStandard"), `/v1/results/${race!.race_id}`);
    for (const runner of race!.runners) {
      check(validate("HorsePro"), `/v1/horses/${runner.horse_id}/pro`);
      check(validate("Horse"), `/v1/horses/${runner.horse_id}/standard`);
      check(validate("HorsePro"), `/v1/horses/${runner.sire_id!.replace("sir", "hrs")}/pro`);
    }
    check(validate("CoursesPage"), "/v1/courses?region_codes=gb&region_codes=ire");
    for (const region of ask("/v1/courses/regions").body as unknown as Fields[]) {
      assert(validate("Region")(region));
    }
    const wrong = ask("/v1/results?limit=x");
    assert(validate("HTTPValidationError")(wrong.body));
  },
});

/** A validator by the name of a schema component. */
async function validators(): Promise<(name: string) => ValidateFunction> {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(JSON.parse(await Deno.readTextFile(openapiFile)), "api");
  return (name) => ajv.compile({ $ref: `api#/components/schemas/${name}` });
}

function check(validate: ValidateFunction, url: string): void {
  const { status, body } = ask(url);
  assertEquals(status, 200, url);
  assert(validate(body), `${url}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
}

Deno.test({
  name: "responses have the fields of the recordings, in the same order",
  ignore: isAbsent,
  fn: async () => {
    const recorded = async (name: string) =>
      JSON.parse(await Deno.readTextFile(`${recordingsFolder}/${name}`)).body as Fields;
    const card = (await recorded("racecards.pro.2025-10-13.json")).racecards as RaceFields[];
    const result = (await recorded("results.2025-10-13.json")).results as RaceFields[];
    const optional = ["race_status", "bsp"];
    const names = (value: Fields) => Object.keys(value).filter((name) => !optional.includes(name));
    const cards = racecards("date=2025-10-13").racecards.filter((race) => "jumps" in race);
    const results_ = results("start_date=2025-10-13&end_date=2025-10-13").results
      .filter((race) => "jumps" in race);
    for (const race of cards) assertEquals(names(race), names(card[0]!));
    for (const race of results_) assertEquals(names(race), names(result[0]!));
    for (const runner of cards[0]!.runners) {
      assertEquals(names(runner), names(card[0]!.runners[0]!));
    }
    for (const { runners } of results_) {
      for (const runner of runners) assertEquals(names(runner), names(result[0]!.runners[0]!));
    }
    const page = await recorded("results.2025-10-13.json");
    assertEquals(
      Object.keys(ask("/v1/results?start_date=2025-10-13&end_date=2025-10-13").body),
      Object.keys(page),
    );
  },
});

Deno.test(
  "the endpoints' limits are those of the published description",
  { ignore: isAbsent },
  async () => {
    const openapi = JSON.parse(await Deno.readTextFile(openapiFile));
    for (const { path, requestsPerSecond } of endpoints) {
      const { description } = openapi.paths[path].get;
      assert(description.includes(`${requestsPerSecond} requests per second`), path);
    }
  },
);

Deno.test("results are sorted latest first, and pages cover the total exactly once", () => {
  const range = "start_date=2025-09-20&end_date=2025-09-26";
  const all = pages(range, 100);
  assertEquals(all.length, results(range).total);
  assertEquals(new Set(all.map(({ race_id }) => race_id)).size, all.length);
  assertEquals(pages(range, 37), all);
  const offs = all.map(({ off_dt }) => Date.parse(String(off_dt)));
  assertEquals(offs, offs.toSorted((a, b) => b - a));
  assertEquals(results(`${range}&skip=20000`).results, []);
});

function pages(query: string, limit: number): RaceFields[] {
  const all: RaceFields[] = [];
  for (let skip = 0; skip <= 2000; skip += limit) {
    const page = results(`${query}&limit=${limit}&skip=${skip}`).results;
    all.push(...page);
    if (page.length < limit) return all;
  }
  throw new Error("pages do not end");
}

Deno.test("a window of 365 days declares the sum of its days", () => {
  const year = results("start_date=2023-03-01&end_date=2024-02-29&skip=20000");
  const days = dates("2023-03-01", 366)
    .map((date) => results(`start_date=${date}&end_date=${date}&skip=20000`).total);
  assertEquals(year.total, days.reduce((sum, total) => sum + total, 0));
});

Deno.test("racecards are sorted by off time, and pages cover the total exactly once", () => {
  const { racecards: all, total } = racecards("date=2024-06-01");
  assertEquals(all.length, total);
  const offs = all.map(({ off_dt }) => Date.parse(String(off_dt)));
  assertEquals(offs, offs.toSorted((a, b) => a - b));
  const halves = [0, 20, 40].flatMap((skip) => {
    return racecards(`date=2024-06-01&limit=20&skip=${skip}`).racecards;
  });
  assertEquals(halves, all.slice(0, 60));
});

Deno.test("filters by region and by course partition the whole, and a course overrides a region", () => {
  const range = "start_date=2025-09-26&end_date=2025-09-28&limit=100";
  const all = pages(range, 100);
  const part = (query: string) => results(`${range}&${query}`).total;
  const elsewhere = [...new Set(all.map(({ region }) => region))]
    .filter((region) => region !== "GB" && region !== "IRE").map((region) => `region=${region}`);
  const others = elsewhere.length === 0 ? 0 : part(elsewhere.join("&"));
  assertEquals(part("region=gb") + part("region=IRE") + others, all.length);
  assertEquals(part("region=gb&region=ire") + others, all.length);
  assertEquals(part("region=xx"), 0);
  const course = all.find(({ region }) => region === "IRE")!.course_id;
  assertEquals(
    part(`region=gb&course=${course}`),
    all.filter(({ course_id }) => course_id === course).length,
  );
  const cards = racecards("date=2025-09-27&region_codes=ire").racecards;
  assert(cards.length > 0 && cards.every(({ region }) => region === "IRE"));
  assertEquals(
    racecards(`date=2025-09-27&region_codes=gb&course_ids=${cards[0]!.course_id}`).racecards,
    cards.filter(({ course_id }) => course_id === cards[0]!.course_id),
  );
});

Deno.test("filters on the terms of a race return matching races only", () => {
  const range = "start_date=2025-04-01&end_date=2025-06-30&limit=10";
  const cases: [query: string, is: (race: RaceFields) => boolean][] = [
    ["type=nh_flat", ({ type }) => type === "NH Flat"],
    ["type=chase&type=hurdle", ({ type }) => type === "Chase" || type === "Hurdle"],
    ["going=good_to_soft", ({ going }) => going === "Good To Soft"],
    ["race_class=class_2", (race) => race.class === "Class 2"],
    ["age_band=3yo%2B", ({ age_band }) => age_band === "3yo+"],
    ["age_band=3yo+", ({ age_band }) => age_band === "3yo+"],
    ["sex_restriction=f%26m", ({ sex_rest }) => sex_rest === "F&M"],
    [
      "min_distance_y=3000&max_distance_y=3600",
      ({ dist_y }) => +dist_y! >= 3000 && +dist_y! <= 3600,
    ],
  ];
  for (const [query, is] of cases) {
    const found = results(`${range}&${query}`);
    assert(found.total > 0, query);
    assert(found.results.every(is), query);
  }
});

Deno.test("a response repeats limit, skip and the query as it was sent", () => {
  const { body } = ask(
    "/v1/results?start_date=2025-09-26&end_date=2025-09-26&region=gb&region=ire",
  );
  assertEquals([body.limit, body.skip], [50, 0]);
  assertEquals(body.query, [
    ["start_date", "2025-09-26"],
    ["end_date", "2025-09-26"],
    ["region", "gb"],
    ["region", "ire"],
  ]);
  assertEquals(ask("/v1/racecards/pro?date=2025-09-26").body.limit, 500);
});

Deno.test("invalid requests are refused with all of their errors", () => {
  const range = "start_date=2024-01-01&end_date=2024-12-31";
  assertEquals(complaints(`/v1/results?${range}&limit=101&skip=20001`), [
    "query.limit less_than_equal",
    "query.skip less_than_equal",
  ]);
  assertEquals(complaints(`/v1/results?${range}&limit=0&skip=-1`), [
    "query.limit greater_than_equal",
    "query.skip greater_than_equal",
  ]);
  assertEquals(complaints(`/v1/results?${range}&limit=ten&min_distance_y=`), [
    "query.limit int_parsing",
    "query.min_distance_y int_parsing",
  ]);
  for (
    const wrong of [
      "start_date=2024-01-01&end_date=2025-01-01", // 366 days apart
      "start_date=1987-12-31&end_date=1988-01-02",
      "start_date=2024-01-02&end_date=2024-01-01",
    ]
  ) assertEquals(complaints(`/v1/results?${wrong}`), ["query.start_date value_error"]);
  assertEquals(complaints("/v1/results?start_date=2025-02-30&end_date=soon"), [
    "query.end_date date_parsing",
    "query.start_date date_parsing",
  ]);
  assertEquals(complaints("/v1/racecards/pro?date=2025-02-30&skip=501"), [
    "query.date date_parsing",
    "query.skip less_than_equal",
  ]);
  assertEquals(complaints("/v1/racecards/standard?day=monday"), ["query.day literal_error"]);
  assertEquals(results("start_date=2023-01-01&end_date=2024-01-01&limit=1").results.length, 1);
});

Deno.test("a race has a result once it is off, and a card from 2023-01-23 until a week ahead", () => {
  const today = "start_date=2025-10-15&end_date=2025-10-15&limit=100";
  const cards = racecards("date=2025-10-15").racecards.filter((card) => !card.is_abandoned);
  const eveningMs = Date.parse("2025-10-15T15:30:00+01:00");
  const evening = generatedSource({ seed: 1, now: () => eveningMs, settleDays: 0 });
  assertEquals(results(today).total, 0, "at noon no race has been run");
  const run = ask(`/v1/results?${today}`, evening).body.results as RaceFields[];
  const due = cards.filter(({ off_dt }) => Date.parse(String(off_dt)) <= eveningMs);
  assert(due.length > 3 && due.length < cards.length);
  assertEquals(run.map(({ race_id }) => race_id), due.map(({ race_id }) => race_id).reverse());
  const last = cards.at(-1)!.race_id;
  assertEquals(ask(`/v1/results/${last}`, evening).status, 404);
  const totals = ["2023-01-22", "2023-01-23", "2025-10-21", "2025-10-22"]
    .map((date) => racecards(`date=${date}`).total);
  assertEquals(totals.map((total) => total > 0), [false, true, true, false]);
});

Deno.test("unsettled results change for some days and then stay the same", () => {
  const settling = (date: string) => {
    const now = () => Date.parse(`${date}T21:30:00Z`);
    return ask(
      "/v1/results?start_date=2025-10-11&end_date=2025-10-11",
      generatedSource({ seed: 1, now, settleDays: 3 }),
    ).body;
  };
  assertEquals(settling("2025-10-11"), settling("2025-10-13"));
  assert(JSON.stringify(settling("2025-10-13")) !== JSON.stringify(settling("2025-10-14")));
  assertEquals(settling("2025-10-14"), settling("2026-10-14"));
});

Deno.test("horses are found by the ids of runners, sires and dams only", () => {
  const [card] = racecards("date=2025-10-13").racecards;
  for (const runner of card!.runners) {
    const { body } = ask(`/v1/horses/${runner.horse_id}/pro`);
    assertEquals(body.name, `${runner.horse} (${runner.region})`);
    assertEquals(
      [body.dob, body.colour_code, body.breeder, body.dam_id, body.damsire_id],
      [runner.dob, runner.colour, runner.breeder, runner.dam_id, runner.damsire_id],
    );
    assertEquals(ask(`/v1/horses/${runner.dam_id!.replace("dam", "hrs")}/pro`).status, 200);
  }
  for (const id of ["hrs_1", "hrs_x", "hrs_-7", "sir_7", "hrs_99999999999999"]) {
    assertEquals(ask(`/v1/horses/${id}/pro`), { status: 404, body: { detail: "Not found" } });
  }
  assertEquals(ask("/v1/results/rac_1").status, 404);
  assertEquals(routeOf("/v1/horses/pro"), undefined);
});

Deno.test("courses are listed by region, those of the recordings under the same ids", () => {
  const { body } = ask("/v1/courses?region_codes=GB&region_codes=ire");
  const courses = body.courses as Record<string, string>[];
  assertEquals(body.total, courses.length);
  assertEquals(new Set(courses.map(({ region_code }) => region_code)), new Set(["gb", "ire"]));
  const id = (name: string) => courses.find(({ course }) => course === name)?.id;
  assertEquals(
    ["Aintree", "Ascot", "Hereford", "Leicester", "Kempton (AW)", "Ballinrobe"].map(id),
    ["crs_832", "crs_52", "crs_624", "crs_780", "crs_28054", "crs_4550"],
  );
  assert((ask("/v1/courses").body.total as number) > courses.length);
  const regions = ask("/v1/courses/regions").body as unknown as Fields[];
  assert(regions.some(({ region, region_code }) => region === "Ireland" && region_code === "ire"));
});
