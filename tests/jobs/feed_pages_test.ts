// The pages of a feed's reading that was interrupted: the next run continues after the last page whose rows were
// committed, unless the API no longer knows that page or has other records there. Each record is in the table once.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { recorded } from "./recorded.ts";
import { openWorld, type World } from "./world.ts";

interface Item {
  readonly id: number | string;
}

const items = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ id: n + 1 }));

function jobOf(stream: string): string {
  return `job: feed
source: { url: "\${URL}", auth: { query: { key: "\${FEED_KEY}" } } }
tables: { items: { key: id, columns: { id: integer } } }
streams:
  items:
${stream}    records: items
    rows: items
`;
}

const env = (url: string) => ({ URL: url, FEED_KEY: "secret-of-feed" });

async function idsOf(world: World): Promise<number[]> {
  const rows = await world.query("SELECT id FROM items ORDER BY id");
  return rows.map(({ id }) => Number(id));
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

const BY_TOKEN = jobOf(`    request: { path: /items, query: { sync: "{since}" } }
    paging: { by: cursor, cursor: next, cursor_param: page }
    since: { cursor: nextSync }
`);

/** Pages of two items by token; `refused` gives the status of a request that fails. */
function byToken(log: readonly Item[], refused: (page: string | null) => number | undefined) {
  return ({ searchParams }: URL) => {
    const page = searchParams.get("page");
    const status = refused(page);
    if (status !== undefined) return Response.json({ message: "no" }, { status });
    const at = Number(page?.slice(1) ?? searchParams.get("sync") ?? 0);
    const next = at + 2;
    return Response.json({
      items: log.slice(at, next),
      ...next < log.length ? { next: `p${next}` } : { nextSync: String(log.length) },
    });
  };
}

Deno.test("a reading that fails on a page continues there, with its rejected rows and totals", async () => {
  const log = items(8);
  log[1] = { id: "two" };
  let isFailing = true;
  await using server = recorded(
    byToken(log, (page) => isFailing && page === "p4" ? 400 : undefined),
  );
  await using world = await openWorld({ job: BY_TOKEN, env: env(server.url) });
  const sent = () =>
    server.asked.splice(0).map(({ searchParams }) =>
      searchParams.get("page") ?? searchParams.get("sync")
    );
  assertEquals((await world.backfill("")).summary.windows.failed, 1);
  assertEquals([sent(), await idsOf(world)], [[null, "p2", "p4"], [1, 3, 4]]);

  isFailing = false;
  const second = await world.backfill("--resume");
  // The row of the first run is still rejected.
  assertEquals([second.summary.ok, second.summary.rejected], [false, 1]);
  assertEquals([sent(), await idsOf(world)], [["p4", "p6"], [1, 3, 4, 5, 6, 7, 8]]);
  const [feed] = await world.query(
    "SELECT cursor, ended, rejected, pages::int, records::int, rows::int, part FROM hindcast_feeds",
  );
  assertEquals(feed, {
    ...{ cursor: "8", ended: true, rejected: 1, pages: 4, records: 8, rows: 7, part: null },
  });

  log[1] = { id: 2 };
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(sent(), ["8", null, "p2", "p4", "p6"]);
  assertEquals(await idsOf(world), ids(8));
});

Deno.test("a page token that has expired begins the reading again in the same run", async () => {
  let refused: (page: string | null) => number | undefined = (page) =>
    page === "p4" ? 400 : undefined;
  await using server = recorded(byToken(items(8), (page) => refused(page)));
  await using world = await openWorld({ job: BY_TOKEN, env: env(server.url) });
  await world.backfill("");
  let isExpired = true;
  refused = (page) => {
    if (page === null) isExpired = false;
    return isExpired ? 404 : undefined;
  };
  server.asked.length = 0;
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(server.asked.map(({ searchParams }) => searchParams.get("page")), [
    ...["p4", null, "p2", "p4", "p6"],
  ]);
  assertEquals(await idsOf(world), ids(8));
});

Deno.test("an API that is busy for a while costs a reading no committed page", async () => {
  let busy = 6;
  await using server = recorded(
    byToken(items(8), (page) => page === "p4" && busy-- > 0 ? 503 : undefined),
  );
  await using world = await openWorld({ job: BY_TOKEN, env: env(server.url) });
  assertEquals((await world.backfill("")).summary.ok, true);
  assertEquals(await idsOf(world), ids(8));
  const first = server.asked.filter(({ searchParams }) => !searchParams.has("page"));
  assertEquals(first.length, 1);
});

const BY_LINK = jobOf(`    request: { path: /items, query: { after: "{since}" } }
    paging: { by: next_link, link: next }
    since: { cursor: "items[0].id", page: first }
`);

Deno.test("a reading with the newest first keeps the cursor of its first page, and no key in its link", async () => {
  const log = items(6).toReversed();
  let isFailing = true;
  await using server = recorded(({ searchParams, origin }) => {
    if (searchParams.get("key") !== "secret-of-feed") return undefined;
    const at = Number(searchParams.get("at") ?? 0);
    if (isFailing && at === 4) return Response.json({}, { status: 400 });
    const after = Number(searchParams.get("after") ?? 0);
    const found = log.filter(({ id }) => Number(id) > after);
    return Response.json({
      items: found.slice(at, at + 2),
      next: at + 2 < found.length
        ? `${origin}/items?at=${at + 2}&after=${after}&key=secret-of-feed`
        : null,
    });
  });
  await using world = await openWorld({ job: BY_LINK, env: env(server.url) });
  await world.backfill("");
  const [{ part }] = await world.query("SELECT part FROM hindcast_feeds") as [{ part: string }];
  assertStringIncludes(part, "at=4&after=0");
  assertEquals(part.includes("secret-of-feed"), false);
  isFailing = false;
  log.unshift({ id: 7 });
  server.asked.length = 0;
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(server.asked.map(({ searchParams }) => searchParams.get("at")), ["4", "6"]);
  server.asked.length = 0;
  assertEquals((await world.backfill("--resume")).summary.ok, true);
  assertEquals(server.asked.map(({ searchParams }) => searchParams.get("after")), ["6"]);
  assertEquals(await idsOf(world), ids(7));
});

const BY_PAGE = jobOf(`    request: { path: /items, query: { after: "{since}" } }
    paging: { by: page, page_param: page, size_param: size, size: 2 }
    since: { cursor: "items[-1].id" }
`);
const BY_OFFSET = BY_PAGE.replace("by: page, page_param: page", "by: offset, offset_param: skip");

for (const [job, position] of [[BY_PAGE, "page"], [BY_OFFSET, "skip"]] as const) {
  Deno.test(`a reading by ${position} continues if its last page has the same records, else it begins again`, async () => {
    let log = items(9);
    let isFailing = true;
    await using server = recorded(({ searchParams }) => {
      const [size, page, skip] = ["size", "page", "skip"].map((name) =>
        Number(searchParams.get(name) ?? 0)
      );
      const found = log.filter(({ id }) => Number(id) > Number(searchParams.get("after") ?? 0));
      const at = skip! || (Math.max(1, page!) - 1) * size!;
      if (isFailing && at >= 6) return Response.json({}, { status: 400 });
      return Response.json({ items: found.slice(at, at + size!) });
    });
    await using world = await openWorld({ job, env: env(server.url) });
    const sent = () =>
      server.asked.splice(0).map(({ searchParams }) => Number(searchParams.get(position)));
    const at = (...pages: number[]) =>
      position === "page" ? pages : pages.map((page) => 2 * (page - 1));
    await world.backfill("");
    assertEquals([sent(), await idsOf(world)], [at(1, 2, 3, 4), ids(6)]);
    // A record that was deleted meanwhile moves the others to earlier pages.
    log = log.slice(1);
    isFailing = false;
    const { summary } = await world.backfill("--resume");
    assertEquals([summary.ok, sent()], [true, at(3, 1, 2, 3, 4, 5)]);
    assertEquals(await idsOf(world), ids(9));

    await world.backfill("--from-start");
    sent();
    isFailing = true;
    await world.backfill("--from-start");
    isFailing = false;
    sent();
    assertEquals((await world.backfill("--resume")).summary.ok, true);
    assertEquals(sent(), at(3, 4, 5));
    const [feed] = await world.query(
      "SELECT pages::int, records::int, cursor FROM hindcast_feeds ORDER BY seq DESC LIMIT 1",
    );
    assertEquals(feed, { pages: 5, records: 8, cursor: "9" });

    // Pages of another size begin elsewhere.
    isFailing = true;
    await world.backfill("--from-start");
    isFailing = false;
    sent();
    const stream = world.job.streams.items!;
    const paging = { ...stream.paging, size: 3 } as typeof stream.paging;
    world.job = { ...world.job, streams: { items: { ...stream, paging } } };
    assertEquals((await world.backfill("--resume")).summary.ok, true);
    assertEquals(sent()[0], at(1)[0]);
    assertEquals(await idsOf(world), ids(9));
  });
}
