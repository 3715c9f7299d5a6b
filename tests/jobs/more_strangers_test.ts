// Jobs for APIs that config/ does not have, written from docs/config.md alone: search and support, markets of
// power, catalogues whose links are lists.
import { assertEquals } from "@std/assert";
import { assertLoads, type Stranger } from "./strangers.ts";

const STRANGERS: Readonly<Record<string, Stranger>> = {
  // https://developer.nytimes.com: a month in the path without a leading zero, a count of hits.
  nyt_archive: {
    job: `
job: nyt_archive
source: { url: "URL", auth: { query: { api-key: "\${NYT_KEY}" } }, limits: [5/min, 500/d] }
tables:
  articles:
    key: id
    columns: { id: text, headline: text, published_at: timestamptz, section: text, keywords: "text[]", words: integer }
streams:
  articles:
    start: 1851-09-01
    window: month
    request: "/svc/archive/v1/{from|%Y}/{from|%-m}.json"
    records: response.docs
    rows:
      table: articles
      columns:
        id: _id
        headline: headline.main
        published_at: pub_date
        section: section_name
        keywords: keywords[].value
        words: word_count
`,
    answer({ pathname, searchParams: p }) {
      const [, year, month] = /^\/svc\/archive\/v1\/(\d{4})\/([1-9]\d?)\.json$/.exec(pathname) ??
        [];
      if (year === undefined || p.get("api-key") !== "k") return;
      const docs = month === "2" ? [] : [{
        ...{ _id: `nyt://article/${month}`, headline: { main: 'A "B"', kicker: null } },
        ...{ pub_date: `${year}-01-31T23:59:59+0000`, section_name: "World", word_count: 812 },
        keywords: [{ name: "glocations", value: "Paris" }, { name: "subject", value: "Food" }],
      }];
      return Response.json({ copyright: "c", response: { docs, meta: { hits: docs.length } } });
    },
    run: "--start-date 2025-01-01 --end-date 2025-02-28",
    env: { NYT_KEY: "k" },
    rows: {
      "SELECT id, headline, published_at, keywords, words FROM articles": [
        ["nyt://article/1", 'A "B"', "2025-01-31T23:59:59Z", ["Paris", "Food"], 812],
      ],
    },
    requests: 2,
  },

  // https://developer.atlassian.com: JQL in a POST, a token for the next page, times to the minute in a zone.
  jira: {
    job: `
job: jira
time_zone: Europe/Berlin
source:
  url: URL
  auth: { basic: { username: "\${JIRA_USER}", password: "\${JIRA_TOKEN}" } }
  limits: 10/s
tables:
  issues:
    key: id
    columns: { id: bigint, key: text, summary: text, status: text, assignee: text, labels: "text[]", updated_at: timestamptz }
streams:
  issues:
    window: auto
    settle: 1d
    request:
      path: /rest/api/3/search/jql
      method: POST
      body:
        jql: 'updated >= "{from|%Y-%m-%d %H:%M}" AND updated < "{to|%Y-%m-%d %H:%M}" ORDER BY updated, key'
        fields: [summary, status, assignee, labels, updated]
    paging: { by: cursor, cursor: nextPageToken, cursor_param: nextPageToken, size_param: maxResults, size: 2, in: body }
    records: issues
    record_date: fields.updated
    forecast: { records_per_day: 1 }
    rows:
      table: issues
      columns:
        id: id
        key: key
        summary: fields.summary
        status: fields.status.name
        assignee: fields.assignee.displayName
        labels: fields.labels
        updated_at: fields.updated
`,
    async answer({ pathname }, request) {
      if (pathname !== "/rest/api/3/search/jql" || request.method !== "POST") return;
      const { jql, nextPageToken, maxResults, fields } = await request.json();
      assertEquals([maxResults, fields.length], [2, 5]);
      const [, from, to] = /^updated >= "([\d :-]{16})" AND updated < "([\d :-]{16})" ORDER/.exec(
        jql,
      )!;
      // The user's zone decides, an hour ahead of UTC.
      const found = ["2025-01-09 23:30", "2025-01-10 00:00", "2025-01-20 10:00", "2025-01-20 10:01"]
        .map((at, n) => ({ at, n })).filter(({ at }) => at >= from! && at < to!);
      const start = Number(nextPageToken ?? 0);
      const isLast = start + 2 >= found.length;
      const issues = found.slice(start, start + 2).map(({ at, n }) => ({
        ...{ id: String(10_000 + n), key: `A-${n}`, self: "https://x" },
        fields: {
          ...{ summary: `S ${n}`, status: { name: "Done" }, labels: n === 0 ? [] : ["x"] },
          assignee: n === 0 ? null : { displayName: "Ann" },
          updated: `${at.replace(" ", "T")}:00.123+0100`,
        },
      }));
      return Response.json({
        issues,
        isLast,
        ...isLast ? {} : { nextPageToken: String(start + 2) },
      });
    },
    run: "--start-date 2025-01-10 --end-date 2025-01-31",
    env: { JIRA_USER: "me@example.com", JIRA_TOKEN: "t" },
    rows: {
      "SELECT id::int, key, status, assignee, labels, updated_at FROM issues ORDER BY id": [
        [10_001, "A-1", "Done", "Ann", ["x"], "2025-01-09T23:00:00.123Z"],
        [10_002, "A-2", "Done", "Ann", ["x"], "2025-01-20T09:00:00.123Z"],
        [10_003, "A-3", "Done", "Ann", ["x"], "2025-01-20T09:01:00.123Z"],
      ],
    },
  },

  // https://developers.intercom.com: a search in a POST, both ends excluded, the cursor in an object.
  intercom: {
    job: `
job: intercom
source:
  url: URL
  auth: { bearer: "\${INTERCOM_TOKEN}" }
  headers: { Intercom-Version: "2.11" }
  limits: 1000/min
tables:
  conversations:
    key: id
    columns: { id: text, state: text, updated_at: timestamptz, tags: "text[]" }
streams:
  conversations:
    window: auto
    request:
      path: /conversations/search
      method: POST
      body:
        query:
          operator: AND
          value:
            - { field: updated_at, operator: ">", value: "{before|epoch}" }
            - { field: updated_at, operator: "<", value: "{to|epoch}" }
    paging:
      { by: cursor, cursor: pages.next.starting_after, cursor_param: pagination.starting_after, size_param: pagination.per_page, size: 2, in: body }
    total: total_count
    records: conversations
    record_date: { path: updated_at, format: epoch }
    forecast: { records_per_day: 1 }
    rows:
      table: conversations
      columns: { id: id, state: state, updated_at: { path: updated_at, format: epoch }, tags: "tags.tags[].name" }
`,
    async answer({ pathname }, request) {
      if (pathname !== "/conversations/search") return;
      const { query: { value: [after, before] }, pagination } = await request.json();
      assertEquals([typeof after.value, pagination.per_page], ["number", 2]);
      const all = [0, 1, 2].map((n) => ({
        ...{ type: "conversation", id: `c${n}`, state: "closed", updated_at: 1_735_689_600 + n },
        tags: { type: "tag.list", tags: n === 1 ? [{ id: "1", name: "vip" }] : [] },
      })).filter(({ updated_at: at }) => at > after.value && at < before.value);
      const at = Number(pagination.starting_after ?? 0);
      return Response.json({
        ...{
          type: "conversation.list",
          total_count: all.length,
          conversations: all.slice(at, at + 2),
        },
        pages: {
          ...{ type: "pages", page: 1, per_page: 2, total_pages: Math.ceil(all.length / 2) },
          ...at + 2 < all.length ? { next: { page: 2, starting_after: String(at + 2) } } : {},
        },
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-31",
    env: { INTERCOM_TOKEN: "t" },
    rows: {
      "SELECT id, updated_at, tags FROM conversations ORDER BY id": [
        ["c0", "2025-01-01T00:00:00Z", []],
        ["c1", "2025-01-01T00:00:01Z", ["vip"]],
        ["c2", "2025-01-01T00:00:02Z", []],
      ],
    },
    requests: 3,
  },

  // https://developers.google.com/webmaster-tools: startRow in the body, keys as an array, no rows where nothing is.
  search_console: {
    job: `
job: search_console
time_zone: America/Los_Angeles
source: { url: "URL", auth: { bearer: "\${GSC_TOKEN}" }, limits: 20/s }
tables:
  queries:
    key: [site, day, query]
    columns: { site: text, day: date, query: text, clicks: integer, impressions: integer, position: double }
streams:
  queries:
    window: day
    settle: 3d
    for_each: { site: ["sc-domain:example.com"] }
    request:
      path: /webmasters/v3/sites/{each.site}/searchAnalytics/query
      method: POST
      body: { startDate: "{from}", endDate: "{last}", dimensions: [date, query] }
    paging: { by: offset, offset_param: startRow, size_param: rowLimit, size: 2, in: body }
    records: { path: rows, optional: true }
    record_date: "keys[0]"
    rows:
      table: queries
      columns:
        site: $each.site
        day: "keys[0]"
        query: "keys[1]"
        clicks: clicks
        impressions: impressions
        position: position
`,
    async answer({ pathname }, request) {
      if (pathname !== "/webmasters/v3/sites/sc-domain%3Aexample.com/searchAnalytics/query") return;
      const { startDate, startRow, rowLimit } = await request.json();
      const all = startDate === "2025-01-02" ? [] : ["a", "b", "c"].map((query, n) => ({
        ...{ keys: [startDate, query], clicks: n, impressions: 10, ctr: 0.1, position: 1.5 },
      }));
      const rows = all.slice(startRow, startRow + rowLimit);
      return Response.json({
        ...rows.length > 0 ? { rows } : {},
        responseAggregationType: "byPage",
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-02",
    env: { GSC_TOKEN: "t" },
    rows: {
      "SELECT day, query, clicks, position FROM queries ORDER BY query": ["a", "b", "c"].map((
        query,
        n,
      ) => [
        ...["2025-01-01", query, n, 1.5],
      ]),
    },
  },

  // https://data.nordpoolgroup.com: prices of areas by name, and 204 for a day that is not published.
  nord_pool: {
    job: `
job: nord_pool
time_zone: Europe/Oslo
source: { url: "URL", limits: 1/s }
tables:
  prices: { key: [area, at], columns: { area: text, at: timestamptz, eur: numeric } }
streams:
  prices:
    window: day
    request:
      path: /api/DayAheadPrices
      query: { date: "{from}", market: DayAhead, deliveryArea: "SE1,SE2", currency: EUR }
    records: { path: multiAreaEntries, optional: true }
    record_date: deliveryStart
    rows:
      table: prices
      each: entryPerArea{}
      columns: { area: $key, at: ^deliveryStart, eur: . }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/api/DayAheadPrices" || p.get("deliveryArea") !== "SE1,SE2") return;
      if (p.get("date") === "2025-01-02") return new Response(null, { status: 204 });
      return Response.json({
        ...{ deliveryDateCET: p.get("date"), version: 3, currency: "EUR" },
        multiAreaEntries: ["2024-12-31T23:00:00Z", "2025-01-01T00:00:00Z"].map((at, n) => ({
          ...{ deliveryStart: at, deliveryEnd: at, entryPerArea: { SE1: 10.25 + n, SE2: -0.5 } },
        })),
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-02",
    rows: {
      "SELECT area, at, eur::float FROM prices ORDER BY 1, 2": [
        ["SE1", "2024-12-31T23:00:00Z", 10.25],
        ["SE1", "2025-01-01T00:00:00Z", 11.25],
        ["SE2", "2024-12-31T23:00:00Z", -0.5],
        ["SE2", "2025-01-01T00:00:00Z", -0.5],
      ],
    },
  },

  // https://documentation.dataspace.copernicus.eu: STAC, whose links are a list; a pair of instants in one parameter.
  copernicus_stac: {
    job: `
job: copernicus_stac
source: { url: "URL", limits: 2/s }
tables:
  scenes:
    key: id
    columns: { id: text, at: timestamptz, cloud_cover: double, platform: text, thumbnail: text }
streams:
  scenes:
    window: day
    request:
      path: /stac/search
      query: { collections: sentinel-2-l2a, datetime: "{from|instant_ms}/{last|instant_ms}", bbox: "5,50,6,51" }
    paging: { by: next_link, link: links, size_param: limit, size: 2 }
    total: numberMatched
    records: features
    record_date: properties.datetime
    rows:
      table: scenes
      columns:
        id: id
        at: properties.datetime
        cloud_cover: '["properties"]["eo:cloud_cover"]'
        platform: properties.platform
        thumbnail: assets.thumbnail.href
`,
    answer(url) {
      const { pathname, searchParams: p } = url;
      if (pathname !== "/stac/search" || p.get("collections") !== "sentinel-2-l2a") return;
      const [from, to] = p.get("datetime")!.split("/");
      const all = [0, 1, 2].map((n) => ({
        ...{
          type: "Feature",
          id: `S2_${n}`,
          geometry: null,
          links: [{ rel: "self", href: "https://x" }],
        },
        properties: {
          datetime: `2025-01-01T23:59:59.${n}00Z`,
          "eo:cloud_cover": n * 1.5,
          platform: "s2a",
        },
        assets: { thumbnail: { href: `https://t/${n}.jpg` } },
      })).filter(({ properties: { datetime } }) => datetime >= from! && datetime <= to!);
      const at = Number(p.get("token") ?? 0);
      const linked = (token: number) => {
        const target = new URL(url);
        target.searchParams.set("token", String(token));
        return target.href;
      };
      return Response.json({
        ...{ type: "FeatureCollection", numberMatched: all.length, numberReturned: 2 },
        features: all.slice(at, at + 2),
        links: [
          { rel: "self", type: "application/geo+json", href: url.href },
          ...at > 0 ? [{ rel: "prev", href: linked(at - 2) }] : [],
          ...at + 2 < all.length ? [{ rel: "next", method: "GET", href: linked(at + 2) }] : [],
        ],
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-02",
    rows: {
      "SELECT id, at, cloud_cover, thumbnail FROM scenes ORDER BY id": [0, 1, 2].map((n) => [
        ...[
          `S2_${n}`,
          `2025-01-01T23:59:59${n === 0 ? "" : `.${n}`}Z`,
          n * 1.5,
          `https://t/${n}.jpg`,
        ],
      ]),
    },
    requests: 3,
  },

  // https://hl7.org/fhir: a search whose two edges are one repeated parameter, bundles with a list of links.
  fhir: {
    job: `
job: fhir
source: { url: "URL", auth: { bearer: "\${FHIR_TOKEN}" }, headers: { Accept: application/fhir+json }, limits: 5/s }
tables:
  observations:
    key: id
    columns: { id: text, code: text, patient: text, at: timestamptz, value: numeric, unit: text }
streams:
  observations:
    window: month
    request:
      path: /r4/Observation
      query: { date: ["ge{from}", "lt{to}"], category: vital-signs }
    paging: { by: next_link, link: link, size_param: _count, size: 2 }
    records: { path: entry, optional: true }
    record_date: resource.effectiveDateTime
    rows:
      table: observations
      columns:
        id: resource.id
        code: "resource.code.coding[0].code"
        patient: resource.subject.reference
        at: resource.effectiveDateTime
        value: resource.valueQuantity.value
        unit: resource.valueQuantity.unit
`,
    answer(url) {
      const { pathname, searchParams: p } = url;
      if (pathname !== "/r4/Observation") return;
      const [ge, lt] = p.getAll("date");
      const all = ["2025-01-01", "2025-01-15", "2025-01-31"].map((day, n) => ({
        fullUrl: `urn:${n}`,
        resource: {
          ...{ resourceType: "Observation", id: `o${n}`, status: "final" },
          code: { coding: [{ system: "http://loinc.org", code: "8867-4" }] },
          ...{ subject: { reference: "Patient/1" }, effectiveDateTime: `${day}T08:00:00+00:00` },
          valueQuantity: { value: 60.5 + n, unit: "/min" },
        },
      })).filter(({ resource: { effectiveDateTime: at } }) =>
        at >= ge!.slice(2) && at < lt!.slice(2)
      );
      const at = Number(p.get("_page") ?? 0);
      const linked = (relation: string, page: number) => {
        const target = new URL(url);
        target.searchParams.set("_page", String(page));
        return { relation, url: target.href };
      };
      return Response.json({
        ...{ resourceType: "Bundle", type: "searchset", total: all.length },
        link: [
          ...at > 0 ? [linked("previous", at - 2)] : [],
          ...at + 2 < all.length ? [linked("next", at + 2)] : [],
          { relation: "self", url: url.href },
        ],
        ...all.length > 0 ? { entry: all.slice(at, at + 2) } : {},
      });
    },
    run: "--start-date 2025-01-01 --end-date 2025-02-28",
    env: { FHIR_TOKEN: "t" },
    rows: {
      "SELECT id, code, at, value::float FROM observations ORDER BY id": [
        ["o0", "8867-4", "2025-01-01T08:00:00Z", 60.5],
        ["o1", "8867-4", "2025-01-15T08:00:00Z", 61.5],
        ["o2", "8867-4", "2025-01-31T08:00:00Z", 62.5],
      ],
    },
    requests: 3,
  },

  // RFC 5005: an Atom feed in pages, whose links are elements; the last page has one link only.
  atom_pages: {
    job: `
job: atom_pages
source: { url: "URL", limits: 2/s }
tables: { entries: { key: id, columns: { id: text, title: text, at: timestamptz } } }
streams:
  entries:
    window: month
    request: { path: /feed, query: { since: "{from}", until: "{last}" } }
    format: xml
    paging: { by: next_link, link: feed.link }
    records: { path: feed.entry, optional: true }
    record_date: published
    rows: { table: entries, columns: { id: id, title: title, at: published } }
`,
    answer({ pathname, searchParams: p }) {
      if (pathname !== "/feed") return;
      const page = Number(p.get("page") ?? 1);
      const isEmpty = p.get("since") !== "2025-01-01";
      const next = page < 2 && !isEmpty
        ? `<link rel="next" href="/feed?since=2025-01-01&amp;page=${page + 1}"/>`
        : "";
      const entry = isEmpty ? "" : `<entry><id>urn:${page}</id><title>T &lt;${page}&gt;</title>
        <published>2025-01-0${page}T00:00:00Z</published><link rel="next" href="/no"/></entry>`;
      return new Response(
        `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed"/>${next}${entry}</feed>`,
        { headers: { "content-type": "application/atom+xml" } },
      );
    },
    run: "--start-date 2025-01-01 --end-date 2025-02-28",
    rows: {
      "SELECT id, title, at FROM entries ORDER BY id": [1, 2].map((n) => [
        ...[`urn:${n}`, `T <${n}>`, `2025-01-0${n}T00:00:00Z`],
      ]),
    },
    requests: 3,
  },
};

for (const [name, stranger] of Object.entries(STRANGERS)) {
  Deno.test(`a job for ${name}, written from the docs, loads every value`, () =>
    assertLoads(stranger));
}
