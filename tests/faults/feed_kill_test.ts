// `kill -9` while a feed is read, at requests that the test chooses: the next run continues at the cursor of the last page
// whose rows were committed, no record is lost, and another worker takes over from one that died.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { serve } from "../support/http_server.ts";
import { size } from "./long.ts";
import { openSite, type Site } from "./site.ts";
import { openSql } from "./sql.ts";

const RECORDS = 24;

/** A feed of two records a page, whose requests wait until the test lets them pass. */
function startFeed() {
  const asked: number[] = [];
  const arrivals: PromiseWithResolvers<void>[] = [];
  const arrival = (count: number) => arrivals[count] ??= Promise.withResolvers<void>();
  let gate = { from: Infinity, opened: Promise.withResolvers<void>() };
  const server = serve(async ({ url }) => {
    const since = Number(new URL(url).searchParams.get("since"));
    asked.push(since);
    arrival(asked.length).resolve();
    if (asked.length >= gate.from) await gate.opened.promise;
    const ids = [since + 1, since + 2].filter((id) => id <= RECORDS);
    return Response.json({
      results: ids.map((id) => ({ id })),
      last_seq: ids.at(-1) ?? since,
      token: `t${RECORDS}`,
    });
  });
  return Object.assign(server, {
    asked,
    /** Resolves when as many requests have arrived. */
    arrived: (count: number) => arrival(count).promise,
    /** Holds responses back from a request on; returns what lets them go. */
    hold(from: number) {
      gate = { from, opened: Promise.withResolvers<void>() };
      return gate.opened.resolve;
    },
  });
}

const jobOf = (url: string) =>
  `job: feed
source: "${url}"
tables: { changes: { key: id, columns: { id: integer } } }
streams:
  changes:
    request: { path: /changes, query: { since: "{since}", limit: 2 } }
    since: { start: 0, cursor: last_seq }
    records: results
    rows: changes
`;

async function stateOf(site: Site) {
  await using sql = openSql(site.databaseUrl);
  const rows = await sql.run("SELECT id FROM changes ORDER BY id");
  const [feed] = await sql.run(
    "SELECT cursor, ended, pages::int, records::int FROM hindcast_feeds ORDER BY seq DESC LIMIT 1",
  );
  return { ids: rows.map(({ id }) => Number(id)), feed };
}

const ALL = Array.from({ length: RECORDS }, (_, at) => at + 1);

Deno.test("a feed killed at any request continues at the last committed page", async () => {
  await using api = startFeed();
  await using site = await openSite(jobOf(api.url), { database: "postgres" });
  // Each life reads some pages, and is killed while a request is in flight.
  for (const pages of size([4], [1, 2, 3, 5, 8])) {
    const last = api.asked.length + pages;
    const release = api.hold(last);
    {
      await using _life = site.spawn("backfill", pages > 2 ? ["--resume"] : []);
      await api.arrived(last);
    }
    release();
    const { ids } = await stateOf(site).catch(() => ({ ids: [] }));
    assertEquals(ids, ALL.slice(0, ids.length), "what was committed has no gap");
  }
  api.hold(Infinity);
  const ended = await site.run("backfill", ["--resume"]);
  assertEquals(ended.code, 0, ended.stderr);
  const { ids, feed } = await stateOf(site);
  assertEquals(ids, ALL);
  assertEquals(feed, {
    cursor: String(RECORDS),
    ended: true,
    pages: RECORDS / 2 + 1,
    records: RECORDS,
  });
});

Deno.test("the first reading of a feed by pages, killed on one of them, continues after the last committed page", async () => {
  await using api = startFeed();
  const job = jobOf(api.url)
    .replace('query: { since: "{since}", limit: 2 }', 'query: { from: "{since}" }')
    .replace(
      "since: { start: 0, cursor: last_seq }",
      "since: { cursor: token }\n" +
        '    paging: { by: cursor, cursor: last_seq, cursor_param: since, more: { path: "results[0]", not: [null] } }',
    );
  await using site = await openSite(job, { database: "postgres" });
  const release = api.hold(6);
  {
    await using _life = site.spawn("backfill");
    await api.arrived(6);
    // The page before may still be on its way to the database.
    while (await stateOf(site).then(({ ids }) => ids.length, () => 0) < 8) await delay(20);
  }
  release();
  const { ids, feed } = await stateOf(site);
  assertEquals(ids, ALL.slice(0, ids.length));
  assertEquals(feed, { cursor: null, ended: false, pages: 0, records: 0 });
  api.hold(Infinity);
  api.asked.length = 0;
  const ended = await site.run("backfill", ["--resume"]);
  assertEquals(ended.code, 0, ended.stderr);
  assertEquals(api.asked, ALL.filter((id) => id >= ids.length && id % 2 === 0));
  const after = await stateOf(site);
  assertEquals(after.ids, ALL);
  assertEquals(after.feed, { cursor: `t${RECORDS}`, ended: true, pages: 13, records: RECORDS });
});

Deno.test("one worker reads a feed, and another takes over when it dies", async () => {
  await using api = startFeed();
  await using site = await openSite(jobOf(api.url), { database: "postgres" });
  const release = api.hold(5);
  await using run = site.spawn("backfill", ["--workers", "2"]);
  await api.arrived(5);
  await using sql = openSql(site.databaseUrl);
  const workers =
    "SELECT w.pid::int AS pid, c.worker IS NOT NULL AS reads FROM hindcast_workers AS w " +
    "LEFT JOIN hindcast_claims AS c ON c.worker = w.worker WHERE w.ended_at IS NULL";
  let known = await sql.run(workers);
  while (known.length < 2 || !known.some(({ reads }) => reads)) {
    await delay(50);
    known = await sql.run(workers);
  }
  assertEquals(known.filter(({ reads }) => reads).length, 1);
  assertEquals(api.asked, [0, 2, 4, 6, 8], "each page is requested once");
  Deno.kill(Number(known.find(({ reads }) => reads)!.pid), "SIGKILL");
  release();
  await run.result;
  // The worker that is left may end after the process that started the run.
  while (!(await stateOf(site)).feed!.ended) await delay(50);
  const { ids, feed } = await stateOf(site);
  assertEquals(ids, ALL);
  assertEquals([feed!.cursor, feed!.ended], [String(RECORDS), true]);
  assertEquals(new Set(api.asked), new Set([...ALL.filter((id) => id % 2 === 0), 0]));
  // Only what the dead worker had not committed is requested again.
  assert(api.asked.length <= RECORDS / 2 + 1 + 5, `requests: ${api.asked.join(" ")}`);
});
