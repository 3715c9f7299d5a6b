// `--region-codes gb ire`: it reaches every endpoint under the parameter's name there, fetches these regions
// and no others, and coverage with it is kept apart from coverage without it.
import { assertEquals } from "@std/assert";
import { datesBetween, generatedLists, generatedTables } from "./generated.ts";
import { assertTables } from "./read_tables.ts";
import { setup } from "./setup.ts";

const DATE = "2025-09-13";
const RANGE = `--start-date ${DATE} --end-date ${DATE}`;
const REGIONS = ["gb", "ire"];

Deno.test("--region-codes is sent to each endpoint under that endpoint's name, however it is written", async () => {
  for (const flag of ["gb ire", "gb,ire", "gb --region-codes ire"]) {
    await using journey = await setup();
    const { asked } = await journey.backfill(`--region-codes ${flag} ${RANGE}`);
    assertEquals(asked.toSorted(), [
      "/v1/courses/regions",
      "/v1/courses?region_codes=gb&region_codes=ire",
      `/v1/racecards/pro?date=${DATE}&region_codes=gb&region_codes=ire&skip=0&limit=500`,
      `/v1/results?start_date=${DATE}&end_date=${DATE}&region=gb&region=ire&skip=0&limit=100`,
    ]);
  }
});

Deno.test("--region-codes fetches the races, runners and courses of these regions only", async () => {
  await using journey = await setup();
  const { job, stores, nowMs } = journey;
  await journey.backfill(`--region-codes gb ire ${RANGE}`);
  const { courses, regions } = generatedLists();
  const lists = {
    regions,
    courses: courses.filter(({ region_code }) => REGIONS.includes(String(region_code))),
  };
  const expected = generatedTables([DATE], { nowMs, regions: REGIONS }, lists);
  await assertTables(job, stores.target, expected);
});

Deno.test("coverage with regions and coverage without are kept apart", async () => {
  await using journey = await setup();
  const { job, stores, nowMs } = journey;
  const some = { region_codes: REGIONS };
  await journey.backfill(`--region-codes ire gb ${RANGE}`);
  assertEquals((await journey.knows("racecards", some)).coverage, [[DATE, DATE]]);
  assertEquals((await journey.knows("racecards")).coverage, []);
  assertEquals((await journey.backfill(`--resume --region-codes gb,ire ${RANGE}`)).asked, []);

  assertEquals((await journey.backfill(`--resume ${RANGE}`)).asked, [], "regions are taken over");

  const { asked } = await journey.backfill(RANGE);
  assertEquals(asked.filter((path) => path.includes("region_codes")), []);
  assertEquals(asked.length, 4, String(asked));
  assertEquals((await journey.knows("racecards")).coverage, [[DATE, DATE]]);
  await assertTables(job, stores.target, generatedTables(datesBetween(DATE, DATE), { nowMs }));
});

Deno.test("a region in another spelling is refused before any request is sent", async () => {
  await using journey = await setup();
  const refused = await journey.backfill(`--region-codes Great_Britain ${RANGE}`).catch(String);
  assertEquals(
    [String(refused).includes("Great_Britain"), journey.sandbox.counts.requests],
    [true, 0],
  );
});
