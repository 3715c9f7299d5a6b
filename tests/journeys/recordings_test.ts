// The racing job on real responses: two days of recordings, replayed over HTTP, into both databases.
import { assertEquals } from "@std/assert";
import { isAbsent, recordingsFolder } from "../sandbox/shared_recordings.ts";
import { type Answers, ExpectedTables, type RaceFields } from "./expected_tables.ts";
import { assertSameTables, assertTable, type ReadTable, readTables } from "./read_tables.ts";
import { type Journey, setup } from "./setup.ts";

const RANGE = "--start-date 2025-10-13 --end-date 2025-10-14";

Deno.test({
  name: "backfill writes what the recordings contain, identically into PGlite and PostgreSQL",
  ignore: isAbsent,
  fn: async () => {
    const sandbox = { recordingsDir: recordingsFolder };
    await using server = await setup({ target: "postgres", sandbox });
    await using embedded = await setup({ target: "pglite", sandbox });
    const tables = await backfilled(server);
    assertSameTables(server.job, await backfilled(embedded), tables);
    await assertAsRecorded(server, tables);
  },
});

async function backfilled(journey: Journey): Promise<Record<string, ReadTable>> {
  const { summary, error, asked } = await journey.backfill(RANGE);
  assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
  const inOrder = asked.filter((path) => !path.startsWith("/v1/results")).toSorted();
  assertEquals(inOrder, [
    "/v1/courses",
    "/v1/courses/regions",
    "/v1/racecards/pro?date=2025-10-13&skip=0&limit=500",
    "/v1/racecards/pro?date=2025-10-14&skip=0&limit=500",
  ]);
  return await readTables(journey.job, journey.stores.target);
}

async function assertAsRecorded(
  { job }: Journey,
  tables: Record<string, ReadTable>,
): Promise<void> {
  const expected = new ExpectedTables({
    courses: [
      ...await recorded("courses.gb", "courses"),
      ...await recorded("courses.ire", "courses"),
    ],
    regions: await recorded("courses.regions"),
  });
  const rows = { ...expected.add(await recordedRaces()), ...expected.masters() };
  assertEquals([rows.ra_races.size, rows.ra_runners.size], [6, 50]);
  for (const [table, read] of Object.entries(tables)) {
    if (table === "ra_mst_bookmakers") assertEquals(read.size, 19);
    else assertTable(job, table, read, rows[table as keyof typeof rows]!);
  }
}

async function recordedRaces(): Promise<Answers> {
  return {
    racecards: [
      ...await recorded("racecards.pro.2025-10-13", "racecards"),
      ...await recorded("racecards.pro.2025-10-14", "racecards"),
    ],
    results: await recorded("results.2025-10-13", "results"),
  };
}

async function recorded(name: string, list?: string): Promise<RaceFields[]> {
  const { body } = JSON.parse(await Deno.readTextFile(`${recordingsFolder}/${name}.json`));
  return list === undefined ? body : body[list];
}
