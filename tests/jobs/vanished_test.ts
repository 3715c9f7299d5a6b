// What `vanished` promises, on real databases: rows that the API no longer returns are marked or deleted when
// their window was read whole, never otherwise, and come back when it returns them again.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { plainLines } from "../../lib/report/plain_lines.ts";
import { chance } from "../support/chance.ts";
import { serve } from "../support/http_server.ts";
import { openWorld, type World } from "./world.ts";

type Item = { id: string; day: string; n?: unknown; parts?: { no: number }[] };

/** An API of items with a day; `list` returns all of them, by stream. */
function items(list: (path: string) => Item[] | Response) {
  return serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const found = list(pathname.slice(1));
    if (found instanceof Response) return found;
    const [from, to] = [searchParams.get("from")!, searchParams.get("to")!];
    const inside = found.filter(({ day }) => day >= from && day <= to);
    const offset = Number(searchParams.get("offset") ?? 0);
    return Response.json({ data: inside.slice(offset, offset + 2), total: inside.length });
  });
}

const JOB = (url: string, vanished: string) =>
  `job: gone
start: 2025-10-01
source: { url: "${url}", retry: { attempts: 1 } }
tables:
  items: { key: id, columns: { id: text, day: date, n: integer }, vanished: ${vanished} }
  parts: { key: [item, no], columns: { item: text, no: integer }, vanished: delete }
streams:
  a:
    window: day
    request: { path: /a, query: { from: "{from}", to: "{last}" } }
    paging: { by: offset, size: 2 }
    total: total
    records: data
    rows: &rows
      - table: items
      - { table: parts, each: "parts[]", columns: { item: ^.id, no: no } }
  b:
    window: { min: 1d, max: 5d }
    request: { path: /b, query: { from: "{from}", to: "{last}" } }
    paging: { by: offset, size: 2 }
    total: total
    record_date: day
    records: data
    rows: *rows
`;

async function live(world: World): Promise<string[]> {
  const rows = await world.query("SELECT id FROM items WHERE vanished_at IS NULL ORDER BY id");
  return rows.map(({ id }) => String(id));
}

const RANGE = "--start-date 2025-10-01 --end-date 2025-10-05";

Deno.test("vanished marks and deletes rows, and removes marks again", async () => {
  const api: Record<string, Item[]> = {
    a: [
      { id: "x", day: "2025-10-02", parts: [{ no: 1 }, { no: 2 }] },
      { id: "y", day: "2025-10-02" },
      { id: "z", day: "2025-10-02" },
    ],
    b: [{ id: "z", day: "2025-10-03" }, { id: "w", day: "2025-10-04" }],
  };
  await using server = items((path) => api[path]!);
  await using world = await openWorld({ job: JOB(server.url, "mark") });
  await world.backfill(RANGE);
  await world.query("INSERT INTO items (id, day) VALUES ('own', '2025-10-02')");
  assertEquals(await live(world), ["own", "w", "x", "y", "z"]);
  // Gone from a: x and its parts, y, and z, which b still returns. Gone from b, outside the range: w.
  api.a = [{ id: "x", day: "2025-10-02", parts: [{ no: 2 }] }];
  api.b = api.b!.slice(0, 1);
  const { summary, events } = await world.backfill(
    "--start-date 2025-10-01 --end-date 2025-10-03",
  );
  assertEquals(await live(world), ["own", "w", "x", "z"]);
  assertEquals(await world.query("SELECT no FROM parts"), [{ no: 2 }]);
  assertEquals([summary.rows.items!.vanished, summary.rows.parts!.vanished], [1, 1]);
  const lines = events.flatMap(plainLines);
  assertStringIncludes(lines.at(-1)!, "2 rows vanished");
  assertStringIncludes(lines.at(-2)!, "1 vanished");
  api.a = [...api.a, { id: "y", day: "2025-10-02" }];
  await world.backfill(RANGE);
  assertEquals(await live(world), ["own", "x", "y", "z"]);
});

Deno.test("vanished does nothing for a window that failed, was read in part, or has rejected rows", async () => {
  const item = (id: string, n: unknown = 1): Item => ({ id, day: "2025-10-02", n });
  let now: Item[] | Response = [item("1"), item("2"), item("3")];
  await using server = items((path) =>
    path === "a" ? now instanceof Response ? now.clone() : now : []
  );
  await using world = await openWorld({ job: JOB(server.url, "mark") });
  await world.backfill(RANGE);
  now = new Response("no", { status: 400 });
  await world.backfill(RANGE);
  assertEquals(await live(world), ["1", "2", "3"]);
  now = [item("1", "no number"), item("4")];
  await world.backfill(RANGE);
  assertEquals(await live(world), ["1", "2", "3", "4"]);
  now = [item("1"), item("4")];
  await world.backfill("--resume");
  assertEquals(await live(world), ["1", "4"]);
});

Deno.test("vanished compares days in the job's time zone, even if only some of them are fetched again", async () => {
  // Half past midnight in London, on the day after that of UTC.
  let late = [{ id: "late", at: "2025-07-01T23:30:00Z", day: "2025-07-02" }];
  await using server = serve((request) => {
    const { searchParams } = new URL(request.url);
    const [from, to] = [searchParams.get("from")!, searchParams.get("to")!];
    const records = [{ id: "noon", at: "2025-07-01T12:00:00Z", day: "2025-07-01" }, ...late];
    return Response.json(records.filter(({ day }) => day >= from && day <= to));
  });
  await using world = await openWorld({
    job: `job: zones
time_zone: Europe/London
source: "${server.url}"
tables: { items: { key: id, columns: { id: text, at: timestamptz }, vanished: mark } }
streams:
  s:
    window: { min: 1d, max: 7d }
    request: { path: /, query: { from: "{from}", to: "{last}" } }
    record_date: at
    rows: items
`,
  });
  await world.backfill("--start-date 2025-07-01 --end-date 2025-07-07");
  late = [];
  await world.backfill("--start-date 2025-07-01 --end-date 2025-07-01");
  assertEquals(await live(world), ["late", "noon"]);
  await world.backfill("--start-date 2025-07-02 --end-date 2025-07-03");
  assertEquals(await live(world), ["noon"]);
});

Deno.test("vanished keeps the rows of other parameters, values and jobs", async () => {
  const served: Record<string, Item[]> = {};
  await using server = serve((request) =>
    Response.json(served[new URL(request.url).searchParams.get("k")!] ?? [])
  );
  const job = (name: string, vanished: string) =>
    `job: ${name}
source: "${server.url}"
params: { q: { default: all } }
tables: { items: { key: id, columns: { id: text }, vanished: ${vanished} } }
streams:
  s:
    for_each: { shop: [1, 2] }
    request: { path: /, query: { k: "${name} {each.shop} {params.q}" } }
    rows: items
`;
  const item = (id: string) => ({ id, day: "" });
  const set = (key: string, ...ids: string[]) => served[key] = ids.map(item);
  set("one 1 all", "a", "b");
  set("one 2 all", "b", "c");
  set("one 1 few", "d");
  set("two 1 all", "a", "e");
  await using world = await openWorld({ job: job("one", "delete") });
  await using other = await openWorld({ job: job("two", "keep") });
  const [first, second] = [world.job, other.job];
  const all = async () =>
    (await world.query("SELECT id FROM items ORDER BY id")).map(({ id }) => id);
  for (const run of ["", "--q few"]) await world.backfill(run);
  world.job = second;
  await world.backfill("");
  assertEquals(await all(), ["a", "b", "c", "d", "e"]);
  world.job = first;
  set("one 1 all");
  await world.backfill("");
  assertEquals(await all(), ["a", "b", "c", "d", "e"]);
  set("one 2 all", "c");
  await world.backfill("");
  assertEquals(await all(), ["a", "c", "d", "e"]);
});

for (const when of ["IMMEDIATE", "DEFERRED"]) {
  Deno.test(`vanished lists a row that the database refuses to delete, and tries again (${when})`, async () => {
    let now: Item[] = [{ id: "1", day: "2025-10-02" }, { id: "2", day: "2025-10-02" }];
    await using server = items((path) => path === "a" ? now : []);
    await using world = await openWorld({ job: JOB(server.url, "delete") });
    await world.backfill(RANGE);
    await world.query(
      `CREATE TABLE notes (item text REFERENCES items (id) DEFERRABLE INITIALLY ${when})`,
    );
    await world.query("INSERT INTO notes VALUES ('2')");
    now = now.slice(0, 1);
    const { summary, error, events } = await world.backfill(RANGE);
    assertEquals([error, summary.outcome], [undefined, "failed"]);
    const rejected = events.find((event) => event.kind === "row_rejected")!;
    assertStringIncludes(rejected.reason, "violates foreign key constraint");
    await world.query("DELETE FROM notes");
    await world.backfill("--resume");
    assertEquals(await world.query("SELECT id FROM items"), [{ id: "1" }]);
  });
}

Deno.test("vanished compares keys as the database does, for any strings", async () => {
  const types = { n: "numeric", at: "timestamptz", u: "uuid", t: "text" };
  let now = [
    { n: 1, at: "2025-10-02T00:00:00Z", u: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", t: `a"b\\{},'` },
    { n: 2, at: "2025-10-02T00:00:00Z", u: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", t: "é" },
  ];
  await using server = serve(() => Response.json(now));
  await using world = await openWorld({
    job: `job: keys
source: "${server.url}"
tables: { k: { key: [t, n, at, u], columns: ${JSON.stringify(types)}, vanished: delete } }
streams: { s: { request: /, rows: k } }
`,
  });
  await world.backfill("");
  now = now.map((row) => ({
    ...row,
    at: "2025-10-02T02:00:00.000+02:00",
    u: row.u.toLowerCase(),
    n: row.n + 0.0,
  }));
  const { summary } = await world.backfill("");
  assertEquals([summary.rows.k!.unchanged, summary.rows.k!.vanished], [2, undefined]);
  now = now.slice(1);
  await world.backfill("");
  assertEquals(await world.query("SELECT n FROM k"), [{ n: 2 }]);
});

Deno.test("vanished leaves in the tables what the API returned last, after any history", async () => {
  const random = chance("vanished");
  const pick = (count: number) => Math.floor(random() * count);
  for (const target of ["postgres", "pglite"] as const) await story(target, pick);
});

/** Random changes of an API and random runs; a model holds what the last fetch of each day returned. */
async function story(target: "postgres" | "pglite", pick: (count: number) => number) {
  const api: Record<string, Item[]> = { a: [], b: [] };
  const known = new Map<string, Set<string>>();
  const of = (stream: string, day: string) => {
    const id = `${stream} ${day}`;
    return known.get(id) ?? known.set(id, new Set()).get(id)!;
  };
  let failing = "";
  await using server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const stream = pathname.slice(1);
    const [from, to] = [searchParams.get("from")!, searchParams.get("to")!];
    const offset = Number(searchParams.get("offset") ?? 0);
    if (failing === stream && offset > 0) return new Response("no", { status: 400 });
    const inside = api[stream]!.filter(({ day }) => day >= from && day <= to);
    const page = inside.slice(offset, offset + 2);
    const isWhole = offset + 2 >= inside.length && inside.every(({ n }) => n === 1);
    if (isWhole) {
      for (const id of known.keys()) {
        const [ofStream, day] = id.split(" ");
        if (ofStream === stream && day! >= from && day! <= to) known.set(id, new Set());
      }
    }
    for (const { id, day, n } of isWhole ? inside : page) if (n === 1) of(stream, day).add(id);
    return Response.json({ data: page, total: inside.length });
  });
  await using world = await openWorld({ job: JOB(server.url, "delete"), target });
  const day = () => `2025-10-0${1 + pick(8)}`;
  for (let step = 0; step < 10; step++) {
    for (let change = 0; change < 5; change++) {
      const stream = pick(2) === 0 ? "a" : "b";
      const id = String(pick(9));
      const rest = api[stream]!.filter((item) => item.id !== id);
      const n = pick(12) === 0 ? "no number" : 1;
      api[stream] = pick(3) === 0 ? rest : [...rest, { id, day: day(), n }];
    }
    failing = pick(4) === 0 ? "ab"[pick(2)]! : "";
    const [start, end] = [day(), day()].sort();
    const resume = pick(3) === 0 ? " --resume" : "";
    await world.backfill(`--start-date ${start} --end-date ${end}${resume}`);
    const expected = [...new Set([...known.values()].flatMap((ids) => [...ids]))].sort();
    const found = await world.query("SELECT id FROM items ORDER BY id");
    assertEquals(found.map(({ id }) => id), expected, `after step ${step}`);
  }
}
