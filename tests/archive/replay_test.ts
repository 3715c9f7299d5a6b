// Rows from the archive alone: after the mapping changed, into another database, for a new stream; and what the
// archive does not hold is listed.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { archivingWorld, startThings, thingsJob } from "./things_api.ts";

const RANGE = "--start-date 2024-01-01 --end-date 2024-01-04";
const ALL = "SELECT count(*)::int AS rows FROM things";

Deno.test("--from-archive creates all rows in another database without a request", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill(RANGE);
  assertEquals(api.take().length, 12);
  const ledger = `SELECT "from", "to", records::int, pages, fetched_at::text FROM hindcast_windows`;

  await using other = await archivingWorld(thingsJob(api.url), { archive: world.archive! });
  const { summary, error } = await other.backfill(`${RANGE} --from-archive`);
  assertEquals([error, summary.ok, summary.requests], [undefined, true, 0]);
  assertEquals(api.take(), []);
  for (
    const sql of [
      "SELECT id FROM things ORDER BY id",
      `${ledger} ORDER BY 1`,
      'SELECT file::text, "offset", length FROM hindcast_archive ORDER BY 1, 2',
    ]
  ) assertEquals(await other.query(sql), await world.query(sql));

  await other.backfill(`${RANGE} --resume`);
  assertEquals(api.take(), []);
});

Deno.test("--from-archive fills a new column, a new table and a new stream on the same path", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill(RANGE);
  api.take();
  const job = `job: things
start: 2024-01-01
source: { url: "${api.url}" }
tables:
  things: { key: id, columns: { id: text, size: integer } }
  sizes: { key: size, columns: { size: integer } }
  again: { key: id, columns: { id: text } }
streams:
  things:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    records: items
    total: total
    paging: { by: page, size: 2 }
    rows: [{ table: things }, { table: sizes }]
  more:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    records: items
    total: total
    paging: { by: page, size: 2 }
    rows: again
`;
  await using changed = await archivingWorld(job);
  Object.assign(world, { job: changed.job });
  const { error } = await world.backfill(`${RANGE} --from-archive`);
  assertEquals(error, undefined);
  assertEquals(api.take(), []);
  assertEquals(
    await world.query("SELECT id, size FROM things WHERE id LIKE '2024-01-03%' ORDER BY id"),
    [1, 2, 3, 4, 5].map((size) => ({ id: `2024-01-03-${size}`, size })),
  );
  assertEquals(await world.query("SELECT count(*)::int AS rows FROM sizes"), [{ rows: 5 }]);
  assertEquals(await world.query("SELECT count(*)::int AS rows FROM again"), [{ rows: 20 }]);
});

Deno.test("--from-archive lists the windows that are not archived and says how to fetch them", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill("--start-date 2024-01-02 --end-date 2024-01-03");
  api.take();
  await using other = await archivingWorld(thingsJob(api.url), { archive: world.archive! });
  const { summary, error } = await other.backfill(`${RANGE} --from-archive`);
  assertEquals(await other.query(ALL), [{ rows: 10 }]);
  assertEquals(summary.outcome, "failed");
  assertEquals(
    (error as Failure).message,
    "Cannot replay everything: the archive does not contain the current responses of things 2024-01-01, things 2024-01-04",
  );
  assertStringIncludes(
    (error as Failure).hint!,
    "deno task backfill --resume --start-date 2024-01-01 --end-date 2024-01-04 --only things",
  );
  assertEquals(api.take(), []);
  await other.backfill(`${RANGE} --resume`);
  assertEquals(api.take().map((request) => request.slice(0, 10)), [
    ...Array(3).fill("2024-01-01"),
    ...Array(3).fill("2024-01-04"),
  ]);
});

Deno.test("--from-archive takes the newest reading of a window", async () => {
  let size = 1;
  await using api = startThings((day) => ({ total: 1, items: [{ id: day, size }] }));
  const job = thingsJob(api.url).replace("{ id: text }", "{ id: text, size: integer }");
  await using world = await archivingWorld(job);
  await world.backfill(RANGE);
  [size, world.nowMs] = [2, world.nowMs + 60_000];
  await world.backfill("--start-date 2024-01-02 --end-date 2024-01-02");
  await using other = await archivingWorld(job, { archive: world.archive! });
  assertEquals((await other.backfill(`${RANGE} --from-archive`)).error, undefined);
  assertEquals(await other.query("SELECT id, size FROM things ORDER BY id"), [
    { id: "2024-01-01", size: 1 },
    { id: "2024-01-02", size: 2 },
    { id: "2024-01-03", size: 1 },
    { id: "2024-01-04", size: 1 },
  ]);
});

Deno.test("--from-archive never replaces rows of responses that came later and were not archived", async () => {
  let size = 1;
  await using api = startThings((day) => ({ total: 1, items: [{ id: day, size }] }));
  await using world = await archivingWorld(
    thingsJob(api.url).replace("{ id: text }", "{ id: text, size: integer }"),
  );
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-03");
  const { archive } = world;
  [size, world.archive, world.nowMs] = [2, undefined, world.nowMs + 60_000];
  await world.backfill("--start-date 2024-01-02 --end-date 2024-01-02");
  world.archive = archive;
  const { error } = await world.backfill(
    "--start-date 2024-01-01 --end-date 2024-01-03 --from-archive",
  );
  assertStringIncludes((error as Failure).message, "the current responses of things 2024-01-02");
  assertEquals(await world.query("SELECT size FROM things ORDER BY id"), [
    ...[{ size: 1 }, { size: 2 }, { size: 1 }],
  ]);
});

Deno.test("--from-archive without an archive, or with an empty one, says so", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  const empty = await world.backfill(`${RANGE} --from-archive`).catch((error) => error);
  assertStringIncludes(empty.message, "it contains no complete window");
  world.archive = undefined;
  const none = await world.backfill(`${RANGE} --from-archive`).catch((error) => error);
  assertEquals(none.message, "Cannot replay the archive: no archive is configured");
});

Deno.test("--from-archive follows for_each: the values of a query come from the rows that it creates", async () => {
  await using api = serve((request) => {
    const { pathname } = new URL(request.url);
    return Response.json(
      pathname === "/teams" ? [{ id: "a" }, { id: "b" }] : [{ id: `${pathname} player` }],
    );
  });
  const job = `job: teams
start: 2024-01-01
source: { url: "${api.url}" }
tables:
  teams: { key: id, columns: { id: text } }
  players: { key: id, columns: { id: text } }
streams:
  teams: { request: /teams, rows: teams }
  players:
    request: "/teams/{each.team}/players"
    for_each: { team: { query: SELECT id FROM teams ORDER BY id } }
    rows: players
`;
  await using world = await archivingWorld(job);
  assertEquals((await world.backfill("")).error, undefined);
  await using other = await archivingWorld(job, { archive: world.archive! });
  const { error, summary } = await other.backfill("--from-archive");
  assertEquals([error, summary.requests], [undefined, 0]);
  assertEquals(await other.query("SELECT id FROM players ORDER BY id"), [
    { id: "/teams/a/players player" },
    { id: "/teams/b/players player" },
  ]);
});
