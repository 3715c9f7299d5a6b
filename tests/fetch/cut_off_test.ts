import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { unitOf } from "./job.ts";
import { failureOf, ids, items, range, setup } from "./page_reader.ts";

const query = (request: Request, name: string) => new URL(request.url).searchParams.get(name);

const CUT_OFF: readonly [name: string, body: unknown, says: string, yaml: string][] = [
  ["a flag", { has_more: true }, '"has_more" is true', "more: has_more"],
  ["a link", { next: "/things?page=2" }, '"next" leads', "{ by: next_link, link: next }"],
  ["a cursor", { next_cursor: "b" }, '"next_cursor" leads', "cursor_param: cursor"],
  ["a total", { meta: { total: 350 } }, '"meta.total" declares 350 records', "total: meta.total"],
  ["a page count", { total_pages: 4 }, "declares 4 pages", "pages: total_pages"],
];
for (const [name, declared, says, yaml] of CUT_OFF) {
  Deno.test(`fetchPages() fails a window whose response shows by ${name} that it was cut off`, async () => {
    await using server = serve(() =>
      Response.json({ items: items(0, 100), ...declared as object })
    );
    await using context = setup({ url: server.url });
    const failure = await failureOf(context.pages());
    assertStringIncludes(failure.message, "the response holds 100 records, but ");
    assertStringIncludes(failure.message, says);
    assertStringIncludes(failure.hint!, yaml);
    assertStringIncludes(failure.hint!, '"paging: none" if the response is complete');
    await using trusting = setup({ url: server.url }, { paging: "none" });
    assertEquals(await ids(trusting.pages()), range(0, 100));
  });
}

const HEADERS: readonly [header: Record<string, string>, yaml: string][] = [
  [{ link: '</things?page=2>; rel="next"' }, "paging: { by: link_header }"],
  [{ "x-total-count": "350" }, "total: $header.x-total-count"],
  [{ "content-range": "items 0-99/350" }, "total: $header.content-range"],
];
for (const [headers, yaml] of HEADERS) {
  Deno.test(`fetchPages() fails a window that the header ${Object.keys(headers)} shows to be cut off`, async () => {
    await using server = serve(() => Response.json({ items: items(0, 100) }, { headers }));
    await using context = setup({ url: server.url });
    assertStringIncludes((await failureOf(context.pages())).hint!, yaml);
  });
}

Deno.test("fetchPages() reports a window as too full when it returns as many records as the request allows", async () => {
  await using server = serve(() => Response.json({ items: items(0, 1000) }));
  const request = { path: "/things", query: { limit: 1000 } };
  await using context = setup({ url: server.url }, { request });
  const failure = await failureOf(context.pages());
  assertStringIncludes(failure.message, 'exactly as many as "limit" of the request allows');
  assertStringIncludes(failure.hint!, "size_param: limit, size: 1000");
  assert(failure.tooFull);
  await using trusting = setup({ url: server.url }, { request, paging: "none" });
  assertEquals((await ids(trusting.pages())).length, 1000);
  await using known = setup({ url: server.url }, { request, max_records: 2000 });
  assertEquals((await ids(known.pages())).length, 1000);
});

/** Windows of `counts` records by day, of which the API returns at most 50 at once, whatever is requested. */
function cappedAt50(counts: Readonly<Record<string, number>>) {
  return (request: Request) => {
    const count = counts[query(request, "day")!]!;
    const skip = Number(query(request, "skip"));
    return Response.json({ items: items(skip, Math.min(count, skip + 50)) });
  };
}

const BY_SKIP = {
  request: { path: "/things", query: { day: "{from}" } },
  paging: { by: "offset", offset_param: "skip", size_param: "limit", size: 100 },
};

Deno.test("fetchPages() reads every page of an API that returns fewer records than requested", async () => {
  const counts = { "2025-01-01": 30, "2025-01-02": 50, "2025-01-03": 120, "2025-01-04": 150 };
  await using server = serve(cappedAt50(counts));
  await using context = setup({ url: server.url }, BY_SKIP);
  for (const [day, count] of Object.entries(counts)) {
    assertEquals(await ids(context.pages(unitOf(day))), range(0, count), day);
  }
});

Deno.test("fetchPages() proves the end of one window, not of every window", async () => {
  const days = range(1, 20).map((day) => `2025-01-${String(day).padStart(2, "0")}`);
  const counts = Object.fromEntries(days.map((day, at) => [day, 24 + at % 2]));
  await using server = serve(cappedAt50(counts));
  await using context = setup({ url: server.url }, BY_SKIP);
  await Promise.all(days.map((day) => ids(context.pages(unitOf(day)))));
  assert(context.count("requested") <= days.length + 3, `${context.count("requested")} requests`);
});

Deno.test("fetchPages() requires no proof when a page was as long as requested", async () => {
  await using server = serve((request) => {
    const skip = Number(query(request, "skip"));
    return Response.json({ items: items(skip, Math.min(130, skip + 100)) });
  });
  await using context = setup({ url: server.url }, BY_SKIP);
  assertEquals(await ids(context.pages()), range(0, 130));
  assertEquals(context.count("requested"), 2);
});

for (const status of [400, 404, 416, 422]) {
  Deno.test(`fetchPages() treats status ${status} for the page beyond the last as the end`, async () => {
    await using server = serve((request) =>
      query(request, "page") === "1"
        ? Response.json({ items: items(0, 30) })
        : Response.json({ detail: "Invalid page." }, { status })
    );
    await using context = setup({ url: server.url }, { paging: { by: "page", size: 100 } });
    assertEquals(await ids(context.pages()), range(0, 30));
  });
}

Deno.test("fetchPages() fails the window when the page that proves its end cannot be fetched", async () => {
  await using server = serve((request) =>
    query(request, "page") === "1"
      ? Response.json({ items: items(0, 30) })
      : new Response("", { status: 503 })
  );
  await using context = setup({ url: server.url }, { paging: { by: "page", size: 100 } });
  assertStringIncludes((await failureOf(context.pages())).message, "503");
});

/** 250 records in pages of 100 by number; the total is that of the page, and links lead to further pages. */
function countsPages(request: Request) {
  const page = Number(query(request, "page") ?? 1);
  const found = items((page - 1) * 100, Math.min(250, page * 100));
  const next = page < 3 ? `/things?page=${page + 1}` : undefined;
  return Response.json({ items: found, resultsCount: found.length, next_url: next });
}

for (const paging of [{ by: "next_link", link: "next_url" }, { by: "page", size: 100 }]) {
  Deno.test(`fetchPages() continues by ${paging.by} when the total counts the page`, async () => {
    await using server = serve(countsPages);
    await using context = setup({ url: server.url }, { paging, total: "resultsCount" });
    assertEquals(await ids(context.pages()), range(0, 250));
  });
}

Deno.test("fetchPages() fails the window when the total counts the page and no further page is declared", async () => {
  await using server = serve(countsPages);
  await using context = setup({ url: server.url }, { total: "resultsCount" });
  assertStringIncludes((await failureOf(context.pages())).hint!, "link: next_url");
});

Deno.test("fetchPages() restarts and fails when a total that was reached is followed by records", async () => {
  await using server = serve((request) => {
    const page = Number(query(request, "page") ?? 1);
    const found = items((page - 1) * 100, page * 100);
    return Response.json({ items: found, total: 200, next: `/things?page=${page + 1}` });
  });
  await using context = setup({ url: server.url }, {
    paging: { by: "next_link", link: "next" },
    total: "total",
  });
  assertStringIncludes(
    (await failureOf(context.pages())).message,
    "the pages hold 300 records, but the API declares 200",
  );
});

Deno.test("fetchPages() ends at the total when the link beyond it leads to an empty page", async () => {
  await using server = serve((request) => {
    const page = Number(query(request, "page") ?? 1);
    const found = items((page - 1) * 100, Math.min(250, page * 100));
    return Response.json({ items: found, total: 250, next: `/things?page=${page + 1}` });
  });
  await using context = setup({ url: server.url }, {
    paging: { by: "next_link", link: "next" },
    total: "total",
  });
  assertEquals(await ids(context.pages()), range(0, 250));
  assertEquals(context.count("requested"), 4);
});

Deno.test("fetchPages() fails the window when the declared cursor is missing and another is not", async () => {
  await using server = serve(() =>
    Response.json({ items: items(0, 10), meta: { next_cursor: "b" } })
  );
  await using context = setup({ url: server.url }, {
    paging: { by: "cursor", cursor: "next_cursor", cursor_param: "cursor" },
  });
  const failure = await failureOf(context.pages());
  assertStringIncludes(failure.message, '"meta.next_cursor" leads to a next page');
  assertStringIncludes(failure.hint!, "cursor: meta.next_cursor");
});

Deno.test('fetchPages() fails the window when pages end before an undeclared total, unless "total: none" is declared', async () => {
  await using server = serve((request) =>
    Response.json({ items: query(request, "page") === "1" ? items(0, 30) : [], total: 350 })
  );
  const paging = { by: "page", size: 100 };
  await using context = setup({ url: server.url }, { paging });
  const failure = await failureOf(context.pages());
  assertStringIncludes(failure.message, '"total" declares 350 records');
  assertStringIncludes(failure.hint!, '"total: none" if the number means something else');
  await using ignoring = setup({ url: server.url }, { paging, total: "none" });
  assertEquals(await ids(ignoring.pages()), range(0, 30));
});

Deno.test("fetchPages() prefers the declared flag to a link that is always present", async () => {
  await using server = serve((request) => {
    const after = Number(query(request, "after") ?? 0);
    const meta = { has_more: after === 0, after_cursor: "100" };
    return Response.json({ items: items(after, after + 100), meta, links: { next: "/things?x" } });
  });
  await using context = setup({ url: server.url }, {
    paging: {
      by: "cursor",
      cursor: "meta.after_cursor",
      cursor_param: "after",
      more: "meta.has_more",
    },
  });
  assertEquals(await ids(context.pages()), range(0, 200));
});
