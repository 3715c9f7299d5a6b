// What a list of ages in `settle` promises: a window is fetched again once at each age, and no more after two
// fetches in a row that changed nothing; also on a machine whose checkpoint was rebuilt.
import { assertEquals } from "@std/assert";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { serve } from "../support/http_server.ts";
import { openWorld, type World } from "./world.ts";

const JOB = (url: string, settle: string, window = "day") =>
  `job: ages
start: 2025-10-01
time_zone: Europe/London
source: "${url}"
tables: { things: { key: id, columns: { id: text, v: text } } }
streams:
  things:
    request: { path: /, query: { from: "{from}", to: "{last}" } }
    window: ${window}
    settle: ${settle}
    rows: things
`;

/** An API with a record a day, whose value a test may change. */
function daily() {
  const [asked, values]: [string[], Map<string, string>] = [[], new Map()];
  const server = serve((request) => {
    const from = new URL(request.url).searchParams.get("from")!;
    asked.push(from.slice(5));
    return Response.json([{ id: from, v: values.get(from) ?? "a" }]);
  });
  return Object.assign(server, { values, take: () => asked.splice(0).sort() });
}

/** The days requested by a run that resumes at noon in London of a day of October 2025. */
async function resumed(world: World, api: { take(): string[] }, day: number, clock = "11:00") {
  world.nowMs = Date.parse(`2025-10-${String(day).padStart(2, "0")}T${clock}:00Z`);
  await world.backfill("--resume --start-date 2025-10-01 --end-date 2025-10-02");
  return api.take();
}

const BOTH = ["10-01", "10-02"];

Deno.test("settle: [1d, 3d, 14d] fetches a window once at each age", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url, "[14d, 1d, 3d]") });
  // 2 October is in progress at first, so it is fetched again the next day, whatever the ages.
  assertEquals(await resumed(world, api, 2), BOTH);
  let changes = 0;
  const change = () =>
    ["2025-10-01", "2025-10-02"].forEach((day) => api.values.set(day, `${day} ${++changes}`));
  const seen: Record<number, string[]> = {};
  for (let day = 3; day <= 25; day++) {
    change();
    const asked = await resumed(world, api, day);
    if (asked.length > 0) seen[day] = asked;
    assertEquals(await resumed(world, api, day, "11:30"), []);
  }
  assertEquals(seen, {
    3: BOTH,
    4: ["10-02"],
    5: ["10-01"],
    6: ["10-02"],
    16: ["10-01"],
    17: ["10-02"],
  });
  const { unsettled } = await world.knows("things");
  assertEquals(unsettled, []);
});

Deno.test("settle: [1d, 3d, 14d] stops early after two fetches in a row without a change", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url, "[1d, 2d, 4d, 9d]") });
  assertEquals(await resumed(world, api, 3), BOTH);
  const seen: Record<number, string[]> = {};
  for (let day = 4; day <= 14; day++) {
    if (day === 4) api.values.set("2025-10-02", "b");
    if (day === 6) {
      // What is known of earlier fetches is in the target.
      const { target } = world.stores;
      const checkpoint = await world.stores.checkpoint(world.job);
      await catchUp({ job: "ages", checkpoint, target }, { isStored: true, fromZero: true });
    }
    const asked = await resumed(world, api, day);
    if (asked.length > 0) seen[day] = asked;
  }
  // 1 October was old by a day at its first fetch already; 2 October changed once.
  assertEquals(seen, { 4: BOTH, 5: ["10-02"], 6: ["10-01"], 7: ["10-02"] });
  assertEquals((await world.knows("things")).unsettled, []);
});

Deno.test("settle: [...] does not count fetches of one age, and 3d fetches until then", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url, "[5d, 9d]") });
  world.nowMs = Date.parse("2025-10-03T11:00Z");
  for (let run = 0; run < 4; run++) {
    await world.backfill("--start-date 2025-10-01 --end-date 2025-10-01");
  }
  api.take();
  assertEquals((await world.knows("things")).unsettled, [["2025-10-01", "2025-10-01"]]);
  assertEquals(await resumed(world, api, 7), BOTH);
  await using other = await openWorld({ job: JOB(api.url, "3d") });
  for (
    const [day, expected] of [[3, BOTH], [4, BOTH], [5, BOTH], [6, ["10-02"]], [7, []]] as const
  ) {
    assertEquals(await resumed(other, api, day), expected);
  }
});

Deno.test("settle: [...] fetches only the days of a long window that are due", async () => {
  await using api = daily();
  await using world = await openWorld({ job: JOB(api.url, "[2d, 20d]", "7d") });
  world.nowMs = Date.parse("2025-10-04T11:00Z");
  await world.backfill("--start-date 2025-10-01 --end-date 2025-10-03");
  api.take();
  world.nowMs = Date.parse("2025-10-05T11:00Z");
  await world.backfill("--resume");
  assertEquals(api.take(), ["10-02"]);
});
