// XML from the request to what PostgreSQL holds: prices by position, feeds, SOAP envelopes, encodings.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const PRICES = `job: prices
time_zone: Europe/Brussels
source: "\${URL}"
tables:
  prices:
    key: [area, at]
    columns: { area: text, at: timestamptz, price: numeric, unit: text, raw: jsonb }
streams:
  prices:
    window: day
    request:
      path: /api
      query: { periodStart: "{from|utc|%Y%m%d%H%M}", periodEnd: "{to|utc|%Y%m%d%H%M}" }
    format: xml
    records: { path: Publication.TimeSeries, optional: true }
    error: { path: Acknowledgement.Reason.code, is: [999], means: empty }
    rows:
      table: prices
      each: Period[].Point[]
      columns:
        area: ^^.domain
        at: { path: ^timeInterval.start, plus: { count: position, of: ^resolution, first: 1 } }
        price: { path: '["price.amount"]', scale: 0.001 }
        unit: ^^.unit.@code
        raw: .
`;

function point(position: number, price: string): string {
  return `<Point><position>${position}</position><price.amount>${price}</price.amount></Point>`;
}

function publication(start: string, points: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<p:Publication xmlns:p="urn:iec62325:7:3"><p:TimeSeries>
  <p:domain codingScheme="A01">10YBE</p:domain><p:unit code="EUR">MWH</p:unit>
  <p:Period><p:timeInterval><p:start>${start}</p:start></p:timeInterval>
  <p:resolution>PT60M</p:resolution>${points}</p:Period>
</p:TimeSeries></p:Publication>`;
}

Deno.test("XML: prices by position, a window in UTC, an acknowledgement that means no data", async () => {
  await using server = recorded(({ searchParams }) => {
    const body = searchParams.get("periodStart") === "202410262200"
      ? publication(
        "2024-10-26T22:00Z",
        Array.from({ length: 25 }, (_, at) => point(at + 1, `${at}.50`)).join(""),
      )
      : searchParams.get("periodStart") === "202410272300"
      // One point: a list of one.
      ? publication("2024-10-27T23:00Z", point(24, "7"))
      : "<a:Acknowledgement xmlns:a='urn:ack'><a:Reason><a:code>999</a:code></a:Reason></a:Acknowledgement>";
    return new Response(body, { headers: { "content-type": "text/xml" } });
  });
  await using world = await openWorld({ job: PRICES, env: { URL: server.url } });
  const { summary } = await world.backfill("--start-date 2024-10-27 --end-date 2024-10-29");
  assertEquals([summary.ok, summary.rejected], [true, 0]);
  assertEquals(server.asked.map(({ search }) => search), [
    "?periodStart=202410262200&periodEnd=202410272300",
    "?periodStart=202410272300&periodEnd=202410282300",
    "?periodStart=202410282300&periodEnd=202410292300",
  ]);
  const rows = await world.query(
    "SELECT area, extract(epoch FROM at)::bigint::text AS at, price::text AS price, unit, raw FROM prices ORDER BY at",
  );
  const first = Date.parse("2024-10-26T22:00:00Z") / 1000;
  assertEquals(rows.length, 26);
  assertEquals(rows.slice(0, 25).map(({ at, price }) => [at, price]), [
    ...Array.from({ length: 25 }, (_, hour) => {
      return [String(first + hour * 3600), `0.${String(hour * 10 + 5).padStart(4, "0")}0`];
    }),
  ]);
  assertEquals(rows[25], {
    area: "10YBE",
    at: String(Date.parse("2024-10-28T22:00:00Z") / 1000),
    price: "0.007",
    unit: "EUR",
    raw: { position: "24", "price.amount": "7" },
  });
});

const FEED = `job: feed
source: "\${URL}"
tables:
  items:
    key: id
    columns: { id: text, title: text, media_title: text, at: timestamptz, tags: "text[]", link: text }
streams:
  items:
    window: day
    request: { path: /rss, query: { day: "{from}" } }
    format: xml
    encoding: windows-1252
    namespaces: { media: "http://search.yahoo.com/mrss/" }
    records: { path: rss.channel.item, optional: true }
    record_date: { path: [updated, pubDate], format: "%a, %d %b %Y %H:%M:%S %Z" }
    rows:
      table: items
      columns:
        id: guid
        title: title
        media_title: media:title
        at: { path: pubDate, format: "%a, %d %b %Y %H:%M:%S %Z" }
        tags: category[]
        link: link.@href
`;

Deno.test("XML: a feed with one item or none, two namespaces, attributes, and Windows-1252", async () => {
  await using server = recorded(({ searchParams }) => {
    const item = searchParams.get("day") === "2025-01-02" ? "" : `<item>
      <guid isPermaLink="false">${searchParams.get("day")}</guid><title>Caf\u00e9</title>
      <m:title>Media</m:title><pubDate>Wed, 01 Jan 2025 08:00:00 GMT</pubDate>
      <category>one</category><link href="https://example.com/1"/></item>`;
    const text = `<rss xmlns:m="http://search.yahoo.com/mrss/"><channel>${item}</channel></rss>`;
    return new Response(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  });
  await using world = await openWorld({ job: FEED, env: { URL: server.url } });
  const { summary } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-02");
  assertEquals([summary.ok, summary.rejected], [true, 0]);
  assertEquals(await world.query("SELECT id, title, media_title, at, tags, link FROM items"), [{
    id: "2025-01-01",
    title: "Café",
    media_title: "Media",
    at: "2025-01-01T08:00:00Z",
    tags: ["one"],
    link: "https://example.com/1",
  }]);
});

const SOAP = `job: rates
source: "\${URL}"
tables:
  rates:
    key: [day, currency]
    columns: { day: date, currency: text, rate: numeric }
streams:
  rates:
    window: day
    for_each: { currency: ["USD", "A&B"] }
    request:
      path: /soap
      method: POST
      headers: { SOAPAction: "urn:rates/GetRates" }
      xml: >-
        <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
        <GetRates><day>{from}</day><currency>{each.currency}</currency></GetRates></s:Body></s:Envelope>
    format: xml
    error: Envelope.Body.Fault.faultstring
    records: Envelope.Body.Rates.Rate
    rows: { table: rates, columns: { day: $window.from, currency: "@code", rate: "#text" } }
`;

Deno.test("XML: a SOAP envelope is sent with escaped values, and its response is read", async () => {
  const sent: string[][] = [];
  await using server = recorded(async (_, request) => {
    const body = await request.text();
    sent.push([request.headers.get("content-type")!, request.headers.get("soapaction")!, body]);
    const code = body.includes("USD") ? "USD" : "A&amp;B";
    return new Response(
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
        `<Rates><Rate code="${code}">1.0800</Rate></Rates></soapenv:Body></soapenv:Envelope>`,
    );
  });
  await using world = await openWorld({ job: SOAP, env: { URL: server.url } });
  const { summary } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-01");
  assertEquals([summary.ok, summary.rejected], [true, 0]);
  assertEquals(
    await world.query("SELECT day::text, currency, rate::text FROM rates ORDER BY currency"),
    [
      { day: "2025-01-01", currency: "A&B", rate: "1.0800" },
      { day: "2025-01-01", currency: "USD", rate: "1.0800" },
    ],
  );
  const escaped = sent.map(([, , body]) => /<currency>(.*)<\/currency>/.exec(body!)?.[1]).sort();
  assertEquals(escaped, ["A&#38;B", "USD"]);
  assertEquals(sent[0]?.slice(0, 2), ["text/xml; charset=utf-8", "urn:rates/GetRates"]);
});

Deno.test("XML: a fault in a SOAP envelope fails its window with the fault's text", async () => {
  await using server = recorded(() =>
    new Response(
      "<Envelope><Body><Fault><faultstring>No such day</faultstring></Fault></Body></Envelope>",
    )
  );
  await using world = await openWorld({ job: SOAP, env: { URL: server.url } });
  const { summary, events } = await world.backfill(
    "--start-date 2025-01-01 --end-date 2025-01-01",
  );
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), "No such day");
});
