// More OpenAPI documents with the responses of their APIs: formats other than JSON, records that share
// what looks like a key, alternatives, responses and parameters behind references.
import { days, type Manner, recordsOf } from "./manners.ts";

/** Like monitoring networks: several values per sensor, so that the sensor alone is not a key. */
const SERIES: Manner = {
  like: "a network of sensors: sensor and time are the key",
  document: `openapi: 3.0.0
info: { title: Air }
servers: [{ url: "https://air.example" }]
paths:
  /readings:
    $ref: "#/x-paths/readings"
x-paths:
  readings:
    get:
      parameters:
        - $ref: "#/components/parameters/from"
        - $ref: "#/components/parameters/until"
      responses:
        "200": { $ref: "#/components/responses/Readings" }
components:
  parameters:
    from: { name: from, in: query, schema: { type: integer, description: "Unix time, seconds" } }
    until: { name: until, in: query, schema: { type: integer, description: "Unix time, seconds, exclusive" } }
  responses:
    Readings:
      description: ok
      content:
        application/json:
          schema:
            type: object
            properties:
              readings:
                type: array
                items:
                  type: object
                  properties:
                    sensor_id: { type: integer }
                    parameter_id: { type: string }
                    observed_at: { type: string, format: date-time }
                    value: { type: number, nullable: true }
`,
  path: "/readings",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-01-31",
  answer: ({ searchParams: q }) => {
    const [from, until] = [Number(q.get("from")), Number(q.get("until"))];
    const readings = recordsOf(from * 1000, until * 1000, 4).flatMap(({ at, n }) =>
      [1, 2].flatMap((sensor_id) =>
        ["no2", "o3"].map((parameter_id) => ({
          sensor_id,
          parameter_id,
          observed_at: at,
          value: n,
        }))
      )
    );
    return Response.json({ readings });
  },
  rows: { readings: 496 },
};

/** Like exchange rates: an object whose keys are the days. */
const KEYED: Manner = {
  like: "exchange rates: an object by day, days in the path",
  document: `openapi: 3.1.0
info: { title: Rates }
servers: [{ url: "https://rates.example/v1" }]
paths:
  /history/{start_date}/{end_date}:
    get:
      parameters:
        - { name: start_date, in: path, required: true, schema: { type: string, format: date } }
        - { name: end_date, in: path, required: true, schema: { type: string, format: date } }
      responses:
        default:
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  base: { type: string }
                  rates: { type: object, additionalProperties: { type: object, properties: { USD: { type: number }, GBP: { type: number } } } }
`,
  path: "/history/{start_date}/{end_date}",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-02-28",
  answer: ({ pathname }) => {
    const [, first = null, last = null] = /history\/(.{10})\/(.{10})$/.exec(pathname) ?? [];
    const rates = recordsOf(...days(first, last), 1).map(({ day }) => [day, { USD: 1, GBP: 2 }]);
    return Response.json({ base: "EUR", rates: Object.fromEntries(rates) });
  },
  rows: { rates: 59 },
};

/** Like exports: lines of JSON, of two kinds. */
const LINES: Manner = {
  like: "an export: lines of JSON, of one kind or another",
  document: `swagger: "2.0"
info: { title: Export }
host: export.example
schemes: [https]
produces: [application/x-ndjson]
securityDefinitions: { login: { type: basic } }
security: [{ login: [] }]
paths:
  /events:
    get:
      parameters:
        - { name: date, in: query, required: true, type: string, format: date }
      responses:
        "200":
          description: one event a line
          schema:
            discriminator: kind
            oneOf:
              - { type: object, properties: { id: { type: integer }, kind: { type: string }, url: { type: string } } }
              - { type: object, properties: { id: { type: integer }, kind: { type: string }, amount: { type: number } } }
`,
  path: "/events",
  env: { EXPORT_USERNAME: "u", EXPORT_PASSWORD: "p" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-05",
  answer: ({ searchParams: q }, { headers }) => {
    if (headers.get("authorization") !== `Basic ${btoa("u:p")}`) {
      return new Response("", { status: 401 });
    }
    const lines = recordsOf(...days(q.get("date"), q.get("date")), 6).map(({ n }) =>
      JSON.stringify(n % 2 ? { id: n, kind: "view", url: "u" } : { id: n, kind: "sale", amount: 1 })
    );
    return new Response(lines.join("\n"), { headers: { "content-type": "application/x-ndjson" } });
  },
  rows: { events: 30 },
};

/** Like social graphs: cursors two levels down, no total. */
const GRAPH: Manner = {
  like: "a social graph: paging.cursors.after",
  document: `openapi: 3.0.0
info: { title: Social }
servers: [{ url: "https://graph.example" }]
security: [{ token: [] }, {}]
paths:
  /posts:
    get:
      parameters:
        - { name: since, in: query, schema: { type: string }, description: "A Unix timestamp that points to the start of the range" }
        - { name: until, in: query, schema: { type: string }, description: "A Unix timestamp that points to the end of the range (not included)" }
        - { name: after, in: query, schema: { type: string }, description: "Cursor to the next page" }
        - { name: limit, in: query, schema: { type: integer }, description: "Objects on a page, at most 25" }
      responses:
        "200":
          description: ok
          content:
            "application/json; charset=utf-8":
              schema:
                type: object
                properties:
                  data: { type: array, items: { $ref: "#/components/schemas/Post" } }
                  paging:
                    type: object
                    properties:
                      cursors: { type: object, properties: { before: { type: string }, after: { type: string } } }
                      next: { type: string, format: uri }
components:
  securitySchemes: { token: { type: apiKey, in: query, name: access_token } }
  schemas:
    Post: { type: object, properties: { id: { type: string }, message: { type: string }, likes: { type: object, properties: { count: { type: integer, format: int32 } } } } }
`,
  path: "/posts",
  env: { SOCIAL_API_KEY: "k" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-20",
  answer: ({ searchParams: q, href }) => {
    if (q.get("access_token") !== "k") return new Response("", { status: 401 });
    const all = recordsOf(Number(q.get("since")) * 1000, Number(q.get("until")) * 1000, 7);
    const [after, limit] = [Number(q.get("after") ?? 0), Number(q.get("limit") ?? 25)];
    if (limit > 25) return new Response("limit", { status: 400 });
    const data = all.slice(after, after + limit)
      .map(({ n }) => ({ id: `p${n}`, message: "m", likes: { count: 1 } }));
    const next = new URL(href);
    next.searchParams.set("after", String(after + limit));
    next.searchParams.delete("access_token");
    const more = after + limit < all.length ? { next: next.href } : {};
    return Response.json({
      data,
      paging: { cursors: { before: "0", after: String(after + limit) }, ...more },
    });
  },
  rows: { posts: 140 },
};

/** Like health agencies: days of eight digits in one parameter each, CSV. */
const TABLES: Manner = {
  like: "an agency: CSV and nothing else",
  document: `openapi: 3.0.0
info: { title: Agency }
servers: [{ url: "https://agency.example" }]
paths:
  /cases.csv:
    get:
      parameters:
        - { name: startdate, in: query, schema: { type: string, example: "20250131" }, description: "first day (yyyymmdd)" }
        - { name: enddate, in: query, schema: { type: string }, description: "last day (yyyymmdd)" }
      responses:
        "200": { description: lines, content: { text/csv: { schema: { type: string } } } }
`,
  path: "/cases.csv",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-02-10",
  answer: ({ searchParams: q }) => {
    const dashed = (day: string | null) => day?.replace(/^(....)(..)(..)$/, "$1-$2-$3") ?? null;
    const all = recordsOf(...days(dashed(q.get("startdate")), dashed(q.get("enddate"))), 2);
    const lines = all.map(({ n, day }) => `${n},${day},"a, b"`);
    return new Response(["id,day,name", ...lines].join("\n"));
  },
  rows: { cases: 82 },
};

/** Like calendars: timeMin and timeMax, page tokens, user and calendar in the path of the server. */
const CALENDAR: Manner = {
  like: "a calendar: timeMin, pageToken, nextPageToken",
  document: `openapi: 3.0.0
info: { title: Calendar API, version: v3 }
servers: [{ url: "https://www.calendar.example/calendar/v3" }]
security: [{ Oauth2: ["read"] }]
paths:
  /calendars/{calendarId}/events:
    parameters:
      - { name: calendarId, in: path, required: true, schema: { type: string } }
    get:
      description: Returns events on the specified calendar.
      parameters:
        - { name: maxResults, in: query, schema: { type: integer, minimum: 1 }, description: "Maximum number of events returned on one result page. The default is 250; the page size can never be larger than 2500." }
        - { name: pageToken, in: query, schema: { type: string } }
        - { name: timeMax, in: query, description: "Upper bound (exclusive) for an event's start time to filter by. Must be an RFC3339 timestamp", schema: { type: string } }
        - { name: timeMin, in: query, description: "Lower bound (exclusive) for an event's end time to filter by. Must be an RFC3339 timestamp", schema: { type: string } }
        - { name: updatedMin, in: query, description: "Lower bound for an event's last modification time (as a RFC3339 timestamp) to filter by", schema: { type: string } }
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  kind: { type: string, default: "calendar#events" }
                  items: { type: array, items: { $ref: "#/components/schemas/Event" } }
                  nextPageToken: { type: string }
components:
  securitySchemes:
    Oauth2: { type: oauth2, flows: { implicit: { authorizationUrl: "https://a.example", scopes: { read: "see" } } } }
  schemas:
    Event:
      type: object
      properties:
        id: { type: string }
        start: { type: object, properties: { dateTime: { type: string, format: date-time } } }
        attendees: { type: array, items: { type: object, properties: { email: { type: string } } } }
`,
  path: "/calendars/{calendarId}/events",
  env: { CALENDAR_API_TOKEN: "t" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-31 --calendar-id a b",
  answer: ({ pathname, searchParams: q }, { headers }) => {
    if (headers.get("authorization") !== "Bearer t") return new Response("", { status: 401 });
    const [, calendar] = /^\/calendars\/(a|b)\/events$/.exec(pathname) ?? [];
    // Bounds exclude their own moment.
    const from = Date.parse(q.get("timeMin")!) + 1;
    const all = recordsOf(from, Date.parse(q.get("timeMax")!), 4);
    const [at, size] = [Number(q.get("pageToken") ?? 0), Number(q.get("maxResults") ?? 250)];
    const items = all.slice(at, at + size).map(({ n, at }) => ({
      id: `${calendar}${n}`,
      start: { dateTime: at },
      attendees: [{ email: "x" }],
    }));
    const more = at + size < all.length ? { nextPageToken: String(at + size) } : {};
    return Response.json({ kind: "calendar#events", items, ...more });
  },
  rows: { events: 248, event_attendees: 248 },
};

/** Like Spring with HAL: records within _embedded, page counts next to them. */
const HAL: Manner = {
  like: "HAL: _embedded, _links.next.href, page.totalElements",
  document: `openapi: 3.0.1
info: { title: Shipments }
servers: [{ url: "http://shipments.example" }]
paths:
  /shipments/search/findByDay:
    get:
      parameters:
        - { name: day, in: query, schema: { type: string, format: date } }
        - { name: page, in: query, schema: { type: integer, default: 0 }, description: "Zero-based page index (0..N)" }
        - { name: size, in: query, schema: { type: integer, default: 20 } }
      responses:
        "200":
          description: ok
          content:
            application/hal+json:
              schema: { $ref: "#/components/schemas/Collection" }
components:
  schemas:
    Collection:
      type: object
      properties:
        _embedded: { type: object, properties: { shipments: { type: array, items: { $ref: "#/components/schemas/Shipment" } } } }
        _links: { $ref: "#/components/schemas/Links" }
        page: { type: object, properties: { size: { type: integer }, totalElements: { type: integer }, totalPages: { type: integer }, number: { type: integer } } }
    Links: { type: object, additionalProperties: { type: object, properties: { href: { type: string } } } }
    Shipment: { type: object, properties: { trackingNumber: { type: string }, weight: { type: number }, _links: { $ref: "#/components/schemas/Links" } } }
`,
  path: "/shipments/search/findByDay",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-01-05",
  answer: ({ searchParams: q }) => {
    // Nothing is shipped on Sundays; their responses omit `_embedded`.
    const isSunday = q.get("day") === "2025-01-05";
    const all = isSunday ? [] : recordsOf(...days(q.get("day"), q.get("day")), 24);
    const [page, size] = [Number(q.get("page") ?? 0), Number(q.get("size") ?? 20)];
    const shipments = all.slice(page * size, (page + 1) * size)
      .map(({ n }) => ({ trackingNumber: `t${n}`, weight: 1, _links: { self: { href: "x" } } }));
    const [totalElements, totalPages] = [all.length, Math.ceil(all.length / size)];
    return Response.json({
      ...shipments.length === 0 ? {} : { _embedded: { shipments } },
      _links: { self: { href: "x" } },
      page: { size, number: page, totalElements, totalPages },
    });
  },
  rows: { shipments: 96 },
};

/** Further documents, each with its API. */
export const MORE_MANNERS: readonly Manner[] = [
  ...[SERIES, KEYED, LINES, GRAPH, TABLES, CALENDAR, HAL],
];
