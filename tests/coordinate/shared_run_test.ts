// What processes that share a run do together: every window once, whatever its kind, and stages in their order.
import { assert, assertEquals } from "@std/assert";
import { openSql } from "../faults/sql.ts";
import { serve } from "../support/http_server.ts";
import { OPTIONS, runShared } from "./shared_run.ts";

/** An API and the requests that it received; `answer` returns the records of a request. */
function api(answer: (query: URLSearchParams, path: string) => unknown) {
  const asked: string[] = [];
  const server = serve(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(`${pathname.slice(1)} ${[...searchParams.values()].join(" ")}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    return Response.json(answer(searchParams, pathname));
  });
  return Object.assign(server, { asked });
}

Deno.test("workers share a grid of for_each values: each value is fetched once, and every worker fetches some", async () => {
  await using server = api((query) => [{ id: query.get("code") }]);
  const codes = Array.from({ length: 400 }, (_, at) => `c${at}`);
  const { url, summaries } = await runShared(
    `job: grid
source: { url: "${server.url}", concurrency: 4 }
tables: { things: { key: id, columns: { id: text } } }
streams:
  things:
    request: { path: /things, query: { code: "{each.code}" } }
    for_each: { code: [${codes.join(", ")}] }
    rows: things
`,
    3,
  );
  assertEquals(server.asked.toSorted(), codes.map((code) => `things ${code}`).toSorted());
  assertEquals(summaries[0]!.windows, { planned: 400, done: 400, failed: 0, skipped: 0 });
  assert(summaries.slice(1).every(({ windows }) => windows.done > 20));
  await using sql = openSql(url);
  assertEquals(await sql.run("SELECT count(*)::int AS count FROM things"), [{ count: 400 }]);
});

Deno.test("workers share two streams of thousands of windows: each window is fetched once", async () => {
  await using server = api((query, path) => [{ id: path + query.get("day") }]);
  const stream = (name: string) =>
    `{ request: { path: /${name}, query: { day: "{from}" } }, window: day, rows: ${name} }`;
  const { summaries } = await runShared(
    `job: two
source: { url: "${server.url}", concurrency: 4 }
tables:
  ones: { key: id, columns: { id: text } }
  others: { key: id, columns: { id: text } }
streams: { ones: ${stream("ones")}, others: ${stream("others")} }
`,
    2,
    { options: { ...OPTIONS, start: "2021-01-01", end: "2023-12-31" } },
  );
  const twice = server.asked.filter((one, at) => server.asked.indexOf(one) !== at);
  assertEquals(twice, []);
  assertEquals(server.asked.length, 2190);
  assertEquals(summaries[0]!.windows, { planned: 2190, done: 2190, failed: 0, skipped: 0 });
});

Deno.test("a fed stream starts when the workers have finished the streams that feed it, and fetches every value once", async () => {
  await using server = api((query, path) =>
    path === "/days" ? [{ id: query.get("day") }] : [{ id: query.get("id"), detail: "x" }]
  );
  const { url } = await runShared(
    `job: fed
source: { url: "${server.url}", concurrency: 2 }
tables:
  days: { key: id, columns: { id: text } }
  details: { key: id, columns: { id: text, detail: text } }
streams:
  days:
    request: { path: /days, query: { day: "{from}" } }
    window: day
    rows: days
  details:
    request: { path: /details, query: { id: "{each.day.id}" } }
    for_each: { day: { query: "SELECT id, 1 AS one FROM days ORDER BY id" } }
    rows: details
`,
    3,
    { options: { ...OPTIONS, end: "2024-02-29" } },
  );
  const first = server.asked.findIndex((one) => one.startsWith("details"));
  assert(server.asked.slice(first).every((one) => one.startsWith("details")), "feeders come first");
  assertEquals(new Set(server.asked).size, 120);
  assertEquals(server.asked.length, 120);
  await using sql = openSql(url);
  assertEquals(await sql.run("SELECT count(*)::int AS count FROM details"), [{ count: 60 }]);
});

Deno.test("workers share auto windows: they cover the dates without overlap, and halves stay with their worker", async () => {
  await using server = api((query) => {
    const [from, to] = [query.get("from")!, query.get("to")!];
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
    const count = Math.min(10, days);
    return Array.from({ length: count }, (_, at) => ({
      id: new Date(Date.parse(from) + at * 86_400_000).toISOString().slice(0, 10),
    }));
  });
  const { url } = await runShared(
    `job: auto
source: { url: "${server.url}", concurrency: 2 }
tables: { days: { key: id, columns: { id: text } } }
streams:
  days:
    request: { path: /days, query: { from: "{from}", to: "{to}" } }
    window: { min: day, max: 16d }
    max_records: 10
    rows: days
`,
    3,
    { options: { ...OPTIONS, end: "2024-12-31" } },
  );
  await using sql = openSql(url);
  assertEquals(await sql.run("SELECT count(*)::int AS count FROM days"), [{ count: 366 }]);
  const overlaps = await sql.run(`SELECT a."from" FROM hindcast_windows a JOIN hindcast_windows b
    ON a."from" < b."to" AND a."to" > b."from" AND a.ctid <> b.ctid`);
  assertEquals(overlaps, []);
});

Deno.test("eight workers that write the same rows of two tables never deadlock", async () => {
  await using server = api((query) =>
    Array.from({ length: 40 }, (_, at) => ({
      id: `r${(at * 7 + Number(query.get("day")!.slice(-2))) % 50}`,
      day: query.get("day"),
    }))
  );
  const { url } = await runShared(
    `job: same
source: { url: "${server.url}", concurrency: 4 }
tables:
  ones: { key: id, columns: { id: text, day: text } }
  others: { key: id, columns: { id: text, day: text } }
streams:
  days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: [{ table: ones }, { table: others }] }
`,
    8,
    { options: { ...OPTIONS, end: "2024-06-30" } },
  );
  assertEquals(server.asked.length, new Set(server.asked).size);
  await using sql = openSql(url);
  assertEquals(
    await sql.run(`SELECT deadlocks::int, (SELECT count(*)::int FROM ones) AS ones,
      (SELECT count(*)::int FROM others) AS others
      FROM pg_stat_database WHERE datname = current_database()`),
    [{ deadlocks: 0, ones: 50, others: 50 }],
  );
});

/** Holds responses back until so many requests are waiting for one: with one in flight each, from as many processes. */
function untilAll(count: number): () => Promise<void> {
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    if (++waiting >= count) gate.resolve();
    return gate.promise;
  };
}

Deno.test("workers whose clocks are an hour apart agree on which dates may still change", async () => {
  const hourMs = 3_600_000;
  const all = untilAll(2);
  await using server = serve(async (request) => {
    await all();
    return Response.json([{ id: new URL(request.url).searchParams.get("day") }]);
  });
  // Half an hour before the last day is final, by the clock of the process that starts the run.
  const aheadMs = Date.parse("2024-01-11T23:30:00Z") - Date.now();
  const { url } = await runShared(
    `job: clocks
source: { url: "${server.url}", concurrency: 1 }
tables: { days: { key: id, columns: { id: text } } }
streams:
  days: { request: { path: /days, query: { day: "{from}" } }, window: day, settle: 1d, rows: days }
`,
    2,
    { clocksAheadMs: [aheadMs, aheadMs + hourMs] },
  );
  await using sql = openSql(url);
  const windows = await sql.run(`SELECT "from", settled, fetched_at < '2024-01-12 00:15Z' AS early
    FROM hindcast_windows ORDER BY "from"`);
  assertEquals(windows.length, 10);
  assertEquals(windows.filter(({ early }) => early !== true), []);
  assertEquals(windows.filter(({ settled }) => settled !== true).map(({ from }) => from), [
    "2024-01-10",
  ]);
  const workers = await sql.run("SELECT name FROM hindcast_workers WHERE windows > 0");
  assertEquals(workers.length, 2);
});

Deno.test("workers fetch the groups of a job one after the other, or the requested one", async () => {
  for (const groups of [[], ["masters"]]) {
    const all = untilAll(3);
    const asked: string[] = [];
    await using server = serve(async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      asked.push(pathname);
      await all();
      return Response.json([{ id: searchParams.get("day") }]);
    });
    const stream = (path: string, group: string) =>
      `{ group: ${group}, request: { path: ${path}, query: { day: "{from}" } }, window: day, rows: days }`;
    await runShared(
      `job: groups
source: { url: "${server.url}", concurrency: 1 }
tables: { days: { key: id, columns: { id: text } } }
streams:
  first: ${stream("/first", "masters")}
  second: ${stream("/second", "events")}
`,
      3,
      { options: { ...OPTIONS, groups } },
    );
    const streams = groups.length === 0 ? ["/first", "/second"] : ["/first"];
    assertEquals(asked, streams.flatMap((path) => Array(10).fill(path)));
  }
});
