import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
/** Summer time of 2024, in UTC. */
const [SUMMER, WINTER] = ["2024-03-31T01:00Z", "2024-10-27T01:00Z"].map((text) => Date.parse(text));

const [FIRST, END] = ["2024-03-29T23:00Z", "2024-10-28T23:00Z"].map((text) => Date.parse(text));
const PRICES = Array.from({ length: (END! - FIRST!) / HOUR_MS }, (_, n) => FIRST! + n * HOUR_MS)
  .flatMap((at) => ["DK1", "SE3"].map((area) => ({ ...priceAt(at), PriceArea: area })));

function priceAt(at: number) {
  const clock = (ms: number) => new Date(ms).toISOString().slice(0, 19);
  const ahead = at >= SUMMER! && at < WINTER! ? 2 : 1;
  return {
    HourUTC: clock(at),
    HourDK: clock(at + ahead * HOUR_MS),
    SpotPriceEUR: -(at / HOUR_MS % 97) / 100,
    SpotPriceDKK: 450.100001,
  };
}

/** Compares Danish local times, as the API does; an hour that occurs twice lies between the same edges. */
function serveEnerginet() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    const known = ["start", "end", "filter", "sort", "offset", "limit"];
    if (pathname !== "/dataset/Elspotprices" || unknownParams(url, known).length > 0) return;
    const { PriceArea: [area] } = JSON.parse(params.get("filter")!);
    const found = PRICES.filter(({ HourDK, PriceArea }) =>
      PriceArea === area && HourDK >= params.get("start")! && HourDK < params.get("end")!
    );
    const offset = Number(params.get("offset"));
    const records = found.slice(offset, offset + Number(params.get("limit")));
    return Response.json({ total: found.length, dataset: "Elspotprices", records });
  });
}

Deno.test("spot_prices requests Danish local times and misses no hour when clocks change", async () => {
  await using server = serveEnerginet();
  await using world = await openWorld({
    job: "spot_prices.yaml",
    env: { ENERGINET_URL: server.url },
    change: (job) => {
      const prices = job.streams.prices!;
      const paging = { ...prices.paging, size: 200 } as typeof prices.paging;
      return { ...job, streams: { prices: { ...prices, paging } } };
    },
  });
  const ran = await world.backfill("--start-date 2024-03-30 --end-date 2024-10-28 --areas DK1 SE3");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  const rows = await world.query(
    `SELECT area, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS utc,
    to_char(hour_dk, 'YYYY-MM-DD"T"HH24:MI:SS') AS dk, eur_mwh::float AS eur, dkk_mwh::text AS dkk
    FROM spot_prices ORDER BY hour, area`,
  );
  assertEquals(
    rows,
    PRICES.map(({ PriceArea: area, HourUTC: utc, HourDK: dk, SpotPriceEUR: eur }) => ({
      ...{ area, utc, dk, eur, dkk: "450.100001" },
    })),
  );
  const days = await world.query(`SELECT count(*)::int AS hours FROM spot_prices WHERE area = 'DK1'
    AND hour_dk::date IN ('2024-03-31', '2024-10-27') GROUP BY hour_dk::date ORDER BY 1`);
  assertEquals(days, [{ hours: 23 }, { hours: 25 }]);
  const oddDays = world.job.checks.odd_days!.sql;
  assertEquals(await world.query(oddDays), []);
  await world.query("DELETE FROM spot_prices WHERE hour = '2024-10-27T00:00Z' AND area = 'SE3'");
  assertEquals(await world.query(oddDays), [{ area: "SE3", day: "2024-10-27", hours: 24 }]);
});
