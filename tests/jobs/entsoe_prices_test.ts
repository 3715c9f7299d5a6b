import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const AREA = "10YFR-RTE------C";
const KNOWN = ["documentType", "in_Domain", "out_Domain", "periodStart", "periodEnd"];

/** The start of a market day in Brussels, in 2024. */
function startOf(day: string): number {
  const utc = Date.parse(`${day}T00:00Z`);
  const isSummer = day > "2024-03-31" && day <= "2024-10-27";
  return utc - (isSummer ? 2 : 1) * HOUR_MS;
}

function utcOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16) + "Z";
}

/** The price of an hour; every fifth repeats the one before it, and is left out as curve type A03 does. */
function priceOf(position: number): string | undefined {
  return position % 5 === 0 ? undefined : `${position * 3 - 20}.5`;
}

function series(first: number, last: number): string {
  const hours = (last - first) / HOUR_MS;
  const points = Array.from({ length: hours }, (_, at) => at + 1).flatMap((position) => {
    const price = priceOf(position);
    return price === undefined
      ? []
      : [`<Point><position>${position}</position><price.amount>${price}</price.amount></Point>`];
  });
  return `<TimeSeries><mRID>1</mRID><businessType>A62</businessType>
    <in_Domain.mRID codingScheme="A01">${AREA}</in_Domain.mRID>
    <out_Domain.mRID codingScheme="A01">${AREA}</out_Domain.mRID>
    <currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>
    <curveType>A03</curveType><Period>
    <timeInterval><start>${utcOf(first)}</start><end>${utcOf(last)}</end></timeInterval>
    <resolution>PT60M</resolution>${points.join("")}</Period></TimeSeries>`;
}

function acknowledge(text: string, status: number): Response {
  return new Response(
    `<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
     <Reason><code>999</code><text>${text}</text></Reason></Acknowledgement_MarketDocument>`,
    { status, headers: { "content-type": "text/xml" } },
  );
}

/** Publishes the days of March and October; a request without a token or with a wrong zone is refused. */
function serveEntsoe() {
  return recorded((url) => {
    const { searchParams: params, pathname } = url;
    if (pathname !== "/api") return;
    if (params.get("securityToken") !== "token") return acknowledge("Unauthorized", 401);
    if (unknownParams(url, [...KNOWN, "securityToken"]).length > 0) {
      return acknowledge("Unexpected parameter", 400);
    }
    if (params.get("in_Domain") === "10YXX----------X") {
      return acknowledge("Invalid in_Domain", 400);
    }
    const [from, to] = ["periodStart", "periodEnd"].map((name) =>
      Date.parse(params.get(name)!.replace(/(....)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5Z"))
    );
    const days = ["2024-03-30", "2024-03-31", "2024-04-01", "2024-10-26", "2024-10-27"];
    const found = days.map(startOf).filter((start) => start >= from! && start < to!);
    if (found.length === 0) return acknowledge("No matching data found", 200);
    const all = found.map((start) => {
      const next = new Date(start + 36 * HOUR_MS).toISOString().slice(0, 10);
      return series(start, startOf(next));
    });
    return new Response(
      `<?xml version="1.0" encoding="UTF-8"?><Publication_MarketDocument
        xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">${all.join("")}
       </Publication_MarketDocument>`,
      { headers: { "content-type": "text/xml" } },
    );
  });
}

Deno.test("entsoe_prices reads positions as times, on days of 23 and 25 hours too, and months without prices", async () => {
  await using server = serveEntsoe();
  const env = { ENTSOE_URL: server.url, ENTSOE_TOKEN: "token" };
  await using world = await openWorld({ job: "entsoe_prices.yaml", env });
  const ran = await world.backfill(`--start-date 2024-01-01 --end-date 2024-12-31 --areas ${AREA}`);
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  const rows = await world.query(
    `SELECT (extract(epoch FROM starts_at) * 1000)::bigint::text AS at, price::text FROM day_ahead_prices
      ORDER BY starts_at`,
  );
  const lengths = { "2024-03-30": 24, "2024-03-31": 23, "2024-04-01": 24, "2024-10-26": 24 };
  const expected = Object.entries({ ...lengths, "2024-10-27": 25 }).flatMap(([day, hours]) =>
    Array.from({ length: hours }, (_, at) => at + 1).flatMap((position) => {
      const price = priceOf(position);
      return price === undefined
        ? []
        : [{ at: String(startOf(day) + (position - 1) * HOUR_MS), price }];
    })
  );
  assertEquals(rows, expected);
  const [about] = await world.query(
    "SELECT DISTINCT area, sequence, resolution, currency, unit FROM day_ahead_prices",
  );
  assertEquals(about, {
    area: AREA,
    sequence: 1,
    resolution: "PT60M",
    currency: "EUR",
    unit: "MWH",
  });
});

Deno.test("entsoe_prices fails a window for another acknowledgement, with its text", async () => {
  await using server = serveEntsoe();
  const env = { ENTSOE_URL: server.url, ENTSOE_TOKEN: "token" };
  await using world = await openWorld({ job: "entsoe_prices.yaml", env });
  const { summary, events } = await world.backfill(
    "--start-date 2024-01-01 --end-date 2024-01-31 --areas 10YXX----------X",
  );
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), "Invalid in_Domain");
});
