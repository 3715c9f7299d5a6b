// By which keys vanished rows are compared: keys that the database considers equal, keys that jobs list in another
// order, and keys that changed since they were recorded. No row is deleted that the API still returns.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { serve } from "../support/http_server.ts";
import { openWorld, type World } from "./world.ts";

type Rows = Record<string, unknown>[];

/** An API with a list for each path. */
function lists(of: Record<string, Rows>) {
  return serve((request) => Response.json(of[new URL(request.url).pathname.slice(1)] ?? []));
}

const JOB = (url: string, table: string, name = "keys") =>
  `job: ${name}
source: "${url}"
tables: { k: { ${table}, vanished: delete } }
streams: { a: { request: /a, rows: k }, b: { request: /b, rows: k } }
`;

const jobOf = (text: string): Promise<Job> =>
  readJob("job.yaml", { readText: () => text, env: () => undefined });

const rowsOf = (world: World) => world.query("SELECT id, n FROM k ORDER BY id, n");

Deno.test("vanished keeps a row whose jsonb key is written in another order, in its window and in another", async () => {
  const api: Record<string, Rows> = {
    a: [{ id: { x: 1, y: 2 }, n: 1 }, { id: { z: 3 }, n: 2 }],
    b: [{ id: { z: 3.0 }, n: 2 }],
  };
  await using server = lists(api);
  await using world = await openWorld({
    job: JOB(server.url, "key: id, columns: { id: jsonb, n: integer }"),
  });
  await world.backfill("");
  api.a = [{ id: { y: 2, x: 1 }, n: 1 }];
  assertEquals((await world.backfill("")).summary.rows.k!.vanished, undefined);
  assertEquals((await rowsOf(world)).length, 2);
  api.b = [];
  assertEquals((await world.backfill("")).summary.rows.k!.vanished, 1);
});

Deno.test("vanished keeps a row of a citext key that another stream returns in other letters", async () => {
  const api: Record<string, Rows> = { a: [{ id: "Ann", n: 1 }], b: [{ id: "ANN", n: 1 }] };
  await using server = lists(api);
  const table = "key: id, columns: { id: text, n: integer }";
  await using world = await openWorld({ job: JOB(server.url, table) });
  try {
    await world.query("CREATE EXTENSION citext");
  } catch {
    return console.log("  skipped: the server has no citext");
  }
  await world.query("CREATE TABLE k (id citext PRIMARY KEY, n integer)");
  await world.backfill("");
  api.a = [];
  await world.backfill("");
  assertEquals((await rowsOf(world)).length, 1);
  api.b = [];
  await world.backfill("");
  assertEquals(await rowsOf(world), []);
});

Deno.test("vanished understands what another job returned, whatever the order of its key", async () => {
  const api: Record<string, Rows> = { a: [{ id: 1, n: 2 }, { id: 3, n: 4 }], b: [] };
  await using server = lists(api);
  const columns = "columns: { id: integer, n: integer }";
  await using world = await openWorld({ job: JOB(server.url, `key: [n, id], ${columns}`) });
  const first = world.job;
  await world.backfill("");
  world.job = await jobOf(JOB(server.url, `key: [id, n], ${columns}`, "other"));
  await world.backfill("");
  world.job = first;
  api.a = [];
  await world.backfill("");
  assertEquals(await rowsOf(world), [{ id: 1, n: 2 }, { id: 3, n: 4 }]);
});

/** A key before and after a change, and the statements that change the table. */
const CHANGES: [string, string, string, string[]][] = [
  ["more columns", "key: id", "key: [id, n]", [
    "ALTER TABLE k DROP CONSTRAINT k_pkey, ADD PRIMARY KEY (id, n)",
  ]],
  ["fewer columns", "key: [id, n]", "key: id", [
    "ALTER TABLE k DROP CONSTRAINT k_pkey, ADD PRIMARY KEY (id)",
  ]],
  ["another column", "key: id", "key: n", [
    "ALTER TABLE k DROP CONSTRAINT k_pkey, ADD PRIMARY KEY (n)",
  ]],
];

for (const [name, before, after, statements] of CHANGES) {
  Deno.test(`vanished starts over when the key of a table changes to ${name}`, async () => {
    const columns = "columns: { id: text, n: integer }";
    const api: Record<string, Rows> = { a: [{ id: "007", n: 1 }, { id: "8", n: 2 }] };
    await using server = lists(api);
    await using world = await openWorld({ job: JOB(server.url, `${before}, ${columns}`) });
    await world.backfill("");
    world.job = await jobOf(JOB(server.url, `${after}, ${columns}`));
    for (const sql of statements) await world.query(sql);
    await showsNewKey(world);
    api.a = api.a!.slice(1);
    assertEquals((await world.backfill("")).summary.rows.k!.vanished, 1);
    assertEquals(await rowsOf(world), [{ id: "8", n: 2 }]);
  });
}

Deno.test("vanished keeps the rows of a key whose type changed, and starts over", async () => {
  const api: Record<string, Rows> = { a: [{ id: "007", n: 1 }, { id: "8", n: 2 }] };
  await using server = lists(api);
  const table = (type: string) => `key: id, columns: { id: ${type}, n: integer }`;
  await using world = await openWorld({ job: JOB(server.url, table("text")) });
  await world.backfill("");
  world.job = await jobOf(JOB(server.url, table("integer")));
  await world.query("ALTER TABLE k ALTER COLUMN id TYPE integer USING id::integer");
  await showsNewKey(world);
  assertEquals(await rowsOf(world), [{ id: 7, n: 1 }, { id: 8, n: 2 }]);
  // A wider type of the same kind is no change.
  world.job = await jobOf(JOB(server.url, table("bigint")));
  await world.query("ALTER TABLE k ALTER COLUMN id TYPE bigint");
  api.a = api.a!.slice(1);
  assertEquals((await world.backfill("")).summary.rows.k!.vanished, 1);
});

/** The first run with another key reports it, changes no row, and the next one has nothing to report. */
async function showsNewKey(world: World): Promise<void> {
  const { summary, events } = await world.backfill("");
  assertEquals([summary.outcome, summary.rows.k!.vanished], ["done", undefined]);
  const warnings = events.filter(({ kind }) => kind === "warning").map((event) =>
    JSON.stringify(event)
  );
  assertStringIncludes(warnings.join(), 'The key of table \\"k\\" has changed');
  const again = await world.backfill("");
  assertEquals(again.events.filter(({ kind }) => kind === "warning"), []);
  assertEquals([again.summary.outcome, again.summary.rows.k!.vanished], ["done", undefined]);
}
