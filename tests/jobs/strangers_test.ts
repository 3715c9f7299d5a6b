// Jobs for APIs that config/ does not have, written from docs/config.md alone: measurements, markets, statistics.
import { assertLoads, type Stranger } from "./strangers.ts";

const DAY_MS = 86_400_000;
const days = (from: string, to: string) =>
  Array.from(
    { length: (Date.parse(to) - Date.parse(from)) / DAY_MS },
    (_, n) => new Date(Date.parse(from) + n * DAY_MS).toISOString().slice(0, 10),
  );

const STRANGERS: Readonly<Record<string, Stranger>> = {
  // https://docs.openaq.org: pages by number; "found" may be ">1000".
  openaq: {
    job: `
job: openaq
source: { url: "URL", auth: { header: { X-API-Key: "\${OPENAQ_KEY}" } }, limits: 60/min }
tables:
  hours:
    key: [sensor_id, hour]
    columns: { sensor_id: integer, hour: timestamptz, parameter: text, unit: text, value: double, coverage: double }
streams:
  hours:
    window: month
    for_each: { sensor: [3917, 3918] }
    request:
      path: /v3/sensors/{each.sensor}/hours
      query: { datetime_from: "{from|instant}", datetime_to: "{to|instant}" }
    paging: { by: page, page_param: page, size_param: limit, size: 2 }
    records: results
    record_date: period.datetimeFrom.utc
    rows:
      table: hours
      columns:
        sensor_id: $each.sensor
        hour: period.datetimeFrom.utc
        parameter: parameter.name
        unit: parameter.units
        value: value
        coverage: coverage.percentComplete
`,
    answer({ pathname, searchParams: p }, { headers }) {
      const [, sensor] = /^\/v3\/sensors\/(\d+)\/hours$/.exec(pathname) ?? [];
      if (sensor === undefined || headers.get("x-api-key") !== "k") return;
      const hours = sensor === "3918" ? [] : [0, 1, 2].map((hour) => {
        const at = `2025-01-31T2${hour}:00:00Z`;
        return {
          ...{ value: 10.5 + hour, parameter: { id: 2, name: "pm25", units: "µg/m³" } },
          period: { label: "1hour", datetimeFrom: { utc: at, local: at }, datetimeTo: { utc: at } },
          ...{ coordinates: null, coverage: { percentComplete: 100 } },
        };
      });
      const found = hours.filter(({ period: { datetimeFrom: { utc } } }) =>
        utc >= p.get("datetime_from")! && utc < p.get("datetime_to")!
      );
      const at = (Number(p.get("page")) - 1) * 2;
      const results = found.slice(at, at + 2);
      return Response.json({
        meta: { page: 1, limit: 2, found: found.length > 2 ? ">2" : found.length },
        results,
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-02-28",
    env: { OPENAQ_KEY: "k" },
    rows: {
      "SELECT sensor_id, hour, unit, value FROM hours ORDER BY hour": [0, 1, 2].map((hour) => [
        ...[3917, `2025-01-31T2${hour}:00:00Z`, "µg/m³", 10.5 + hour],
      ]),
    },
  },

  // https://waterservices.usgs.gov: WaterML as JSON, values as strings, a number that stands for none.
  usgs_water: {
    job: `
job: usgs_water
time_zone: America/New_York
nulls: ["", "-999999"]
source: { url: "URL", limits: 5/s }
params: { sites: { list: true, default: ["01646500", "01638500"], about: Site numbers. } }
tables:
  readings:
    key: [site, parameter, at]
    columns: { site: text, parameter: text, at: timestamptz, value: numeric, unit: text, provisional: boolean }
streams:
  readings:
    window: 7d
    settle: 30d
    request:
      path: /nwis/iv/
      query:
        format: json
        sites: "{params.sites|join:,}"
        parameterCd: "00060"
        startDT: "{from|offset}"
        endDT: "{last|offset}"
    records: value.timeSeries
    rows:
      table: readings
      each: values[].value[]
      columns:
        site: $record.sourceInfo.siteCode[0].value
        parameter: $record.variable.variableCode[0].value
        at: dateTime
        value: value
        unit: $record.variable.unit.unitCode
        provisional: { path: "qualifiers[0]", map: { P: true, A: false } }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/nwis/iv/" || p.get("sites") !== "01646500,01638500") return;
      const [from, to] = ["startDT", "endDT"].map((name) => Date.parse(p.get(name)!));
      const value = ["2025-01-02T00:00:00.000-05:00", "2025-01-02T00:15:00.000-05:00"]
        .filter((at) => Date.parse(at) >= from! && Date.parse(at) <= to!)
        .map((dateTime, n) => ({
          value: n === 0 ? "4520.5" : "-999999",
          qualifiers: ["P"],
          dateTime,
        }));
      const series = {
        sourceInfo: {
          siteName: "POTOMAC RIVER",
          siteCode: [{ value: "01646500", agencyCode: "USGS" }],
        },
        variable: {
          variableCode: [{ value: "00060" }],
          unit: { unitCode: "ft3/s" },
          noDataValue: -999999,
        },
        values: [{ value, method: [{ methodID: 69928 }] }],
      };
      return Response.json({
        name: "ns1:timeSeriesResponseType",
        value: { queryInfo: {}, timeSeries: [series] },
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-10",
    rows: {
      "SELECT site, parameter, at, value::float, unit, provisional FROM readings ORDER BY at": [
        ["01646500", "00060", "2025-01-02T05:00:00Z", 4520.5, "ft3/s", true],
        ["01646500", "00060", "2025-01-02T05:15:00Z", null, "ft3/s", true],
      ],
    },
    requests: 2,
  },

  // https://docs.alpaca.markets: bars by symbol under a token; a symbol may go on on the next page.
  alpaca: {
    job: `
job: alpaca
source:
  url: URL
  auth: { header: { APCA-API-KEY-ID: "\${ALPACA_KEY_ID}", APCA-API-SECRET-KEY: "\${ALPACA_SECRET}" } }
  limits: 200/min
params: { symbols: { list: true, default: [AAPL, MSFT], about: Symbols. } }
tables:
  bars:
    key: [symbol, at]
    columns: { symbol: text, at: timestamptz, open: numeric, close: numeric, volume: bigint, vwap: numeric }
streams:
  bars:
    window: { max: 365d }
    request:
      path: /v2/stocks/bars
      query: { symbols: "{params.symbols|join:,}", timeframe: 1Day, start: "{from|instant}", end: "{last|instant}" }
    paging: { by: cursor, cursor: next_page_token, cursor_param: page_token, size_param: limit, size: 3 }
    records: { path: bars, as: entries }
    forecast: { records_per_day: 1 }
    rows:
      table: bars
      each: "[]"
      columns: { symbol: ^$key, at: t, open: o, close: c, volume: v, vwap: vw }
`,
    answer({ pathname, searchParams: p }, { headers }) {
      if (pathname !== "/v2/stocks/bars" || headers.get("apca-api-key-id") !== "id") return;
      const all = p.get("symbols")!.split(",").flatMap((symbol, n) =>
        days("2025-01-06", "2025-01-08").map((day) => ({
          symbol,
          bar: {
            t: `${day}T05:00:00Z`,
            o: 100.5 + n,
            h: 1,
            l: 1,
            c: 101.25,
            v: 1e6,
            n: 5,
            vw: 100.75,
          },
        }))
      ).filter(({ bar: { t } }) => t >= p.get("start")! && t <= p.get("end")!);
      const at = Number(p.get("page_token") ?? 0);
      const page = Map.groupBy(all.slice(at, at + 3), ({ symbol }) => symbol);
      const bars = Object.fromEntries(
        [...page].map(([name, list]) => [name, list.map(({ bar }) => bar)]),
      );
      return Response.json({ bars, next_page_token: at + 3 < all.length ? String(at + 3) : null });
    },
    run: "--start-date 2025-01-01 --end-date 2025-03-31",
    env: { ALPACA_KEY_ID: "id", ALPACA_SECRET: "s" },
    rows: {
      "SELECT symbol, at, open::float, close::float, volume::int FROM bars ORDER BY 1, 2": [
        ["AAPL", "2025-01-06T05:00:00Z", 100.5, 101.25, 1_000_000],
        ["AAPL", "2025-01-07T05:00:00Z", 100.5, 101.25, 1_000_000],
        ["MSFT", "2025-01-06T05:00:00Z", 101.5, 101.25, 1_000_000],
        ["MSFT", "2025-01-07T05:00:00Z", 101.5, 101.25, 1_000_000],
      ],
    },
  },

  // https://polygon.io/docs: dates in the path, a link to the next page, a count of the page, no list where nothing is.
  polygon: {
    job: `
job: polygon
time_zone: America/New_York
source: { url: "URL", auth: { bearer: "\${POLYGON_KEY}" }, limits: 5/min }
tables:
  bars: { key: [ticker, at], columns: { ticker: text, at: timestamptz, close: numeric, volume: double } }
streams:
  bars:
    window: month
    for_each: { ticker: [AAPL] }
    request:
      path: /v2/aggs/ticker/{each.ticker}/range/1/day/{from}/{last}
      query: { adjusted: true, sort: asc, limit: 50000 }
    paging: { by: next_link, link: next_url }
    records: { path: results, optional: true }
    record_date: { path: t, format: epoch_ms }
    rows:
      table: bars
      columns: { ticker: $each.ticker, at: { path: t, format: epoch_ms }, close: c, volume: v }
`,
    answer(url, { headers }) {
      const [, from, to] =
        /^\/v2\/aggs\/ticker\/AAPL\/range\/1\/day\/([\d-]+)\/([\d-]+)$/.exec(url.pathname) ?? [];
      if (from === undefined || headers.get("authorization") !== "Bearer k") return;
      const all = days("2025-01-30", "2025-02-02").filter((day) => day >= from && day <= to!)
        .map((day) => ({ v: 5.5e7, o: 1, c: 230.1, t: Date.parse(`${day}T05:00:00Z`), n: 9 }));
      if (all.length === 0) return Response.json({ ticker: "AAPL", resultsCount: 0, status: "OK" });
      const at = Number(url.searchParams.get("cursor") ?? 0);
      const results = all.slice(at, at + 1);
      const next = new URL(url);
      next.searchParams.set("cursor", String(at + 1));
      return Response.json({
        ...{ ticker: "AAPL", queryCount: 1, resultsCount: results.length, status: "OK", results },
        ...at + 1 < all.length ? { next_url: next.href } : {},
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-03-31",
    env: { POLYGON_KEY: "k" },
    rows: {
      "SELECT ticker, at, close::float FROM bars ORDER BY at": [
        "2025-01-30",
        "2025-01-31",
        "2025-02-01",
      ]
        .map((day) => ["AAPL", `${day}T05:00:00Z`, 230.1]),
    },
  },

  // https://ec.europa.eu/eurostat: JSON-stat, a period of time in the query.
  eurostat: {
    job: `
job: eurostat
source: { url: "URL", limits: 1/s }
tables:
  gdp: { key: [geo, year], columns: { geo: text, year: integer, meur: numeric, flag: text } }
streams:
  gdp:
    start: 2000-01-01
    window: { min: year, max: 10y }
    request:
      path: /eurostat/api/dissemination/statistics/1.0/data/nama_10_gdp
      query:
        geo: [DE, FR]
        unit: CP_MEUR
        na_item: B1GQ
        sinceTimePeriod: "{from|%Y}"
        untilTimePeriod: "{last|%Y}"
    records: { as: dimensions }
    forecast: { records_per_day: 0.01 }
    rows:
      table: gdp
      columns: { geo: geo, year: time, meur: value, flag: status }
`,
    answer({ pathname, searchParams: p }) {
      if (!pathname.endsWith("/nama_10_gdp") || p.getAll("geo").length !== 2) return;
      const [since, until] = [Number(p.get("sinceTimePeriod")), Number(p.get("untilTimePeriod"))];
      const years = [2022, 2023, 2024].filter((year) => year >= since && year <= until);
      const index = (codes: (string | number)[]) =>
        Object.fromEntries(codes.map((code, n) => [String(code), n]));
      const size = [1, 2, years.length];
      const value: Record<string, number> = {};
      years.forEach((year, n) => {
        value[n] = year * 1000.5;
        if (year !== 2024) value[years.length + n] = year;
      });
      return Response.json({
        ...{
          version: "2.0",
          class: "dataset",
          label: "GDP",
          id: ["freq", "geo", "time"],
          size,
          value,
        },
        status: years.includes(2024) ? { [years.indexOf(2024)]: "p" } : {},
        dimension: {
          freq: { category: { index: index(["A"]) } },
          geo: { category: { index: index(["DE", "FR"]) } },
          time: { category: { index: index(years) } },
        },
      });
    },
    run: "--start-date 2022-01-01 --end-date 2024-12-31",
    rows: {
      "SELECT geo, year, meur::float, flag FROM gdp ORDER BY 1, 2": [
        ["DE", 2022, 2_023_011, null],
        ["DE", 2023, 2_024_011.5, null],
        ["DE", 2024, 2_025_012, "p"],
        ["FR", 2022, 2022, null],
        ["FR", 2023, 2023, null],
      ],
    },
  },

  // https://datahelpdesk.worldbank.org: metadata first, then the records, or null.
  world_bank: {
    job: `
job: world_bank
source: { url: "URL", limits: 2/s }
tables:
  population: { key: [country, year], columns: { country: text, year: integer, value: bigint } }
streams:
  population:
    window: year
    request:
      path: /v2/country/all/indicator/SP.POP.TOTL
      query: { format: json, date: "{from|%Y}" }
    paging: { by: page, page_param: page, size_param: per_page, size: 2, pages: "[0].pages" }
    total: "[0].total"
    records: { path: "[1]", optional: true }
    rows:
      table: population
      columns: { country: countryiso3code, year: date, value: value }
`,
    answer({ pathname, searchParams: p }) {
      if (!pathname.startsWith("/v2/country/all/indicator/")) return;
      const year = p.get("date")!;
      const all = year === "2024" ? [] : ["DEU", "FRA", "ITA"].map((code, n) => ({
        ...{
          indicator: { id: "SP.POP.TOTL" },
          country: { id: "x", value: code },
          countryiso3code: code,
        },
        ...{ date: year, value: n === 2 ? null : 60_000_000 + n, unit: "", decimal: 0 },
      }));
      const at = (Number(p.get("page")) - 1) * 2;
      const head = { page: 1, pages: Math.ceil(all.length / 2), per_page: 2, total: all.length };
      return Response.json([head, all.length === 0 ? null : all.slice(at, at + 2)]);
    },
    run: "--start-date 2023-01-01 --end-date 2024-12-31",
    rows: {
      "SELECT country, year, value::int FROM population ORDER BY 1": [
        ["DEU", 2023, 60_000_000],
        ["FRA", 2023, 60_000_001],
        ["ITA", 2023, null],
      ],
    },
    requests: 3,
  },
};

for (const [name, stranger] of Object.entries(STRANGERS)) {
  Deno.test(`a job for ${name}, written from the docs, loads every value`, () =>
    assertLoads(stranger));
}
