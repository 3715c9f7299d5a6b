// Feeds: streams that continue at a cursor instead of having windows, in the ways in which APIs offer them. Each
// record is in the table exactly once, whatever a run does, and a run that finds nothing new sends one request.
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Target } from "../../lib/upsert/write/target.ts";
import { openStores } from "../../lib/cli/open_job.ts";
import { tempDir } from "../support/temp.ts";
import { recorded } from "./recorded.ts";
import { openWorld, type World } from "./world.ts";

interface Change {
  readonly id: number;
  readonly text: string;
}

const change = (id: number): Change => ({ id, text: `change ${id}` });
const changes = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => change(from + n));

const TABLES = "tables: { changes: { key: id, columns: { id: integer, text: text } } }";

function jobOf(stream: string, more = ""): string {
  return `job: feed\nsource: "\${URL}"\n${more}${TABLES}\nstreams:\n  changes:\n${stream}    rows: changes\n`;
}

/** A change feed as CouchDB has it: `since` is excluded, and the last sequence is returned always. */
const BY_SEQ = jobOf(`    request: { path: /changes, query: { since: "{since}", limit: 2 } }
    since: { start: 0, cursor: last_seq }
    records: results
`);

function bySeq(log: readonly Change[], limit = 2) {
  return ({ searchParams }: URL) => {
    const since = Number(searchParams.get("since"));
    const results = log.filter(({ id }) => id > since).slice(0, limit);
    return Response.json({ results, last_seq: results.at(-1)?.id ?? since });
  };
}

async function idsOf(world: World): Promise<number[]> {
  const rows = await world.query("SELECT id FROM changes ORDER BY id");
  return rows.map(({ id }) => Number(id));
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

for (const target of ["postgres", "pglite"] as Target["kind"][]) {
  Deno.test(`a feed is read to its end, and each later run continues at its cursor (${target})`, async () => {
    const log = changes(5);
    await using server = recorded(bySeq(log));
    await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url }, target });
    const { summary, error } = await world.backfill("");
    assertEquals([error, summary.outcome, summary.requests], [undefined, "done", 4]);
    assertEquals(server.asked.map(({ searchParams }) => searchParams.get("since")), [
      "0",
      "2",
      "4",
      "5",
    ]);
    assertEquals(await idsOf(world), ids(5));

    for (const argv of ["--resume", "", "--start-date 2025-10-01"]) {
      server.asked.length = 0;
      assertEquals((await world.backfill(argv)).summary.ok, true);
      assertEquals(server.asked.map(({ search }) => search), ["?since=5&limit=2"], argv);
    }

    log.push(...changes(1, 6));
    server.asked.length = 0;
    await world.backfill("--resume");
    assertEquals(server.asked.map(({ search }) => search), [
      "?since=5&limit=2",
      "?since=6&limit=2",
    ]);
    assertEquals(await idsOf(world), ids(6));
  });
}

/** Zendesk's incremental exports: a start in seconds, then a cursor, and a flag on the last page. */
const BY_FLAG = jobOf(
  `    request: { path: /export, query: { start_time: "{since.start|epoch}", cursor: "{since.cursor}" } }
    since: { start: 2020-01-01, cursor: after_cursor, more: { path: end_of_stream, is: [false] } }
    records: tickets
`,
);

Deno.test("a feed with a flag ends when the flag says so, and sends its start only once", async () => {
  const log = changes(5);
  await using server = recorded(({ searchParams }) => {
    const start = searchParams.get("start_time");
    if (start !== null && start !== "1577836800") return undefined;
    const from = Number(searchParams.get("cursor")?.slice(1) ?? 0);
    const tickets = log.slice(from, from + 2);
    const to = from + tickets.length;
    return Response.json({
      tickets,
      after_cursor: `c${to}`,
      after_url: "https://elsewhere.example/next",
      end_of_stream: to === log.length,
    });
  });
  await using world = await openWorld({ job: BY_FLAG, env: { URL: server.url } });
  const { summary } = await world.backfill("");
  assertEquals([summary.ok, summary.requests], [true, 3]);
  const sent = () => server.asked.splice(0).map(({ search }) => search);
  assertEquals(sent(), ["?start_time=1577836800", "?cursor=c2", "?cursor=c4"]);
  await world.backfill("--resume");
  assertEquals(sent(), ["?cursor=c5"]);
  log.push(...changes(3, 6));
  await world.backfill("--resume");
  assertEquals(sent(), ["?cursor=c5", "?cursor=c7"]);
  assertEquals(await idsOf(world), ids(8));
});

/** A search whose text has the position; an empty page has no record to take it from. */
const IN_TEXT = jobOf(
  `    request: { path: /search, method: POST, body: { q: "kind = 1 AND id > '{since}'", size: 2 } }
    since: { start: 0, cursor: "items[-1].id" }
    records: items
`,
);

Deno.test("a feed sends its position within the text of a query", async () => {
  const log = changes(5);
  const sent: string[] = [];
  await using server = recorded(async (_url, request) => {
    const { q } = await request.json();
    const from = Number(/^kind = 1 AND id > '(\d+)'$/.exec(q)?.[1] ?? NaN);
    sent.push(String(from));
    return Response.json({ items: log.filter(({ id }) => id > from).slice(0, 2) });
  });
  await using world = await openWorld({ job: IN_TEXT, env: { URL: server.url } });
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(sent.splice(0), ["0", "2", "4", "5"]);
  await world.backfill("--resume");
  assertEquals(sent, ["5"]);
  assertEquals(await idsOf(world), ids(5));
});

/** Google's calendars and people: pages by a page token, and a sync token on the last one. */
const BY_TOKEN = jobOf(`    request: { path: /events, query: { syncToken: "{since}" } }
    since: { cursor: nextSyncToken }
    paging: { by: cursor, cursor: nextPageToken, cursor_param: pageToken }
    records: items
`);

Deno.test("a feed with pages keeps the cursor of the last page, and an expired one is an error that says what to do", async () => {
  let log = changes(5);
  let oldest = 0;
  await using server = recorded(({ searchParams }) => {
    const from = Number(searchParams.get("syncToken")?.slice(1) ?? 0);
    if (searchParams.has("syncToken") && from < oldest) {
      return Response.json({ error: { message: "Sync token is no longer valid" } }, {
        status: 410,
      });
    }
    const at = Number(searchParams.get("pageToken") ?? from);
    const next = at + 2;
    const more = next < log.length;
    return Response.json({
      items: log.slice(at, next),
      ...more ? { nextPageToken: String(next) } : { nextSyncToken: `s${log.length}` },
    });
  });
  await using world = await openWorld({ job: BY_TOKEN, env: { URL: server.url } });
  const sent = () => server.asked.splice(0).map(({ search }) => search);
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(sent(), ["", "?pageToken=2", "?pageToken=4"]);
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?syncToken=s5"]);

  // The API forgets its old tokens, and begins a new history.
  [log, oldest] = [changes(7), 6];
  const refused = await world.backfill("--resume");
  assertEquals([refused.summary.ok, refused.summary.windows.failed], [false, 1]);
  assertEquals(sent(), ["?syncToken=s5"]);
  const checkpoint = await world.stores.checkpoint(world.job);
  const [entry] = await checkpoint.retryEntries();
  assertStringIncludes(
    entry!.reason,
    'Cannot continue the feed "changes": the API no longer accepts its cursor',
  );
  assertEquals(entry!.hint, "Restart it: deno task backfill --only changes --from-start");

  const anew = await world.backfill("--only changes --from-start");
  assertEquals([anew.summary.ok, sent()[0]], [true, ""]);
  assertEquals(await idsOf(world), ids(7));
  assertEquals(await (await world.stores.checkpoint(world.job)).retryEntries(), []);
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?syncToken=s7"]);
});

/** Microsoft Graph: the next reading continues at a URL. */
const BY_LINK = jobOf(`    request: { path: /users/delta, query: { select: id } }
    since: { link: '["@odata.deltaLink"]' }
    paging: { by: next_link, link: '["@odata.nextLink"]' }
    records: value
`);

Deno.test("a feed continues at the URL of its last response, on the host of the API only", async () => {
  const log = changes(3);
  let host: string | undefined;
  await using server = recorded(({ searchParams, origin }) => {
    const [from, skip] = ["deltatoken", "skiptoken"].map((name) =>
      Number(searchParams.get(name) ?? 0)
    );
    const at = Math.max(from!, skip!);
    const isLast = at + 2 >= log.length;
    const link = `${host ?? origin}/users/delta?${isLast ? "deltatoken" : "skiptoken"}=${
      Math.min(at + 2, log.length)
    }`;
    return Response.json({
      value: log.slice(at, at + 2),
      [isLast ? "@odata.deltaLink" : "@odata.nextLink"]: link,
    });
  });
  await using world = await openWorld({ job: BY_LINK, env: { URL: server.url } });
  const sent = () => server.asked.splice(0).map(({ search }) => search);
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(sent(), ["?select=id", "?skiptoken=2"]);
  log.push(change(4));
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?deltatoken=3"]);
  assertEquals(await idsOf(world), ids(4));

  host = "http://elsewhere.example";
  assertEquals((await world.backfill("--resume")).summary.windows.failed, 1);
  host = undefined;
  sent();
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?deltatoken=4"]);
});

/** Slack's histories: the newest record first, so the first page says where the next reading begins. */
const NEWEST_FIRST = jobOf(`    for_each: { channel: [a, b] }
    request: { path: "/history", query: { channel: "{each.channel}", oldest: "{since}" } }
    since: { cursor: "messages[0].id", page: first }
    paging: { by: cursor, cursor: next, cursor_param: cursor, more: has_more }
    records: messages
`);

Deno.test("a feed with the newest records first keeps the cursor of the first page, for each for_each value", async () => {
  const log = { a: changes(5), b: [] as Change[] };
  await using server = recorded(({ searchParams }) => {
    const of = log[searchParams.get("channel") as "a" | "b"];
    const oldest = Number(searchParams.get("oldest") ?? 0);
    const found = of.filter(({ id }) => id > oldest).toReversed();
    const at = Number(searchParams.get("cursor") ?? 0);
    const more = at + 2 < found.length;
    return Response.json({
      messages: found.slice(at, at + 2),
      has_more: more,
      next: more ? String(at + 2) : "",
    });
  });
  await using world = await openWorld({ job: NEWEST_FIRST, env: { URL: server.url } });
  const sent = () => server.asked.splice(0).map(({ search }) => search).sort();
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(sent(), ["?channel=a", "?channel=a&cursor=2", "?channel=a&cursor=4", "?channel=b"]);
  log.b.push(...changes(2, 11));
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?channel=a&oldest=5", "?channel=b"]);
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["?channel=a&oldest=5", "?channel=b&oldest=12"]);
  assertEquals(await idsOf(world), [...ids(5), 11, 12]);
});

Deno.test("a feed that cannot continue fails instead of ending or running forever", async () => {
  const cases: [string, (since: number, asked: number) => unknown, string][] = [
    // The page is full, and the cursor is the one that was sent: what follows would never be read.
    ["", (since) => ({ results: changes(2), last_seq: since }), "the page is full"],
    [
      "",
      (_, asked) => ({ results: [change(asked)], last_seq: asked < 3 ? asked : 1 }),
      "was sent before",
    ],
    ["", () => ({ results: changes(1) }), 'no value at "last_seq"'],
    [
      "|max_pages: 3",
      (since) => ({ results: [change(since + 1)], last_seq: since + 1 }),
      "more than 3 pages",
    ],
  ];
  for (const [keys, answer, expected] of cases) {
    await using server = recorded(({ searchParams }) =>
      Response.json(answer(Number(searchParams.get("since")), server.asked.length))
    );
    const [since = "", streamKey] = keys.split("|");
    const job = BY_SEQ.replace("last_seq }", `last_seq${since} }`)
      .replace(
        "    records: results",
        `${streamKey === undefined ? "" : `    ${streamKey}\n`}    records: results`,
      );
    await using world = await openWorld({ job, env: { URL: server.url } });
    const { summary } = await world.backfill("");
    assertEquals([summary.ok, summary.windows.failed], [false, 1], expected);
    const [entry] = await (await world.stores.checkpoint(world.job)).retryEntries();
    assertStringIncludes(entry!.reason, expected);
    assertEquals(server.asked.length <= 4, true);
  }
});

Deno.test("an API that includes the record of the cursor ends a feed by returning the same cursor", async () => {
  const log = changes(3);
  await using server = recorded(({ searchParams }) => {
    const since = Number(searchParams.get("since"));
    const results = log.filter(({ id }) => id >= since).slice(0, 2);
    return Response.json({ results, last_seq: results.at(-1)?.id ?? since });
  });
  // The limit is the API's own, so a full page cannot be told from any other.
  const job = BY_SEQ.replace(", limit: 2", "");
  await using world = await openWorld({ job, env: { URL: server.url } });
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(await idsOf(world), ids(3));
  server.asked.length = 0;
  assertEquals((await world.backfill("--resume")).summary.requests, 1);
});

Deno.test("a second machine with an empty checkpoint continues a feed at its cursor", async () => {
  const log = changes(3);
  await using server = recorded(bySeq(log));
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url } });
  await world.backfill("");
  await using folder = tempDir();
  await using elsewhere = await openStores({
    ...world.stores.settings,
    kvPath: folder.file("other.db"),
  });
  server.asked.length = 0;
  const second: World = { ...world, stores: elsewhere };
  assertEquals((await second.backfill("--resume")).summary.ok, true);
  assertEquals(server.asked.map(({ search }) => search), ["?since=3&limit=2"]);
});

Deno.test("a page with rejected rows is read again by each run until its rows are accepted", async () => {
  const log: Record<string, unknown>[] = changes(6).map((one) => ({ ...one }));
  log[2]!.id = "three";
  const seqOf = (record: Record<string, unknown>) => log.indexOf(record) + 1;
  await using server = recorded(({ searchParams }) => {
    const since = Number(searchParams.get("since"));
    const results = log.filter((one) => seqOf(one) > since).slice(0, 2);
    return Response.json({ results, last_seq: Math.min(since + 2, log.length) });
  });
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url } });
  const sent = () => server.asked.splice(0).map(({ searchParams }) => searchParams.get("since"));
  const entries = async () => await (await world.stores.checkpoint(world.job)).retryEntries();
  const first = await world.backfill("");
  assertEquals([first.summary.ok, first.summary.rejected], [false, 1]);
  assertEquals([sent(), await idsOf(world)], [["0", "2", "4", "6"], [1, 2, 4, 5, 6]]);
  assertEquals((await entries()).map(({ reason, rejected }) => [reason, rejected.length]), [[
    "1 row rejected",
    1,
  ]]);

  // A later page without rejected rows does not hide those of the earlier one.
  log.push({ ...change(7) });
  assertEquals((await world.backfill("--resume")).summary.ok, false);
  assertEquals(sent(), ["6", "7", "2"]);
  assertEquals((await entries()).length, 1);

  log[2]!.id = 3;
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals([sent(), await entries()], [["7", "2"], []]);
  assertEquals(await idsOf(world), ids(7));
  await world.backfill("--resume");
  assertEquals(sent(), ["7"]);
});

Deno.test("rows that the database refuses keep their page on the retry list", async () => {
  const log = changes(4);
  await using server = recorded(bySeq(log));
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url } });
  await world.stores.target.query(
    "CREATE TABLE changes (id integer PRIMARY KEY, text text CHECK (text <> 'change 3'))",
  );
  const first = await world.backfill("");
  assertEquals([first.summary.ok, await idsOf(world)], [false, [1, 2, 4]]);
  await world.stores.target.query("ALTER TABLE changes DROP CONSTRAINT changes_text_check");
  server.asked.length = 0;
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(await idsOf(world), ids(4));
  assertEquals(await (await world.stores.checkpoint(world.job)).retryEntries(), []);
});

Deno.test("--from-archive writes the pages of a feed again in order, and moves no cursor", async () => {
  const log = changes(3);
  await using server = recorded(bySeq(log));
  await using folder = tempDir();
  const archive = folder.file("archive");
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url }, archive });
  await world.backfill("");
  log.push(...changes(2, 4));
  world.nowMs += 60_000;
  await world.backfill("--resume");
  // The API changes a record: the newer text must win.
  log.push({ id: 6, text: "last" });
  world.nowMs += 60_000;
  await world.backfill("--resume");
  const positions = () =>
    world.query("SELECT seq, cursor, read_at, pages FROM hindcast_feeds ORDER BY seq DESC LIMIT 1");
  const [before, rows] = [
    await positions(),
    await world.query("SELECT id, text FROM changes ORDER BY id"),
  ];
  assertEquals(rows.length, 6);
  await world.query("TRUNCATE changes");
  server.asked.length = 0;
  const { summary, error } = await world.backfill("--from-archive");
  assertEquals([error, summary.ok, server.asked.length], [undefined, true, 0]);
  assertEquals(await world.query("SELECT id, text FROM changes ORDER BY id"), rows);
  assertEquals(await positions(), before);
  await world.backfill("--resume");
  assertEquals(server.asked.map(({ search }) => search), ["?since=6&limit=2"]);
});

Deno.test("a replay of a feed whose first page is not archived fails and says how to read it", async () => {
  const log = changes(3);
  await using server = recorded(bySeq(log));
  await using folder = tempDir();
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url } });
  await world.backfill("");
  world.archive = folder.file("archive");
  await world.backfill("--resume");
  const { error } = await world.backfill("--from-archive");
  assertStringIncludes(
    String(error),
    "the archive does not contain the current responses of changes",
  );
});

Deno.test("a page that fails leaves the feed at its cursor, and the next run continues there", async () => {
  const log = changes(6);
  const respond = bySeq(log);
  let isFailing = true;
  await using server = recorded((url) =>
    isFailing && url.searchParams.get("since") === "2"
      ? Response.json({ error: "bad" }, { status: 400 })
      : respond(url)
  );
  await using world = await openWorld({ job: BY_SEQ, env: { URL: server.url } });
  const failed = await world.backfill("");
  assertEquals([failed.summary.ok, failed.summary.windows.failed], [false, 1]);
  assertEquals(await idsOf(world), ids(2));
  const entries = async () => await (await world.stores.checkpoint(world.job)).retryEntries();
  assertStringIncludes((await entries())[0]!.reason, "400");
  isFailing = false;
  server.asked.length = 0;
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(server.asked.map(({ searchParams }) => searchParams.get("since")), ["2", "4", "6"]);
  assertEquals([await idsOf(world), await entries()], [ids(6), []]);
});

Deno.test("a page with a transient failure is fetched once more, and the feed continues from it", async () => {
  const respond = bySeq(changes(6));
  let busy = 5;
  await using server = recorded((url) =>
    url.searchParams.get("since") === "2" && busy-- > 0
      ? Response.json({ busy: true })
      : respond(url)
  );
  const job = BY_SEQ.replace(
    "    records:",
    "    error: { path: busy, means: retry }\n    records:",
  );
  await using world = await openWorld({ job, env: { URL: server.url } });
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(await idsOf(world), ids(6));
});
