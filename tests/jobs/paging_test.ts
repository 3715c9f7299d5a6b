// Kinds of paging and authentication that no job in config/ uses, each from its request to the rows, and
// APIs whose pages form a cycle.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Recorded, recorded } from "./recorded.ts";
import { openWorld, type World } from "./world.ts";

const DAY = "--start-date 2025-01-31 --end-date 2025-01-31";

const ITEMS = Array.from({ length: 23 }, (_, at) => ({ id: `i${at}`, n: at }));

/** A job of one stream, whose records are items. */
function itemsJob(stream: string, source = ""): string {
  return `job: items
source: { url: "\${URL}"${source} }
tables: { items: { key: id, columns: { id: text, n: integer } } }
streams:
  items:
    window: day
${stream.replace(/^(?=.)/gm, "    ")}
    rows: items
`;
}

async function load(
  stream: string,
  server: Recorded,
  use: (world: World) => Promise<void> = loadsAll,
): Promise<void> {
  await using world = await openWorld({ job: itemsJob(stream), env: { URL: server.url } });
  await use(world);
}

async function loadsAll(world: World): Promise<void> {
  const { summary, error } = await world.backfill(DAY);
  assertEquals([error, summary.ok], [undefined, true]);
  const rows = await world.query("SELECT id, n FROM items ORDER BY n");
  assertEquals(rows, ITEMS);
}

const asked = (server: Recorded, name: string) =>
  server.asked.map(({ searchParams }) => searchParams.get(name));

Deno.test("pages are numbered in the path, from 0, until one is short", async () => {
  await using server = recorded(({ pathname }) => {
    const page = Number(/^\/items\/2025-01-31\/page\/(\d+)$/.exec(pathname)?.[1] ?? NaN);
    return Response.json(ITEMS.slice(page * 5, page * 5 + 5));
  });
  await load(
    `request: "/items/{from}/page/{page}"
paging: { by: page, in: path, first: 0, size: 5 }`,
    server,
  );
  assertEquals(server.asked.map(({ pathname, search }) => pathname.at(-1) + search), [
    ...["0", "1", "2", "3", "4"],
  ]);
});

Deno.test("a cursor is part of a query text, from its first value on", async () => {
  await using server = recorded(({ searchParams }) => {
    const [, after] = /^SELECT \* WHERE day = 2025-01-31 AND id > '(\w*)' LIMIT 5$/
      .exec(searchParams.get("q")!) ?? [];
    const at = ITEMS.findIndex(({ id }) => id === after) + 1;
    const records = ITEMS.slice(at, at + 5);
    return Response.json({ records, last: records.at(-1)?.id ?? null });
  });
  await load(
    `request: { path: /q, query: { q: "SELECT * WHERE day = {from} AND id > '{cursor}' LIMIT 5" } }
records: records
paging: { by: cursor, cursor: last, first: "", size: 5 }`,
    server,
  );
});

Deno.test("a cursor is a value of the body, without which the first request is sent", async () => {
  const bodies: unknown[] = [];
  await using server = recorded(async (_url, request) => {
    const body = await request.json();
    bodies.push(body.variables);
    const at = body.variables.after ?? 0;
    const end = at + 8;
    return Response.json({ nodes: ITEMS.slice(at, end), end: end < ITEMS.length ? end : null });
  });
  await load(
    `request:
  path: /graphql
  method: POST
  body: { query: "query($day: Date, $after: Int) { a }", variables: { day: "{from}", after: "{cursor}" } }
records: nodes
paging: { by: cursor, cursor: end }`,
    server,
  );
  const day = "2025-01-31";
  assertEquals(bodies, [{ day }, { day, after: 8 }, { day, after: 16 }]);
});

Deno.test("offsets are in the path, the page count in a header", async () => {
  await using server = recorded(({ pathname }) => {
    const offset = Number(pathname.split("/").at(-1));
    return Response.json(ITEMS.slice(offset, offset + 10));
  });
  await load(
    `request: "/{from}/{offset}"
paging: { by: offset, in: path, size: 10 }`,
    server,
  );
  await using numbered = recorded(({ searchParams }) => {
    const page = Number(searchParams.get("p"));
    return Response.json(ITEMS.slice(page * 10 - 10, page * 10), { headers: { "x-pages": "3" } });
  });
  await load(
    `request: "/?day={from}"
paging: { by: page, page_param: p, pages: $header.X-Pages }`,
    numbered,
  );
  assertEquals(asked(numbered, "p").sort(), ["1", "2", "3"]);
});

Deno.test("a total in Content-Range proves that a window is complete", async () => {
  await using server = recorded(({ searchParams }) => {
    const [from, size] = [Number(searchParams.get("offset")), Number(searchParams.get("limit"))];
    const range = `${from}-${Math.min(from + size, 23) - 1}/23`;
    const headers = { "content-range": range };
    return Response.json(ITEMS.slice(from, from + size), { status: 206, headers });
  });
  await load(
    `request: "/items?day=eq.{from}"
paging: { by: offset, size_param: limit, size: 10 }
total: $header.Content-Range`,
    server,
  );
});

Deno.test("a cursor starts with an asterisk and ends when it repeats on an empty page", async () => {
  await using server = recorded(({ searchParams }) => {
    const mark = searchParams.get("cursorMark")!;
    const from = mark === "*" ? 0 : Number(mark.slice(1));
    const docs = ITEMS.slice(from, from + 8);
    return Response.json({ docs, nextCursorMark: docs.length === 0 ? mark : `m${from + 8}` });
  });
  await load(
    `request: "/select?q=day:{from}"
paging: { by: cursor, cursor: nextCursorMark, cursor_param: cursorMark, first: "*" }
records: docs`,
    server,
  );
  assertEquals(asked(server, "cursorMark"), ["*", "m8", "m16", "m24"]);
});

Deno.test("GraphQL pages by a cursor in the variables of the body", async () => {
  const bodies: unknown[] = [];
  await using server = recorded(async (_, request) => {
    const { variables } = await request.json();
    bodies.push(variables);
    const from = Number(variables.after ?? 0);
    const pageInfo = { endCursor: String(from + 10), hasNextPage: from + 10 < 23 };
    return Response.json({ data: { items: { nodes: ITEMS.slice(from, from + 10), pageInfo } } });
  });
  await load(
    `request:
  method: POST
  body:
    query: "query($after: String) { items(after: $after) { nodes { id n } } }"
    variables: { day: "{from}" }
paging:
  { by: cursor, cursor: data.items.pageInfo.endCursor, cursor_param: variables.after, in: body,
    more: data.items.pageInfo.hasNextPage }
records: data.items.nodes`,
    server,
  );
  assertEquals(bodies, [
    { day: "2025-01-31" },
    { day: "2025-01-31", after: "10" },
    { day: "2025-01-31", after: "20" },
  ]);
});

Deno.test("a search continues after the sort values of its last record", async () => {
  const after: unknown[] = [];
  await using server = recorded(async (_, request) => {
    const { search_after: mark, size } = await request.json();
    after.push(mark);
    const from = mark === undefined ? 0 : ITEMS.findIndex(({ id }) => id === mark[1]) + 1;
    const hits = ITEMS.slice(from, from + size).map((item) => ({
      _source: item,
      sort: [item.n, item.id],
    }));
    return Response.json({ hits: { total: { value: 23 }, hits } });
  });
  await load(
    `request: { path: /_search, method: POST, body: { query: { range: { at: { gte: "{from|epoch_ms}", lt: "{to|epoch_ms}" } } } } }
paging: { by: cursor, cursor: "hits.hits[-1].sort", cursor_param: search_after, size_param: size, size: 9, in: body }
total: hits.total.value
records: hits.hits[]._source`,
    server,
  );
  assertEquals(after, [undefined, [8, "i8"], [17, "i17"]]);
});

Deno.test("an export continues until its flag ends it, however many records its pages hold", async () => {
  const pages = [ITEMS.slice(0, 9), [], ITEMS.slice(9, 11), ITEMS.slice(11)];
  await using server = recorded(({ searchParams }) => {
    const page = Number(searchParams.get("cursor") ?? 0);
    return Response.json({
      items: pages[page],
      after_cursor: String(page + 1),
      end_of_stream: page === 3,
    });
  });
  await load(
    `request: "/export?day={from}"
paging: { by: cursor, cursor: after_cursor, cursor_param: cursor, more: { path: end_of_stream, is: [false] } }
records: items`,
    server,
  );
});

Deno.test("a form is posted with the page number", async () => {
  await using server = recorded(async (_, request) => {
    const form = new URLSearchParams(await request.text());
    const page = Number(form.get("page"));
    return Response.json({ rows: ITEMS.slice(page * 9 - 9, page * 9), total: "23" });
  });
  await load(
    `request: { method: POST, form: { day: "{from|%d/%m/%Y}" } }
paging: { by: page, in: body, size_param: size, size: 9 }
total: total
records: rows`,
    server,
  );
});

Deno.test("OAuth2 fetches a token, keeps it, and fetches another before it expires and after a 401", async () => {
  const tokens: string[] = [];
  let refused = 0;
  await using auth = recorded(async (_, request) => {
    const form = new URLSearchParams(await request.text());
    const basic = atob(request.headers.get("authorization")!.replace("Basic ", ""));
    if (basic !== "me:s3cret" || form.get("audience") !== "items") {
      return Response.json({ error: "invalid_client" }, { status: 401 });
    }
    tokens.push(`token-${tokens.length + 1}`);
    return Response.json({ access_token: tokens.at(-1), token_type: "Bearer", expires_in: 3600 });
  });
  await using server = recorded(async (_, request) => {
    const { from } = await request.json();
    const isRevoked = from === "2025-02-02" && tokens.length === 1;
    if (isRevoked || request.headers.get("authorization") !== `Bearer ${tokens.at(-1)}`) {
      refused++;
      return Response.json({ error: "expired" }, { status: 401 });
    }
    const cursor = Number(request.headers.get("x-cursor") ?? 0);
    const lines = ITEMS.slice(cursor, cursor + 10).map((item) =>
      JSON.stringify({ ...item, id: `${from} ${item.id}` })
    );
    const next = cursor + 10 < 23 ? { "x-next": String(cursor + 10) } : undefined;
    return new Response(lines.join("\n"), {
      headers: { "content-type": "application/x-ndjson", ...next },
    });
  });
  const source = `, concurrency: 1, auth: { oauth2: { token_url: "${auth.url}/token", ` +
    `client_id: me, client_secret: "\${SECRET}", form: { audience: items } } }`;
  const text = itemsJob(
    `request: { path: /search, method: POST, body: { from: "{from}", to: "{to}" } }
paging: { by: cursor, cursor: $header.X-Next, cursor_param: X-Cursor, in: header }
format: ndjson`,
    source,
  );
  await using world = await openWorld({ job: text, env: { URL: server.url, SECRET: "s3cret" } });
  const ran = await world.backfill("--start-date 2025-02-01 --end-date 2025-02-03");
  assertEquals([ran.error, ran.summary.ok], [undefined, true]);
  assertEquals([tokens, refused], [["token-1", "token-2"], 1]);
  assertEquals(/s3cret|token-\d/.test(JSON.stringify(ran.events)), false);
  const [row] = await world.query("SELECT count(*) AS n FROM items");
  assertEquals(row, { n: 3 * 23 });
});

/** Reasons of the windows that failed. */
async function fails(stream: string, server: Recorded, reason: string): Promise<void> {
  await load(stream, server, async (world) => {
    const { summary, events } = await world.backfill(DAY);
    assertEquals([summary.ok, summary.windows.failed], [false, 1]);
    const failed = events.find(({ kind }) => kind === "window_failed");
    assertStringIncludes(JSON.stringify(failed), reason);
    const { failed: known } = await world.knows("items");
    assertStringIncludes(known[0]!.reason, reason);
  });
}

Deno.test("an API that loops fails its window, and the run ends", async () => {
  await using same = recorded(() => Response.json({ items: ITEMS, next: "again" }));
  const stream = 'request: "/?day={from}"\nrecords: items\n';
  const cursor = "paging: { by: cursor, cursor: next, cursor_param: cursor }";
  await fails(stream + cursor, same, "repeats an earlier page");
  let page = 0;
  await using circle = recorded(() => {
    page++;
    return Response.json({ items: [{ id: page, n: page }], next: String(page % 3) });
  });
  await fails(stream + cursor, circle, "repeats the cursor");
  await using ignoring = recorded(() => Response.json({ items: ITEMS.slice(0, 5) }));
  const paged = "paging: { by: page, size_param: size, size: 5 }";
  await fails(stream + paged, ignoring, "repeats an earlier page");
  await using endless = recorded(() => {
    page++;
    return Response.json({ items: Array.from({ length: 5 }, (_, n) => ({ id: page * 5 + n })) });
  });
  await fails(`${stream + paged}\nmax_pages: 7`, endless, "the window has more than 7 pages");
});

Deno.test("windows are halved when a status means that they hold too much", async () => {
  await using server = recorded(({ searchParams: params }) => {
    const [from, to] = ["from", "to"].map((name) => Number(params.get(name)!.slice(8)));
    if (to! - from! >= 3) return Response.json({ error: "too many results" }, { status: 400 });
    return Response.json(ITEMS.filter(({ n }) => n + 1 >= from! && n + 1 <= to!));
  });
  const stream = `request: { path: /, query: { from: "{from}", to: "{last}" } }
full_statuses: [400]
forecast: { records_per_day: 1 }`;
  const text = itemsJob(stream).replace("window: day", "window: { max: 30d }");
  await using world = await openWorld({ job: text, env: { URL: server.url } });
  const { summary } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-23");
  assertEquals([summary.ok, summary.windows.failed], [true, 0]);
  assertEquals(await world.query("SELECT id, n FROM items ORDER BY n"), ITEMS);
});
