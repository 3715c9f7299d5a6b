// Dates and cursors whose notation is not that of the request: a record's own date in one of several formats, and the
// cursor of a feed that a request sends in another format.
import { assertEquals } from "@std/assert";
import { recorded } from "./recorded.ts";
import { assertLoads } from "./strangers.ts";
import { openWorld } from "./world.ts";

Deno.test("a record's own date is in the first of several formats that fits", () => {
  const dates = ["02/01/2025", "2025-01-03", "20250104 10:30", "1735689600", "01/02/2025"];
  return assertLoads({
    job: `
job: tenders
source: URL
tables: { tenders: { key: id, columns: { id: integer } } }
streams:
  tenders:
    window: month
    request: { path: /tenders, query: { from: "{from}" } }
    record_date:
      path: published
      format: ["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d %H:%M", epoch]
      outside: drop
    records: tenders
    rows: tenders
`,
    answer: () => Response.json({ tenders: dates.map((published, id) => ({ id, published })) }),
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    rows: { "SELECT id FROM tenders ORDER BY id": [[0], [1], [2], [3]] },
  });
});

/** Cursors of one feed, with the position that each request sends. */
const CURSORS: [format: string, sent: string[]][] = [
  ["{since|epoch}", ["1735689600", "1735787045"]],
  ["{since|epoch_ms}", ["1735689600000", "1735787045678"]],
  ["{since|date}", ["2025-01-01", "2025-01-02"]],
  ["{since|utc|%d.%m.%Y %H:%M}", ["01.01.2025 00:00", "02.01.2025 03:04"]],
  ["{since}", ["2025-01-01", "2025-01-02T04:04:05.678+01:00"]],
];

Deno.test("the cursor of a feed is sent in the format of its placeholder, if it is a time", async () => {
  for (const [format, expected] of CURSORS) {
    await using server = recorded(() =>
      Response.json({ items: [{ id: 1 }], at: "2025-01-02T04:04:05.678+01:00" })
    );
    await using world = await openWorld({
      job: `job: feed
source: ${server.url}
tables: { items: { key: id, columns: { id: integer } } }
streams:
  items:
    request: { path: /items, query: { since: "${format}" } }
    since: { start: 2025-01-01, cursor: at }
    records: items
    rows: items
`,
    });
    const { summary } = await world.backfill("");
    const sent = server.asked.map(({ searchParams }) => searchParams.get("since"));
    assertEquals([summary.ok, sent], [true, expected]);
  }
});

Deno.test("a cursor that is not a time is sent unchanged", async () => {
  await using server = recorded(() => Response.json({ items: [{ id: 1 }], at: 20250102 }));
  await using world = await openWorld({
    job: `job: feed
source: ${server.url}
tables: { items: { key: id, columns: { id: integer } } }
streams:
  items:
    request: { path: /items, query: { since: "{since.cursor|epoch}" } }
    since: { cursor: at }
    records: items
    rows: items
`,
  });
  await world.backfill("");
  assertEquals(server.asked.map(({ searchParams }) => searchParams.get("since")), [
    null,
    "20250102",
  ]);
});

Deno.test("an array is joined into one string", () =>
  assertLoads({
    job: `
job: tags
source: URL
nulls: ["-"]
tables: { t: { key: id, columns: { id: integer, tags: text } } }
streams:
  t:
    window: month
    request: { path: /t, query: { from: "{from}" } }
    rows:
      table: t
      columns: { id: id, tags: { path: "tags[].name", join: ", ", case: lower } }
`,
    answer: () =>
      Response.json([
        { id: 1, tags: [{ name: "A" }, { name: " b " }, { name: "-" }, {}, { name: 1.5 }] },
        { id: 2, tags: [] },
        { id: 3 },
      ]),
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    rows: { "SELECT id, tags FROM t ORDER BY id": [[1, "a, b, 1.5"], [2, null], [3, null]] },
  }));
