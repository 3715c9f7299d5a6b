// Auto windows against servers that hold nothing for years and much afterwards: every record arrives once,
// empty years cost few requests, and no window holds hundreds of pages.
import { assert, assertEquals } from "@std/assert";
import { daysBetween, type Recorded, recorded } from "./recorded.ts";
import { openWorld, type Ran, type World } from "./world.ts";

const FIRST_RECORD = "2023-10-01";
const PER_DAY = 35;
const SIZE = 10;

function recordsOf(first: string, last: string): { id: string; day: string }[] {
  return daysBetween(first > FIRST_RECORD ? first : FIRST_RECORD, last).flatMap((day) =>
    Array.from({ length: PER_DAY }, (_, at) => ({ id: `${day}-${at}`, day }))
  );
}

/** Pages by offset, with a total if `isCounted`; or the first `cap` records of a range. */
function serveRecords({ isCounted, cap }: { isCounted?: boolean; cap?: number }): Recorded {
  return recorded(({ searchParams: params }) => {
    const all = recordsOf(params.get("from")!, params.get("last")!);
    if (cap !== undefined) return Response.json({ items: all.slice(0, cap) });
    const offset = Number(params.get("offset"));
    const items = all.slice(offset, offset + SIZE);
    return Response.json({ items, ...isCounted ? { total: all.length } : {} });
  });
}

function jobText(url: string, stream: string): string {
  return `job: records
source: { url: "${url}", concurrency: 2 }
tables: { things: { key: id, columns: { id: text, day: date } } }
streams:
  things:
    start: 2015-01-01
    window: auto
    request: { path: /, query: { from: "{from}", last: "{last}" } }
    records: items
    record_date: day
    rows: things
${stream}
`;
}

const RANGE = "--start-date 2015-01-01 --end-date 2023-12-31";
const RECORDS = recordsOf("2015-01-01", "2023-12-31").length;

async function load(world: World): Promise<Ran> {
  const ran = await world.backfill(RANGE);
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(ran.summary.rows.things?.inserted, RECORDS);
  assertEquals(ran.summary.rows.things?.unchanged, 0);
  return ran;
}

for (const isCounted of [true, false]) {
  const what = isCounted ? "a total" : "no total";
  Deno.test(`auto windows of an API with ${what} cover empty years with few requests`, async () => {
    await using server = serveRecords({ isCounted });
    const paging = `    paging: { by: offset, size: ${SIZE} }\n`;
    const stream = `${paging}${isCounted ? "    total: total" : ""}`;
    await using world = await openWorld({
      job: jobText(server.url, stream),
      now: "2024-06-01T12:00:00Z",
    });
    const ran = await load(world);
    const fewest = Math.ceil(RECORDS / SIZE);
    const sent = server.asked.length;
    assert(sent < 1.1 * fewest + 30, `${sent} requests were sent, and ${fewest} are the fewest`);
    assertEquals(ran.summary.requests, sent);
    if (!isCounted) return;
    const offsets = server.asked.map(({ searchParams }) => Number(searchParams.get("offset")));
    const most = Math.max(...offsets) / SIZE + 1;
    assert(most <= 50, `a window of ${most} pages was read`);
  });
}

Deno.test("auto windows of an API that cuts responses off fill them after empty years", async () => {
  await using server = serveRecords({ cap: 1_000 });
  await using world = await openWorld({
    job: jobText(server.url, "    max_records: 1000"),
    now: "2024-06-01T12:00:00Z",
  });
  await load(world);
  const fewest = Math.ceil(RECORDS / 1_000);
  const sent = server.asked.length;
  assert(sent <= 2 * fewest + 16, `${sent} requests were sent, and ${fewest} are the fewest`);
});

Deno.test("auto windows of a further for_each value start at the length learned from earlier values", async () => {
  await using server = serveRecords({ isCounted: true });
  const paging = `    paging: { by: offset, size: ${SIZE} }\n    total: total\n`;
  const job = jobText(server.url, `${paging}    for_each: { place: [a, b, c] }`)
    .replace(`last: "{last}" }`, `last: "{last}", place: "{each.place}" }`);
  await using world = await openWorld({ job, now: "2024-06-01T12:00:00Z" });
  await world.backfill("--start-date 2023-10-01 --end-date 2023-10-31");
  const first = (place: string) =>
    server.asked.find(({ searchParams }) => searchParams.get("place") === place)!
      .searchParams.get("last");
  assertEquals(["a", "b", "c"].map(first), ["2023-10-01", "2023-10-02", "2023-10-02"]);
});
