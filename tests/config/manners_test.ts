// The conventions of public APIs, each written as a job: what a newcomer would write must be
// valid. Shapes and parameter names are those of the named services; no request is sent to them.
import { assertEquals } from "@std/assert";
import { compileExtractor } from "../../lib/extract/extractor.ts";
import { messages, read } from "./job_text.ts";

const MANNERS: Readonly<Record<string, string>> = {
  "instants in the path, half hours": `
job: carbon
source: https://api.carbonintensity.org.uk
tables: { slots: { key: start, columns: { start: timestamptz, forecast: integer, actual: integer } } }
streams:
  slots:
    window: 14d
    request: "/intensity/{from|%Y-%m-%dT%H:%MZ}/{to|%Y-%m-%dT%H:%MZ}"
    records: data
    rows:
      table: slots
      columns:
        start: { path: from, format: "%Y-%m-%dT%H:%MZ" }
        forecast: intensity.forecast
        actual: intensity.actual`,
  "objects in objects by date and name": `
job: rates
source: https://api.frankfurter.app
tables: { rates: { key: [day, currency], columns: { day: date, currency: text, rate: numeric } } }
streams:
  rates:
    start: 1999-01-04
    window: year
    request: "/{from}..{last}"
    records: { path: rates, as: entries }
    rows: { table: rates, each: "{}", columns: { day: ^$key, currency: $key, rate: . } }`,
  "odd names, a key in the query, an error with status 200": `
job: prices
source:
  url: https://www.alphavantage.co
  auth: { query: { apikey: "\${AV_KEY}" } }
  limits: [5/min, 25/d]
tables: { days: { key: [symbol, day], columns: { symbol: text, day: date, open: numeric } } }
streams:
  days:
    for_each: { symbol: [IBM, MSFT] }
    request: { path: /query, query: { function: TIME_SERIES_DAILY, symbol: "{each.symbol}" } }
    error: '["Error Message"]'
    records: { path: '["Time Series (Daily)"]', as: entries }
    rows: { table: days, columns: { symbol: $each.symbol, day: $key, open: '["1. open"]' } }`,
  "lists without names, milliseconds, a cap": `
job: candles
source: { url: https://api.binance.com, limits: 6000/min, retry: { statuses: [418] } }
tables:
  candles:
    key: [symbol, opened]
    columns: { symbol: text, opened: timestamptz, open: numeric, close: numeric }
streams:
  candles:
    start: 2017-08-17
    window: auto
    for_each: { symbol: [BTCUSDT] }
    request:
      path: /api/v3/klines
      query:
        symbol: "{each.symbol}"
        interval: 1m
        startTime: "{from|epoch_ms}"
        endTime: "{last|epoch_ms}"
        limit: 1000
    max_records: 1000
    records:
      as: arrays
      names: [opened, open, high, low, close, volume, closed, quote, trades, base, taker, unused]
    rows:
      table: candles
      columns:
        symbol: $each.symbol
        opened: { path: opened, format: epoch_ms }
        open: open
        close: close`,
  "a list of two: what it is about, and the records": `
job: indicators
source: https://api.worldbank.org/v2
tables: { values: { key: [country, year], columns: { country: text, year: integer, value: numeric } } }
streams:
  values:
    for_each: { country: [DE, FR] }
    request:
      path: /country/{each.country}/indicator/SP.POP.TOTL
      query: { format: json }
    paging: { by: page, size_param: per_page, size: 50, pages: "[0].pages" }
    total: "[0].total"
    records: "[1]"
    rows: { table: values, columns: { country: country.id, year: date, value: value } }`,
  "GraphQL": `
job: repositories
source: { url: https://api.example.com/graphql, auth: { bearer: "\${TOKEN}" } }
tables: { items: { key: id, columns: { id: text, name: text } } }
streams:
  items:
    window: month
    request:
      method: POST
      body:
        query: |
          query($from: String!, $to: String!, $after: String) {
            items(from: $from, to: $to, first: 100, after: $after) {
              nodes { id name } pageInfo { endCursor hasNextPage }
            }
          }
        variables: { from: "{from|instant}", to: "{to|instant}" }
    paging:
      by: cursor
      cursor: data.items.pageInfo.endCursor
      cursor_param: variables.after
      more: data.items.pageInfo.hasNextPage
      in: body
    error: errors[0].message
    records: data.items.nodes
    rows: items`,
  "the last record's id as a cursor, a secret as user name": `
job: charges
source:
  url: https://api.stripe.com
  auth: { basic: { username: "\${STRIPE_KEY}", password: "" } }
tables: { charges: { key: id, columns: { id: text, amount: bigint, created: timestamptz, paid: boolean } } }
streams:
  charges:
    window: 7d
    request:
      path: /v1/charges
      query: { "created[gte]": "{from|epoch}", "created[lt]": "{to|epoch}" }
    paging:
      { by: cursor, cursor: "data[-1].id", cursor_param: starting_after, more: has_more, size_param: limit, size: 100 }
    records: data
    rows:
      table: charges
      columns: { id: id, amount: amount, created: { path: created, format: epoch }, paid: paid }`,
  "a query language with dates, a dollar in names": `
job: crimes
time_zone: America/Chicago
source: { url: https://data.example.org/resource, auth: { header: { X-App-Token: "\${APP_TOKEN:-}" } } }
tables: { crimes: { key: id, columns: { id: text, at: timestamptz, raw: jsonb } } }
streams:
  crimes:
    window: { max: 30d }
    request:
      path: /ijzp-q8t2.json
      query: { $where: "date between '{from|local}' and '{last|local}'", $order: id }
    paging: { by: offset, offset_param: $offset, size_param: $limit, size: 1000 }
    rows: { table: crimes, columns: { id: id, at: date, raw: . } }`,
  "an offset from one, a token header, a year at most": `
job: climate
source:
  url: https://www.ncei.noaa.gov/cdo-web/api/v2
  auth: { header: { token: "\${NOAA_TOKEN}" } }
  limits: [5/s, 10000/d]
params: { stations: { list: true, default: [GHCND:USW00094728] } }
tables:
  values:
    key: [station, day, kind]
    columns: { station: text, day: date, kind: text, value: numeric }
streams:
  values:
    window: year
    for_each: { station: { param: stations } }
    request:
      path: /data
      query: { datasetid: GHCND, stationid: "{each.station}", startdate: "{from}", enddate: "{last}" }
    paging: { by: offset, first: 1, size_param: limit, size: 1000 }
    total: metadata.resultset.count
    records: results
    rows:
      table: values
      columns: { station: station, day: { path: date, capture: "^(.{10})" }, kind: datatype, value: value }`,
  "a range in a search text, pages in headers": `
job: events
source: https://api.example.gov
tables: { events: { key: id, columns: { id: text, received: date, reactions: "text[]" } } }
streams:
  events:
    window: { max: 90d }
    request:
      path: /drug/event.json
      query: { search: "receivedate:[{from|%Y%m%d} TO {last|%Y%m%d}]" }
    paging: { by: page, page_param: p, first: 0, pages: $header.X-Total-Pages }
    total: $header.X-Total-Count
    empty_statuses: [404]
    records: results
    rows:
      table: events
      columns:
        id: safetyreportid
        received: { path: receivedate, format: "%Y%m%d" }
        reactions: patient.reaction[].reactionmeddrapt`,
  "an exclusive start, the year and month in the path": `
job: archive
source: { url: https://api.nytimes.com, auth: { query: { api-key: "\${NYT_KEY}" } } }
tables: { articles: { key: id, columns: { id: text, at: timestamptz } } }
streams:
  articles:
    start: 1851-09-01
    window: month
    request: "/svc/archive/v1/{from|%Y}/{from|%-m}.json"
    records: response.docs
    rows: { table: articles, columns: { id: _id, at: { path: pub_date, format: "%Y-%m-%dT%H:%M:%S%z" } } }
  newer:
    window: day
    request: { path: /newer, query: { after: "{before|epoch}", before: "{to|epoch}" } }
    records: docs
    rows: { table: articles, columns: { id: _id, at: at } }`,
};

for (const [name, text] of Object.entries(MANNERS)) {
  Deno.test(`readJob() accepts ${name}`, async () => {
    assertEquals(await messages(text), []);
    const job = await read(text);
    for (const stream of Object.keys(job.streams)) compileExtractor(job, stream);
  });
}
