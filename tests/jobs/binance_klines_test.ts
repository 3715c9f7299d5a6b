import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const FIRST = Date.parse("2024-01-01T00:00Z");
/** Candles of an hour for 100 days; the exchange was closed for five hours of the third day. */
const HOURS = Array.from({ length: 100 * 24 }, (_, at) => FIRST + at * HOUR_MS)
  .filter((_, at) => at < 60 || at >= 65);

function candle(at: number): (string | number)[] {
  const price = (40_000 + at / HOUR_MS % 1000).toFixed(8);
  return [
    ...[at, price, `${price}1`, "39999.10000000", price, "12.50000000", at + HOUR_MS - 1],
    ...["500000.10", 321, "6.25", "250000.05", "0"],
  ];
}

function serveBinance() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    const known = ["symbol", "interval", "startTime", "endTime", "limit"];
    if (pathname !== "/api/v3/klines") return;
    if (unknownParams(url, known).length > 0 || params.get("symbol") === "NOPES") {
      return Response.json({ code: -1121, msg: "Invalid symbol." }, { status: 400 });
    }
    const [from, to] = [Number(params.get("startTime")), Number(params.get("endTime"))];
    const limit = Math.min(Number(params.get("limit") ?? 500), 1000);
    return Response.json(HOURS.filter((at) => at >= from && at <= to).slice(0, limit).map(candle));
  });
}

Deno.test("binance_klines begins each window at its time, and pages by the time of the last candle", async () => {
  await using server = serveBinance();
  const env = { BINANCE_URL: server.url };
  await using world = await openWorld({
    job: "binance_klines.yaml",
    env,
    change: (job) => {
      const candles = job.streams.candles!;
      const paging = { ...candles.paging, size: 100 } as typeof candles.paging;
      return { ...job, streams: { candles: { ...candles, paging } } };
    },
  });
  const ran = await world.backfill("--start-date 2024-01-01 --end-date 2024-04-09");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  const rows = await world.query(
    `SELECT (extract(epoch FROM opens_at) * 1000)::bigint::text AS at, symbol, open::text, high::text,
            volume::text, trades FROM candles ORDER BY symbol, opens_at`,
  );
  assertEquals(
    rows,
    ["BTCUSDT", "ETHUSDT"].flatMap((symbol) =>
      HOURS.map((at) => {
        const [, open, high] = candle(at);
        return { at: String(at), symbol, open, high, volume: "12.50000000", trades: 321 };
      })
    ),
  );
  assertForecast(ran, server.asked.length);
});

Deno.test("binance_klines fails the windows of a symbol that does not exist, and loads the other", async () => {
  await using server = serveBinance();
  const env = { BINANCE_URL: server.url };
  await using world = await openWorld({ job: "binance_klines.yaml", env });
  const { summary } = await world.backfill(
    "--start-date 2024-01-01 --end-date 2024-01-01 --symbols BTCUSDT NOPES",
  );
  assertEquals([summary.ok, summary.rows.candles?.inserted], [false, 24]);
});
