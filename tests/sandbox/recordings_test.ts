import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { readRecordings } from "../../lib/sandbox/recordings.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/server.ts";
import { tempDir } from "../support/temp.ts";
import type { RaceFields } from "./days.ts";
import { isAbsent, recordingsFolder } from "./shared_recordings.ts";

const headers = { authorization: `Basic ${btoa("sandbox:sandbox-password-1")}` };

// deno-lint-ignore no-explicit-any -- the shape of each answer is what these tests are about
async function get(sandbox: Sandbox, path: string): Promise<any> {
  const response = await fetch(sandbox.url + path, { headers });
  assertEquals(response.status, 200, path);
  return await response.json();
}

// deno-lint-ignore no-explicit-any -- as above
async function recorded(name: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(`${recordingsFolder}/${name}.json`)).body;
}

function replay(): Promise<Sandbox> {
  return startSandbox({ recordingsDir: recordingsFolder, limit: 0 });
}

Deno.test(
  "a replay returns what was recorded and counts the records that it has",
  { ignore: isAbsent },
  async () => {
    await using sandbox = await replay();
    for (const date of ["2025-10-13", "2025-10-14"]) {
      const body = await recorded(`racecards.pro.${date}`);
      assertEquals(await get(sandbox, `/v1/racecards/pro?date=${date}`), { ...body, total: 2 });
    }
    const body = await recorded("results.2025-10-13");
    assertEquals(
      await get(sandbox, "/v1/results?start_date=2025-10-13&end_date=2025-10-13&limit=25"),
      {
        ...body,
        total: 2,
        limit: 25,
        query: [...body.query, ["limit", "25"]],
      },
    );
  },
);

Deno.test(
  "a replay pages, filters, and has no data for other dates",
  { ignore: isAbsent },
  async () => {
    await using sandbox = await replay();
    const { results } = await recorded("results.2025-10-13");
    const range = "/v1/results?start_date=2025-10-01&end_date=2025-10-31";
    const second = await get(sandbox, `${range}&limit=1&skip=1`);
    assertEquals([second.total, second.results], [2, [results[1]]]);
    assertEquals((await get(sandbox, `${range}&region=ire`)).total, 0);
    assertEquals((await get(sandbox, `${range}&region=GB`)).total, 2);
    const french = await get(sandbox, "/v1/racecards/pro?date=2025-10-14&region_codes=fr");
    assertEquals(french.racecards.map(({ course }: RaceFields) => course), ["Chantilly"]);
    const empty = await get(sandbox, "/v1/racecards/pro?date=2024-01-01");
    assertEquals([empty.racecards, empty.total], [[], 0]);
    assertEquals(await get(sandbox, `/v1/results/${results[1].race_id}`), results[1]);
    const horse = await fetch(`${sandbox.url}/v1/horses/hrs_1/pro`, { headers });
    assertEquals([horse.status, await horse.json()], [404, { detail: "Not found" }]);
  },
);

Deno.test(
  "a replay lists the courses and regions of all recordings",
  { ignore: isAbsent },
  async () => {
    await using sandbox = await replay();
    const { courses, total } = await get(sandbox, "/v1/courses?region_codes=gb&region_codes=ire");
    assertEquals([courses.length, total], [4, 4]);
    assertEquals((await get(sandbox, "/v1/courses?region_codes=ire")).total, 2);
    assertEquals((await get(sandbox, "/v1/courses/regions")).length, 2);
  },
);

Deno.test("a replay requires the credentials", { ignore: isAbsent }, async () => {
  await using sandbox = await replay();
  const response = await fetch(`${sandbox.url}/v1/courses`);
  assertEquals([response.status, await response.json()], [401, { detail: "Not authenticated" }]);
});

Deno.test("readRecordings() names the file that is not a recording", async () => {
  await using folder = tempDir();
  await assertRejects(() => readRecordings(folder.path), Failure, "it contains no .json file");
  await Deno.writeTextFile(folder.file("a.json"), '{"body": 1}');
  await assertRejects(() => readRecordings(folder.path), Failure, "a.json");
  await Deno.writeTextFile(folder.file("a.json"), "null");
  await assertRejects(() => readRecordings(folder.path), Failure, "it has no request.path");
  await Deno.writeTextFile(folder.file("a.json"), "{");
  await assertRejects(() => readRecordings(folder.path), Failure, "Cannot read recordings");
  await assertRejects(() => readRecordings(folder.file("none")), Failure, "none");
});
