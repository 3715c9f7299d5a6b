// Paging that begins at the window: the cursor is a time, from the first edge of the window to the other.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const DAYS = "--start-date 2025-01-01 --end-date 2025-01-02";
const START = Date.parse("2025-01-01T00:00:00Z");
/** Seven trades a day at irregular times, two of them in one millisecond, and some beyond the range. */
const TRADES = Array.from({ length: 28 }, (_, at) => ({
  id: at,
  ts: START + Math.floor(at / 2) * 24_686_000 / 2 + (at % 4),
}));
const IN_RANGE = TRADES.filter(({ ts }) => ts < START + 2 * 86_400_000);

function job(paging: string, query = ""): string {
  return `job: trades
source: "\${URL}"
tables: { trades: { key: id, columns: { id: integer, ts: bigint } } }
streams:
  trades:
    window: day
    request: { path: /trades${query} }
    paging: { by: cursor, ${paging} }
    records: data
    record_date: { path: ts, format: epoch_ms, outside: drop }
    rows: trades
`;
}

async function load(text: string, url: string) {
  await using world = await openWorld({ job: text, env: { URL: url } });
  const { summary, events } = await world.backfill(DAYS);
  const rows = await world.query("SELECT id FROM trades ORDER BY id");
  return { summary, events, ids: rows.map(({ id }) => id) };
}

Deno.test("a cursor that begins at {from} and excludes its record ends when it passes {to}", async () => {
  await using server = recorded(({ searchParams }) => {
    const since = Number(searchParams.get("since"));
    const data = TRADES.filter(({ ts }) => ts > since).slice(0, 5);
    return Response.json({ data, last: String(data.at(-1)?.ts ?? since) });
  });
  const { summary, ids } = await load(
    job(`cursor: last, cursor_param: since, first: "{before|epoch_ms}", until: "{to|epoch_ms}"`),
    server.url,
  );
  assertEquals([summary.ok, summary.rejected], [true, 0]);
  // Of two trades in one millisecond at the end of a page, an API of this kind skips one: none here.
  assertEquals(ids, IN_RANGE.map(({ id }) => id));
  const sinces = server.asked.map(({ searchParams }) => Number(searchParams.get("since")));
  assertEquals(sinces.filter((since) => since < START + 86_400_000).length < 6, true);
  assertEquals(sinces.includes(START - 1) && sinces.includes(START + 86_400_000 - 1), true);
});

Deno.test("a cursor that includes its record continues one step after it, with the end in the query", async () => {
  await using server = recorded(({ searchParams }) => {
    const [from, to] = ["startTime", "endTime"].map((name) => Number(searchParams.get(name)));
    const data = TRADES.filter(({ ts }) => ts >= from! && ts <= to!).slice(0, 4);
    return Response.json({ data });
  });
  const { summary, ids } = await load(
    job(
      `cursor: "data[-1].ts", cursor_param: startTime, first: "{from|epoch_ms}", step: 1, size: 4`,
      `, query: { endTime: "{last|epoch_ms}" }`,
    ),
    server.url,
  );
  assertEquals([summary.ok, summary.rejected], [true, 0]);
  assertEquals(ids, IN_RANGE.map(({ id }) => id));
});

Deno.test("a cursor that includes its record, without a step, ends at the page of that record alone", async () => {
  await using server = recorded(({ searchParams }) => {
    const [from, to] = ["startTime", "endTime"].map((name) => Number(searchParams.get(name)));
    const data = TRADES.filter(({ ts }) => ts >= from! && ts <= to!).slice(0, 4);
    return Response.json({ data });
  });
  const { summary, ids } = await load(
    job(
      `cursor: "data[-1].ts", cursor_param: startTime, first: "{from|epoch_ms}", size: 4`,
      `, query: { endTime: "{last|epoch_ms}" }`,
    ),
    server.url,
  );
  assertEquals([summary.ok, ids], [true, IN_RANGE.map(({ id }) => id)]);
});

Deno.test("a cursor in ISO 8601 may go back in time", async () => {
  const iso = (ts: number) => new Date(ts).toISOString();
  await using server = recorded(({ searchParams }) => {
    const before = Date.parse(searchParams.get("before")!);
    const data = TRADES.filter(({ ts }) => ts < before).slice(-5).reverse();
    return Response.json({ data, oldest: data.length === 0 ? null : iso(data.at(-1)!.ts) });
  });
  const { summary, ids } = await load(
    job(
      `cursor: oldest, cursor_param: before, first: "{to|instant_ms}", until: "{from|instant_ms}"`,
    ),
    server.url,
  );
  assertEquals([summary.ok, ids], [true, IN_RANGE.map(({ id }) => id)]);
});

Deno.test("a full page of records at one time fails instead of losing the rest", async () => {
  const same = Array.from({ length: 9 }, (_, id) => ({ id, ts: START + 1000 }));
  await using server = recorded(({ searchParams }) => {
    const from = Number(searchParams.get("startTime"));
    return Response.json({ data: same.filter(({ ts }) => ts >= from).slice(0, 4) });
  });
  const { summary, events } = await load(
    job(`cursor: "data[-1].ts", cursor_param: startTime, first: "{from|epoch_ms}", size: 4`),
    server.url,
  );
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), "repeats");
});

Deno.test("a cursor in another unit than {until} fails instead of ending the window at once", async () => {
  await using server = recorded(() =>
    Response.json({ data: TRADES.slice(0, 5), last: `${TRADES[4]!.ts}000000` })
  );
  const { summary, events } = await load(
    job(`cursor: last, cursor_param: since, first: "{from|epoch_ms}", until: "{to|epoch_ms}"`),
    server.url,
  );
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), "cannot be compared with");
});
