// Jobs for APIs that config/ does not have, written from docs/config.md alone: numbers of pages inside of queries and
// documents, caps, texts that stand for numbers, values that feed other requests.
import { assertEquals } from "@std/assert";
import { assertLoads, type Stranger } from "./strangers.ts";

const STRANGERS: Readonly<Record<string, Stranger>> = {
  // https://query.wikidata.org: SPARQL, whose offset is part of the query.
  sparql: {
    job: `
job: wikidata
source: { url: "URL", limits: 1/s }
tables: { births: { key: person, columns: { person: text, born: date, name: text } } }
streams:
  births:
    window: month
    request:
      path: /sparql
      method: POST
      headers: { Accept: application/sparql-results+json }
      form:
        query: |-
          SELECT ?person ?born ?name WHERE {{ ?person wdt:P569 ?born; rdfs:label ?name .
            FILTER(?born >= "{from}"^^xsd:date && ?born < "{to}"^^xsd:date) }}
          ORDER BY ?person LIMIT 2 OFFSET {offset}
    paging: { by: offset, size: 2 }
    records: results.bindings
    record_date: born.value
    rows:
      table: births
      columns: { person: { path: person.value, capture: 'entity/(Q\\d+)$' }, born: born.value, name: name.value }
`,
    async answer({ pathname }, request) {
      if (pathname !== "/sparql") return;
      const query = new URLSearchParams(await request.text()).get("query")!;
      const [, from, to] = /born >= "([\d-]+)".* < "([\d-]+)"\^\^xsd:date\) \}/.exec(query)!;
      const [, offset] = /LIMIT 2 OFFSET (\d+)$/.exec(query)!;
      const all = ["2025-01-05", "2025-01-06", "2025-01-31"].map((born, n) => ({
        person: { type: "uri", value: `http://www.wikidata.org/entity/Q${n + 1}` },
        born: { type: "literal", value: `${born}T00:00:00Z` },
        name: { "xml:lang": "en", type: "literal", value: `P ${n}` },
      })).filter(({ born: { value } }) => value >= from! && value < to!);
      return Response.json({
        head: { vars: ["person", "born", "name"] },
        results: { bindings: all.slice(Number(offset), Number(offset) + 2) },
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    rows: {
      "SELECT person, born, name FROM births ORDER BY 1": [
        ["Q1", "2025-01-05", "P 0"],
        ["Q2", "2025-01-06", "P 1"],
        ["Q3", "2025-01-31", "P 2"],
      ],
    },
  },

  // https://developer.intuit.com: QuickBooks, a query whose position counts from one; no list where nothing is.
  quickbooks: {
    job: `
job: quickbooks
source: { url: "URL", auth: { bearer: "\${QBO_TOKEN}" }, limits: 500/min }
tables:
  invoices: { key: id, columns: { id: text, day: date, total: numeric, customer: text } }
  invoice_lines: { key: [invoice_id, n], columns: { invoice_id: text, n: integer, amount: numeric, item: text } }
streams:
  invoices:
    window: month
    request:
      path: /v3/company/1/query
      query:
        query: "SELECT * FROM Invoice WHERE TxnDate >= '{from}' AND TxnDate <= '{last}' ORDERBY Id STARTPOSITION {offset} MAXRESULTS 2"
    paging: { by: offset, first: 1, size: 2 }
    records: { path: QueryResponse.Invoice, optional: true }
    record_date: TxnDate
    rows:
      - table: invoices
        columns: { id: Id, day: TxnDate, total: TotalAmt, customer: CustomerRef.name }
      - table: invoice_lines
        each: Line[]
        when: { path: DetailType, is: [SalesItemLineDetail] }
        columns: { invoice_id: ^Id, n: LineNum, amount: Amount, item: SalesItemLineDetail.ItemRef.name }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/v3/company/1/query") return;
      const query = p.get("query")!;
      const [, from, last, start] =
        /'([\d-]+)' AND TxnDate <= '([\d-]+)' ORDERBY Id STARTPOSITION (\d+) MAXRESULTS 2$/.exec(
          query,
        )!;
      const all = ["2025-01-01", "2025-01-31", "2025-01-31"].map((TxnDate, n) => ({
        ...{
          Id: String(n + 1),
          TxnDate,
          TotalAmt: 10.5 + n,
          CustomerRef: { value: "5", name: "Ann" },
        },
        Line: [
          {
            ...{ LineNum: 1, Amount: 10.5 + n, DetailType: "SalesItemLineDetail" },
            SalesItemLineDetail: { ItemRef: { value: "1", name: "Tea" } },
          },
          { Amount: 10.5 + n, DetailType: "SubTotalLineDetail", SubTotalLineDetail: {} },
        ],
      })).filter(({ TxnDate }) => TxnDate >= from! && TxnDate <= last!);
      const page = all.slice(Number(start) - 1, Number(start) + 1);
      return Response.json({
        QueryResponse: page.length === 0
          ? {}
          : { Invoice: page, startPosition: Number(start), maxResults: page.length },
        time: "2025-01-01T00:00:00Z",
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-02-28",
    env: { QBO_TOKEN: "t" },
    rows: {
      "SELECT id, day, total::float FROM invoices ORDER BY id": [
        ["1", "2025-01-01", 10.5],
        ["2", "2025-01-31", 11.5],
        ["3", "2025-01-31", 12.5],
      ],
      "SELECT invoice_id, n, item FROM invoice_lines ORDER BY 1": [
        ["1", 1, "Tea"],
        ["2", 1, "Tea"],
        ["3", 1, "Tea"],
      ],
    },
  },

  // A SOAP service whose page number is an element of the body.
  soap_pages: {
    job: `
job: soap_pages
source: { url: "URL", limits: 5/s }
tables: { bookings: { key: id, columns: { id: bigint, day: date, amount: numeric, currency: text } } }
streams:
  bookings:
    window: day
    request:
      path: /soap
      method: POST
      xml: >-
        <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
        <List><day>{from}</day><page>{page}</page></List></s:Body></s:Envelope>
    format: xml
    error: Envelope.Body.Fault.faultstring
    paging: { by: page, pages: Envelope.Body.ListResponse.pages }
    records: { path: Envelope.Body.ListResponse.booking, optional: true }
    rows:
      table: bookings
      columns: { id: "@id", day: day, amount: amount, currency: amount.@currency }
`,
    async answer({ pathname }, request) {
      if (pathname !== "/soap") return;
      const text = await request.text();
      const [, day, page] = /<day>([\d-]+)<\/day><page>(\d+)<\/page>/.exec(text)!;
      const booking =
        `<booking id="${page}"><day>${day}</day><amount currency="EUR">${page}.50</amount></booking>`;
      const isEmpty = day === "2025-01-02";
      return new Response(
        `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListResponse><pages>${
          isEmpty ? 0 : 2
        }</pages>${isEmpty ? "" : booking}</ListResponse></s:Body></s:Envelope>`,
        { headers: { "content-type": "text/xml" } },
      );
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-02",
    rows: {
      "SELECT id::int, day, amount::float, currency FROM bookings ORDER BY id": [
        [1, "2025-01-01", 1.5, "EUR"],
        [2, "2025-01-01", 2.5, "EUR"],
      ],
    },
    requests: 3,
  },

  // https://www.eia.gov/opendata: names with brackets, hours without minutes, a total that is a string.
  eia: {
    job: `
job: eia
source: { url: "URL", auth: { query: { api_key: "\${EIA_KEY}" } }, limits: 5/s }
tables:
  demand: { key: [respondent, hour], columns: { respondent: text, hour: timestamptz, mwh: numeric } }
streams:
  demand:
    window: week
    settle: 7d
    request:
      path: /v2/electricity/rto/region-data/data/
      query:
        frequency: hourly
        "data[0]": value
        "facets[type][]": D
        "facets[respondent][]": [CISO, PJM]
        start: "{from|%Y-%m-%dT%H}"
        end: "{last|%Y-%m-%dT%H}"
        "sort[0][column]": period
    paging: { by: offset, size_param: length, size: 2 }
    total: response.total
    records: response.data
    record_date: { path: period, format: "%Y-%m-%dT%H" }
    rows:
      table: demand
      columns: { respondent: respondent, hour: { path: period, format: "%Y-%m-%dT%H" }, mwh: value }
`,
    answer({ pathname, searchParams: p }) {
      if (!pathname.startsWith("/v2/electricity/") || p.get("data[0]") !== "value") return;
      if (p.get("api_key") !== "k") {
        return Response.json({ error: { code: "API_KEY_INVALID" } }, { status: 403 });
      }
      const all = ["2025-01-05T23", "2025-01-06T00"].flatMap((period) =>
        p.getAll("facets[respondent][]").map((respondent) => ({
          period,
          respondent,
          type: "D",
          value: "21000",
        }))
      ).filter(({ period }) => period >= p.get("start")! && period <= p.get("end")!);
      const at = Number(p.get("offset"));
      return Response.json({
        response: { total: String(all.length), dateFormat: "x", data: all.slice(at, at + 2) },
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-12",
    env: { EIA_KEY: "k" },
    rows: {
      "SELECT respondent, hour, mwh::int FROM demand ORDER BY 1, 2": [
        ["CISO", "2025-01-05T23:00:00Z", 21_000],
        ["CISO", "2025-01-06T00:00:00Z", 21_000],
        ["PJM", "2025-01-05T23:00:00Z", 21_000],
        ["PJM", "2025-01-06T00:00:00Z", 21_000],
      ],
    },
  },

  // https://docs.coingecko.com: several arrays of pairs, each with a time and one value.
  coingecko: {
    job: `
job: coingecko
source: { url: "URL", limits: 30/min }
tables:
  hours: { key: [coin, at], columns: { coin: text, at: timestamptz, price: double, volume: double } }
streams:
  hours:
    window: { max: 90d }
    for_each: { coin: [bitcoin] }
    request:
      path: /api/v3/coins/{each.coin}/market_chart/range
      query: { vs_currency: eur, from: "{from|epoch}", to: "{last|epoch}" }
    records: { as: single }
    paging: none
    rows:
      - { table: hours, each: "prices[]", columns: { coin: $each.coin, at: { path: "[0]", format: epoch_ms }, price: "[1]" } }
      - { table: hours, each: "total_volumes[]", columns: { coin: $each.coin, at: { path: "[0]", format: epoch_ms }, volume: "[1]" } }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/api/v3/coins/bitcoin/market_chart/range") return;
      const [from, to] = [Number(p.get("from")), Number(p.get("to"))];
      const times = ["2025-01-01T00:00Z", "2025-01-01T01:00Z"].map((text) => Date.parse(text))
        .filter((ms) => ms >= from * 1000 && ms <= to * 1000);
      return Response.json({
        prices: times.map((ms, n) => [ms, 90_000.5 + n]),
        market_caps: times.map((ms) => [ms, 1.8e12]),
        total_volumes: times.map((ms, n) => [ms, 3e10 + n]),
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    rows: {
      "SELECT at, price, volume FROM hours ORDER BY at": [
        ["2025-01-01T00:00:00Z", 90_000.5, 3e10],
        ["2025-01-01T01:00:00Z", 90_001.5, 3e10 + 1],
      ],
    },
  },

  // https://hn.algolia.com/api: pages from 0, a count of pages, and 1,000 hits of a search at most.
  algolia: {
    job: `
job: hacker_news
source: { url: "URL", limits: 10000/h }
tables:
  stories: { key: id, columns: { id: bigint, title: text, author: text, points: integer, at: timestamptz } }
streams:
  stories:
    window: { min: 1h }
    request:
      path: /api/v1/search_by_date
      query: { tags: story, numericFilters: "created_at_i>={from|epoch},created_at_i<{to|epoch}" }
    paging: { by: page, page_param: page, first: 0, size_param: hitsPerPage, size: 2, pages: nbPages }
    total: nbHits
    max_records: 4
    records: hits
    record_date: { path: created_at_i, format: epoch }
    rows:
      table: stories
      columns: { id: objectID, title: title, author: author, points: points, at: created_at }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/api/v1/search_by_date") return;
      const [, from, to] = /^created_at_i>=(\d+),created_at_i<(\d+)$/.exec(
        p.get("numericFilters")!,
      )!;
      const first = Date.parse("2025-01-01T00:00Z") / 1000;
      const all = Array.from({ length: 12 }, (_, n) => ({
        ...{
          objectID: String(n),
          title: `T ${n}`,
          author: "a",
          points: n,
          created_at_i: first + n * 5400,
        },
        created_at: new Date((first + n * 5400) * 1000).toISOString(),
      })).filter(({ created_at_i: at }) => at >= Number(from) && at < Number(to)).reverse();
      const reachable = all.slice(0, 4);
      const page = Number(p.get("page"));
      return Response.json({
        ...{ hits: reachable.slice(page * 2, page * 2 + 2), nbHits: all.length, page },
        ...{ nbPages: Math.ceil(reachable.length / 2), hitsPerPage: 2, exhaustiveNbHits: true },
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-03",
    rows: {
      "SELECT count(*)::int, sum(points)::int, max(at) FROM stories": [[
        12,
        66,
        "2025-01-01T16:30:00Z",
      ]],
    },
  },

  // https://dev.twitch.tv: client credentials and an ID in a header, an empty object at the end.
  twitch: {
    job: `
job: twitch
source:
  url: URL/helix
  auth:
    oauth2: { token_url: "URL/oauth2/token", client_id: "\${TWITCH_ID}", client_secret: "\${TWITCH_SECRET}" }
    header: { Client-Id: "\${TWITCH_ID}" }
  limits: 800/min
tables: { clips: { key: id, columns: { id: text, title: text, views: integer, at: timestamptz } } }
streams:
  clips:
    window: week
    request:
      path: /clips
      query: { broadcaster_id: "1", started_at: "{from|instant}", ended_at: "{to|instant}" }
    paging: { by: cursor, cursor: pagination.cursor, cursor_param: after, size_param: first, size: 2 }
    records: data
    rows: { table: clips, columns: { id: id, title: title, views: view_count, at: created_at } }
`,
    async answer({ pathname, searchParams: p }, request) {
      if (pathname === "/oauth2/token") {
        assertEquals((await request.text()).includes("grant_type=client_credentials"), true);
        return Response.json({ access_token: "at", expires_in: 5000, token_type: "bearer" });
      }
      if (pathname !== "/helix/clips" || request.headers.get("client-id") !== "id") return;
      if (request.headers.get("authorization") !== "Bearer at") {
        return new Response(null, { status: 401 });
      }
      const all = ["2025-01-06", "2025-01-07", "2025-01-08"].map((day, n) => ({
        ...{ id: `C${n}`, title: `T ${n}`, view_count: n, created_at: `${day}T00:00:00Z` },
      })).filter(({ created_at: at }) => at >= p.get("started_at")! && at < p.get("ended_at")!);
      const at = Number(p.get("after") ?? 0);
      const pagination = at + 2 < all.length ? { cursor: String(at + 2) } : {};
      return Response.json({ data: all.slice(at, at + 2), pagination });
    },
    run: "--start-date 2025-01-06 --end-date 2025-01-19",
    env: { TWITCH_ID: "id", TWITCH_SECRET: "s" },
    rows: {
      "SELECT id, views, at FROM clips ORDER BY id": [0, 1, 2].map((
        n,
      ) => [`C${n}`, n, `2025-01-0${6 + n}T00:00:00Z`]),
    },
  },

  // https://mailchimp.com/developer: a list with a total, and a report for each campaign that it returned.
  mailchimp: {
    job: `
job: mailchimp
source: { url: "URL/3.0", auth: { basic: { username: x, password: "\${MAILCHIMP_KEY}" } }, limits: 10/s }
tables:
  campaigns: { key: id, columns: { id: text, subject: text, sent_at: timestamptz, emails: integer } }
  reports: { key: campaign_id, columns: { campaign_id: text, opens: integer, open_rate: double }, references: { campaign_id: campaigns.id } }
streams:
  campaigns:
    window: auto
    request:
      path: /campaigns
      query: { status: sent, since_send_time: "{from|instant}", before_send_time: "{to|instant}" }
    paging: { by: offset, size_param: count, size: 2 }
    total: total_items
    records: campaigns
    forecast: { records_per_day: 1 }
    rows: { table: campaigns, columns: { id: id, subject: settings.subject_line, sent_at: send_time, emails: emails_sent } }
  reports:
    for_each: { campaign: { query: SELECT id FROM campaigns ORDER BY id } }
    request: /reports/{each.campaign}
    records: { as: single }
    rows: { table: reports, columns: { campaign_id: id, opens: opens.unique_opens, open_rate: opens.open_rate } }
`,
    answer({ pathname, searchParams: p }, { headers }) {
      if (headers.get("authorization") !== `Basic ${btoa("x:k-us1")}`) {
        return new Response(null, { status: 401 });
      }
      const [, id] = /^\/3\.0\/reports\/(\w+)$/.exec(pathname) ?? [];
      if (id !== undefined) {
        return Response.json({ id, opens: { unique_opens: 7, open_rate: 0.25 }, _links: [] });
      }
      if (pathname !== "/3.0/campaigns") return;
      const all = ["2025-01-01", "2025-01-10", "2025-01-20"].map((day, n) => ({
        ...{ id: `m${n}`, send_time: `${day}T09:00:00+00:00`, emails_sent: 100 + n },
        ...{ settings: { subject_line: `S ${n}` }, _links: [{ rel: "self", href: "https://x" }] },
      })).filter(({ send_time: at }) =>
        at >= p.get("since_send_time")! && at < p.get("before_send_time")!
      );
      const at = Number(p.get("offset"));
      return Response.json({
        ...{ campaigns: all.slice(at, at + 2), total_items: all.length },
        _links: [{ rel: "self", href: "https://x" }, { rel: "parent", href: "https://x" }],
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    env: { MAILCHIMP_KEY: "k-us1" },
    rows: {
      "SELECT c.id, subject, emails, opens, open_rate FROM campaigns c JOIN reports r ON campaign_id = c.id ORDER BY 1":
        [
          ["m0", "S 0", 100, 7, 0.25],
          ["m1", "S 1", 101, 7, 0.25],
          ["m2", "S 2", 102, 7, 0.25],
        ],
    },
  },
};

for (const [name, stranger] of Object.entries(STRANGERS)) {
  Deno.test(`a job for ${name}, written from the docs, loads every value`, () =>
    assertLoads(stranger));
}
