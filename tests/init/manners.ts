// OpenAPI documents like real ones, each with the responses of an API that
// follows it: the jobs that `init` proposes are run against these. Every handler accepts only what its document
// declares, so that a wrong parameter, page or credential is an error and not an empty response.

/** A document with the API behind it. */
export interface Manner {
  /** Description of its style. */
  readonly like: string;
  /** The document, as data or as YAML. */
  readonly document: unknown;
  /** Path that is given to init. */
  readonly path: string;
  /** Variables of the job in addition to its URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of the backfill. */
  readonly flags: string;
  /** Responds to a request. */
  readonly answer: (url: URL, request: Request) => Response | Promise<Response>;
  /** Rows of each table afterwards. */
  readonly rows: Readonly<Record<string, number>>;
}

const DAY_MS = 86_400_000;
/** The response without credentials. */
export const REFUSED = Response.json({ error: "credentials" }, { status: 401 });
const text = { type: "string" };
const integer = { type: "integer" };
const query = (name: string, schema: unknown, description = "") => ({
  name,
  in: "query",
  description,
  schema,
});
const json = (schema: unknown, more = {}) => ({
  200: { description: "OK", content: { "application/json": { schema } }, ...more },
});

/** What an API holds: `perDay` records of each day, so that a wrong end or page shows in the count. */
export function recordsOf(from: number, to: number, perDay: number) {
  const records: { n: number; at: string; day: string; epoch: number }[] = [];
  if (!(to - from < 400 * DAY_MS)) throw new Error(`no range of dates: ${from} ${to}`);
  const first = Math.floor(from / DAY_MS) - 1;
  for (let day = first; day * DAY_MS < to; day++) {
    for (let i = 0; i < perDay; i++) {
      const ms = day * DAY_MS + i * 3_600_000;
      if (ms < from || ms >= to) continue;
      const at = new Date(ms).toISOString();
      records.push({ n: day * 100 + i, at, day: at.slice(0, 10), epoch: ms / 1000 });
    }
  }
  return records;
}

/** The instants of a first and a last day. */
export const days = (from: string | null, last: string | null) => {
  const [first, end] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${last}T00:00:00Z`)];
  if (Number.isNaN(first) || Number.isNaN(end)) throw new Error(`no days: ${from} ${last}`);
  return [first, end + DAY_MS] as const;
};

/** Like services built on Spring: all of the paging in one object, pages from 0, `content`, a JWT. */
const SPRING: Manner = {
  like: "Spring: pageable as an object, content, totalElements",
  document: {
    openapi: "3.0.1",
    info: { title: "Order Service", version: "v0" },
    servers: [{ url: "http://localhost:8080", description: "Generated server url" }],
    security: [{ bearerAuth: [] }],
    paths: {
      "/api/v1/orders": {
        get: {
          tags: ["order-controller"],
          operationId: "findOrders",
          parameters: [
            query("from", { type: "string", format: "date" }),
            query("to", { type: "string", format: "date" }),
            {
              name: "pageable",
              in: "query",
              required: true,
              schema: { $ref: "#/components/schemas/Pageable" },
            },
          ],
          responses: {
            200: {
              description: "OK",
              content: { "*/*": { schema: { $ref: "#/components/schemas/PageOrderDto" } } },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: { bearerAuth: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: {
        Pageable: {
          type: "object",
          properties: {
            page: { minimum: 0, type: "integer", format: "int32" },
            size: { minimum: 1, type: "integer", format: "int32" },
            sort: { type: "array", items: text },
          },
        },
        PageOrderDto: {
          type: "object",
          properties: {
            totalPages: { type: "integer", format: "int32" },
            totalElements: { type: "integer", format: "int64" },
            size: { type: "integer", format: "int32" },
            content: { type: "array", items: { $ref: "#/components/schemas/OrderDto" } },
            number: { type: "integer", format: "int32" },
            last: { type: "boolean" },
            empty: { type: "boolean" },
          },
        },
        OrderDto: {
          type: "object",
          properties: {
            orderId: { type: "integer", format: "int64" },
            createdAt: { type: "string", format: "date-time" },
            customer: { $ref: "#/components/schemas/CustomerDto" },
            lines: { type: "array", items: { $ref: "#/components/schemas/LineDto" } },
          },
        },
        CustomerDto: { type: "object", properties: { id: text, name: text } },
        LineDto: {
          type: "object",
          properties: { sku: text, quantity: { type: "integer", format: "int32" } },
        },
      },
    },
  },
  path: "/api/v1/orders",
  env: { ORDER_SERVICE_TOKEN: "jwt" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-10",
  answer: ({ searchParams: q }, { headers }) => {
    if (headers.get("authorization") !== "Bearer jwt") return REFUSED;
    const all = recordsOf(...days(q.get("from"), q.get("to")), 5);
    const [page, size] = [Number(q.get("page")), Math.min(20, Number(q.get("size") ?? 20))];
    if (!(size > 0)) return Response.json({ error: "size" }, { status: 400 });
    const content = all.slice(page * size, (page + 1) * size).map(({ n, at }) => ({
      orderId: n,
      createdAt: at,
      customer: { id: `c${n % 7}`, name: "x" },
      lines: [{ sku: "a", quantity: 1 }, { sku: "b", quantity: 2 }],
    }));
    const totalPages = Math.ceil(all.length / size);
    return Response.json({ content, totalElements: all.length, totalPages, size, number: page });
  },
  rows: { orders: 50, order_lines: 100 },
};

/** Like payment services: deep objects of epoch seconds, the last id as a cursor, `has_more`, a key as user name. */
const PAYMENTS: Manner = {
  like: "payments: created[gte], starting_after, has_more",
  document: {
    openapi: "3.0.0",
    info: { title: "Pay API" },
    servers: [{ url: "https://api.pay.example/" }],
    security: [{ basicAuth: [] }, { bearerAuth: [] }],
    paths: {
      "/v1/charges": {
        get: {
          parameters: [
            {
              name: "created",
              in: "query",
              style: "deepObject",
              explode: true,
              description: "Only return charges that were created during the given date interval.",
              schema: {
                anyOf: [
                  {
                    type: "object",
                    properties: { gt: integer, gte: integer, lt: integer, lte: integer },
                  },
                  { type: "integer" },
                ],
              },
            },
            query("ending_before", { type: "string", maxLength: 5000 }, "A cursor for pagination."),
            query("limit", { type: "integer" }, "Limit can range between 1 and 100."),
            query("starting_after", { type: "string" }, "A cursor for use in pagination."),
          ],
          responses: json({
            type: "object",
            required: ["data", "has_more", "object", "url"],
            properties: {
              data: { type: "array", items: { $ref: "#/components/schemas/charge" } },
              has_more: { type: "boolean" },
              object: { type: "string", enum: ["list"] },
              url: text,
            },
          }),
        },
      },
    },
    components: {
      securitySchemes: {
        basicAuth: { type: "http", scheme: "basic" },
        bearerAuth: { type: "http", scheme: "bearer" },
      },
      schemas: {
        charge: {
          type: "object",
          properties: {
            amount: integer,
            balance_transaction: {
              anyOf: [text, { $ref: "#/components/schemas/charge" }],
              nullable: true,
            },
            created: { type: "integer", format: "unix-time" },
            id: text,
            metadata: { type: "object", additionalProperties: text },
          },
        },
      },
    },
  },
  path: "/v1/charges",
  env: { PAY_API_USERNAME: "sk", PAY_API_PASSWORD: "" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-30",
  answer: ({ searchParams: q }, { headers }) => {
    if (headers.get("authorization") !== `Basic ${btoa("sk:")}`) return REFUSED;
    const [from, to] = [Number(q.get("created[gte]")), Number(q.get("created[lt]"))];
    if (!(from > 1e9 && to < 1e10 && to > from)) return new Response("dates", { status: 400 });
    const all = recordsOf(from * 1000, to * 1000, 8);
    const start = all.findIndex(({ n }) => `ch_${n}` === q.get("starting_after")) + 1;
    const limit = Number(q.get("limit") ?? 10);
    if (limit > 100) return new Response("limit", { status: 400 });
    const data = all.slice(start, start + limit).map(({ n, epoch }) => ({
      id: `ch_${n}`,
      amount: n,
      created: epoch,
      metadata: {},
    }));
    return Response.json({
      object: "list",
      data,
      has_more: start + limit < all.length,
      url: "/v1",
    });
  },
  rows: { charges: 240 },
};

/** Like public data portals: Swagger 2.0 in YAML, start_date and end_date as strings, offsets with a total, a key in the query. */
const PORTAL: Manner = {
  like: "a data portal: Swagger 2.0 as YAML, offsets, a key in the query",
  document: `swagger: "2.0"
info: { title: Open Permits, version: "1" }
host: data.city.example
basePath: /api/v2
schemes: [http, https]
produces: [application/json]
securityDefinitions:
  key: { type: apiKey, name: api_key, in: query }
security:
  - key: []
paths:
  /permits:
    parameters:
      - { name: offset, in: query, type: integer, default: 0, maximum: 10000 }
      - { name: limit, in: query, type: integer, default: 10, maximum: 50 }
    get:
      summary: Permits issued
      parameters:
        - { name: start_date, in: query, type: string, description: "First day, YYYY-MM-DD" }
        - { name: end_date, in: query, type: string, description: "Last day (inclusive), YYYY-MM-DD. Maximum range is 31 days" }
        - { name: district, in: query, type: string, enum: [n, s] }
      responses:
        200:
          description: ok
          schema:
            type: object
            properties:
              meta: { $ref: "#/definitions/Meta" }
              results: { type: array, items: { $ref: "#/definitions/Permit" } }
definitions:
  Meta: { type: object, properties: { results: { type: object, properties: { skip: { type: integer }, limit: { type: integer }, total: { type: integer } } } } }
  Permit:
    allOf:
      - type: object
        properties: { permit_number: { type: string }, issued: { type: string, format: date, x-nullable: true } }
      - type: object
        properties: { cost: { type: number, format: double }, geo: { type: array, items: { type: number } } }
`,
  path: "/permits",
  env: { OPEN_PERMITS_API_KEY: "k" },
  flags: "--start-date 2025-01-01 --end-date 2025-03-31",
  answer: ({ searchParams: q }) => {
    if (q.get("api_key") !== "k") return REFUSED;
    const [from, to] = days(q.get("start_date"), q.get("end_date"));
    if (to - from > 31 * DAY_MS) return new Response("range", { status: 400 });
    const all = recordsOf(from, to, 3);
    const [offset, limit] = [Number(q.get("offset")), Number(q.get("limit") ?? 10)];
    if (limit > 50) return new Response("limit", { status: 400 });
    const results = all.slice(offset, offset + limit).map(({ n, day }) => ({
      permit_number: `p${n}`,
      issued: day,
      cost: n / 2,
      geo: [1, 2],
    }));
    return Response.json({
      meta: { results: { skip: offset, limit, total: all.length } },
      results,
    });
  },
  rows: { permits: 270 },
};

/** As FastAPI generates it: OpenAPI 3.1, types with null, a list at the root, skip and limit, a password flow. */
const FAST: Manner = {
  like: "FastAPI: anyOf with null, a list at the root, a relative token URL",
  document: {
    openapi: "3.1.0",
    info: { title: "Sensors", version: "0.1.0" },
    paths: {
      "/measurements/": {
        get: {
          summary: "Read Measurements",
          security: [{ OAuth2PasswordBearer: [] }],
          parameters: [
            {
              name: "date_from",
              in: "query",
              required: false,
              schema: {
                anyOf: [{ type: "string", format: "date-time" }, { type: "null" }],
                title: "Date From",
              },
            },
            {
              name: "date_to",
              in: "query",
              required: false,
              schema: {
                anyOf: [{ type: "string", format: "date-time" }, { type: "null" }],
                title: "Date To",
              },
            },
            query("skip", { type: "integer", default: 0, title: "Skip" }),
            query("limit", { type: "integer", default: 100, title: "Limit" }),
          ],
          responses: json({
            type: "array",
            items: { $ref: "#/components/schemas/Measurement" },
            title: "Response",
          }),
        },
      },
    },
    components: {
      securitySchemes: {
        OAuth2PasswordBearer: {
          type: "oauth2",
          flows: { password: { scopes: {}, tokenUrl: "token" } },
        },
      },
      schemas: {
        Measurement: {
          type: "object",
          title: "Measurement",
          properties: {
            id: { type: "integer", title: "Id" },
            taken_at: { type: "string", format: "date-time" },
            value: { anyOf: [{ type: "number" }, { type: "null" }] },
            unit: { anyOf: [{ $ref: "#/components/schemas/Unit" }, { type: "null" }] },
            flags: { anyOf: [{ type: "array", items: text }, { type: "null" }] },
          },
        },
        Unit: { type: "string", enum: ["C", "F"] },
      },
    },
  },
  path: "/measurements/",
  env: { SENSORS_TOKEN: "t" },
  flags: "--start-date 2025-01-01 --end-date 2025-02-28",
  answer: ({ searchParams: q }, { headers }) => {
    if (headers.get("authorization") !== "Bearer t") return REFUSED;
    const all = recordsOf(Date.parse(q.get("date_from")!), Date.parse(q.get("date_to")!), 6);
    const [skip, limit] = [Number(q.get("skip")), Number(q.get("limit") ?? 100)];
    return Response.json(
      all.slice(skip, skip + limit).map(({ n, at }) => ({
        id: n,
        taken_at: at,
        value: null,
        unit: "C",
        flags: ["a"],
      })),
    );
  },
  rows: { measurements: 354 },
};

/** Like JSON:API: everything under attributes, pages in brackets, its own media type. */
const JSON_API: Manner = {
  like: "JSON:API: attributes, page[number], filter[...]",
  document: {
    openapi: "3.0.3",
    info: { title: "Lab" },
    servers: [{
      url: "https://{tenant}.lab.example/api",
      variables: { tenant: { default: "acme" } },
    }],
    security: [{ ApiKey: [] }],
    paths: {
      "/results": {
        get: {
          parameters: [
            query("filter[date_from]", { type: "string", format: "date" }),
            query("filter[date_to]", { type: "string", format: "date" }),
            query("page[number]", { type: "integer", default: 1 }),
            query("page[size]", { type: "integer", default: 10, maximum: 30 }),
          ],
          responses: {
            200: {
              description: "ok",
              content: {
                "application/vnd.api+json": {
                  schema: {
                    type: "object",
                    properties: {
                      data: { type: "array", items: { $ref: "#/components/schemas/Result" } },
                      links: {
                        type: "object",
                        properties: { self: text, next: { type: "string", nullable: true } },
                      },
                      meta: { type: "object", properties: { total: integer } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: { ApiKey: { type: "apiKey", in: "header", name: "X-Api-Key" } },
      schemas: {
        Result: {
          type: "object",
          properties: {
            type: text,
            id: text,
            attributes: {
              type: "object",
              properties: { "measured-on": { type: "string", format: "date" }, value: text },
            },
            relationships: {
              type: "object",
              properties: {
                sample: {
                  type: "object",
                  properties: { data: { type: "object", properties: { id: text, type: text } } },
                },
              },
            },
          },
        },
      },
    },
  },
  path: "/results",
  env: { LAB_API_KEY: "k" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-31",
  answer: ({ searchParams: q }, { headers }) => {
    if (headers.get("x-api-key") !== "k") return REFUSED;
    const all = recordsOf(...days(q.get("filter[date_from]"), q.get("filter[date_to]")), 4);
    const [page, size] = [Number(q.get("page[number]") ?? 1), Number(q.get("page[size]") ?? 10)];
    if (page < 1 || size > 30) return new Response("page", { status: 400 });
    const data = all.slice((page - 1) * size, page * size).map(({ n, day }) => ({
      type: "results",
      id: String(n),
      attributes: { "measured-on": day, value: "1.5" },
      relationships: { sample: { data: { id: `s${n}`, type: "samples" } } },
    }));
    const next = page * size < all.length ? `/results?page[number]=${page + 1}` : null;
    return new Response(
      JSON.stringify({ data, links: { self: "/", next }, meta: { total: all.length } }),
      {
        headers: { "content-type": "application/vnd.api+json" },
      },
    );
  },
  rows: { results: 124 },
};

/** Like OData: next links with an unusual name, `value`, client credentials. */
const ODATA: Manner = {
  like: "OData: value, @odata.nextLink, client credentials",
  document: {
    openapi: "3.0.4",
    info: { title: "Graph" },
    servers: [{ url: "https://graph.example/v1.0" }],
    security: [{ azure: ["https://graph.example/.default"] }],
    paths: {
      "/auditLogs/signIns": {
        get: {
          parameters: [
            { $ref: "#/components/parameters/top" },
            query("$filter", text, "Filter items by property values"),
            query("$count", { type: "boolean" }),
          ],
          responses: {
            "2XX": {
              description: "Retrieved",
              content: {
                "application/json": {
                  schema: {
                    allOf: [
                      { $ref: "#/components/schemas/Base" },
                      {
                        type: "object",
                        properties: {
                          value: { type: "array", items: { $ref: "#/components/schemas/signIn" } },
                        },
                      },
                    ],
                  },
                },
              },
            },
          },
        },
      },
    },
    components: {
      parameters: {
        top: query("$top", { minimum: 0, type: "integer" }, "Show only the first n items"),
      },
      securitySchemes: {
        azure: {
          type: "oauth2",
          flows: {
            clientCredentials: {
              tokenUrl: "TOKEN_URL",
              scopes: { "https://graph.example/.default": "all" },
            },
          },
        },
      },
      schemas: {
        Base: {
          type: "object",
          properties: {
            "@odata.count": { type: "integer", format: "int64", nullable: true },
            "@odata.nextLink": { type: "string", nullable: true },
          },
        },
        signIn: {
          allOf: [
            { type: "object", properties: { id: text, "@odata.type": text } },
            {
              type: "object",
              properties: {
                createdDateTime: {
                  type: "string",
                  format: "date-time",
                  pattern: "^[0-9]{4}-[0-9]{2}$",
                  nullable: true,
                },
                location: {
                  anyOf: [{ $ref: "#/components/schemas/geo" }, { type: "object", nullable: true }],
                },
              },
            },
          ],
        },
        geo: { type: "object", properties: { city: text } },
      },
    },
  },
  path: "/auditLogs/signIns",
  env: { GRAPH_CLIENT_ID: "i", GRAPH_CLIENT_SECRET: "s" },
  flags: "",
  answer: async ({ pathname, searchParams: q, origin }, request) => {
    if (pathname === "/token") {
      const form = new URLSearchParams(await request.text());
      const basic = request.headers.get("authorization") === `Basic ${btoa("i:s")}`;
      if (!basic || form.get("scope") !== "https://graph.example/.default") return REFUSED;
      return Response.json({ access_token: "a", token_type: "bearer", expires_in: 3600 });
    }
    if (request.headers.get("authorization") !== "Bearer a") return REFUSED;
    const all = recordsOf(0, 30 * DAY_MS, 5);
    const [skip, top] = [Number(q.get("$skiptoken") ?? 0), Number(q.get("$top") ?? 100)];
    const value = all.slice(skip, skip + top).map(({ n, at }) => ({
      id: `i${n}`,
      createdDateTime: at,
      location: { city: "x" },
    }));
    const next = `${origin}${pathname}?$top=${top}&$skiptoken=${skip + top}`;
    return Response.json({ value, ...skip + top < all.length ? { "@odata.nextLink": next } : {} });
  },
  rows: { sign_ins: 150 },
};

/** Like forges: a list at the root, since and until, `Link`, users that may be null. */
const FORGE: Manner = {
  like: "a forge: since and until, Link, paths with owner and repository",
  document: {
    openapi: "3.0.3",
    info: { title: "Forge v3 REST API" },
    servers: [{ url: "https://api.forge.example" }],
    paths: {
      "/repos/{owner}/{repo}/commits": {
        get: {
          summary: "List commits",
          parameters: [
            {
              name: "owner",
              in: "path",
              required: true,
              schema: text,
              description: "The account owner",
            },
            { name: "repo", in: "path", required: true, schema: text },
            query(
              "since",
              { type: "string", format: "date-time" },
              "Only show results that were last updated after the given time.",
            ),
            query(
              "until",
              { type: "string", format: "date-time" },
              "Only commits before this date will be returned.",
            ),
            query(
              "per_page",
              { type: "integer", default: 30 },
              "The number of results per page (max 100).",
            ),
            query("page", { type: "integer", default: 1 }),
          ],
          responses: json({ type: "array", items: { $ref: "#/components/schemas/commit" } }, {
            headers: { Link: { schema: text } },
          }),
        },
      },
    },
    components: {
      schemas: {
        commit: {
          type: "object",
          properties: {
            url: { type: "string", format: "uri" },
            sha: text,
            node_id: text,
            commit: {
              type: "object",
              properties: {
                message: text,
                author: { nullable: true, type: "object", properties: { date: text, name: text } },
              },
            },
            author: {
              nullable: true,
              oneOf: [{ $ref: "#/components/schemas/user" }, { type: "object" }],
            },
            parents: {
              type: "array",
              items: { type: "object", properties: { sha: text, url: text } },
            },
          },
        },
        user: { type: "object", properties: { id: integer, login: text } },
      },
    },
  },
  path: "/repos/{owner}/{repo}/commits",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-02-10 --owner acme --repo rocket",
  answer: ({ pathname, searchParams: q, origin }) => {
    if (pathname !== "/repos/acme/rocket/commits") return new Response("", { status: 404 });
    const all = recordsOf(Date.parse(q.get("since")!), Date.parse(q.get("until")!), 7);
    const [page, size] = [
      Number(q.get("page") ?? 1),
      Math.min(100, Number(q.get("per_page") ?? 30)),
    ];
    const list = all.slice((page - 1) * size, page * size).map(({ n, at }) => ({
      sha: `s${n}`,
      node_id: `n${n}`,
      url: "u",
      commit: { message: "m", author: { date: at, name: "x" } },
      author: null,
      parents: [{ sha: `s${n - 1}`, url: "u" }],
    }));
    const next = new URL(`${pathname}?${q}`, origin);
    next.searchParams.set("page", String(page + 1));
    const link = page * size < all.length ? { link: `<${next}>; rel="next"` } : undefined;
    return Response.json(list, { headers: link ?? {} });
  },
  rows: { commits: 287, commit_parents: 287 },
};

/** Like weather archives: columns, required places, no credentials, a list of variables. */
const WEATHER: Manner = {
  like: "a weather archive: an object of lists",
  document: {
    openapi: "3.0.0",
    info: { title: "Weather Archive" },
    servers: [{ url: "https://archive.weather.example" }],
    paths: {
      "/v1/archive": {
        get: {
          parameters: [
            { ...query("latitude", { type: "number" }, "WGS84"), required: true },
            { ...query("start_date", { type: "string", format: "date" }), required: true },
            { ...query("end_date", { type: "string", format: "date" }), required: true },
          ],
          responses: json({
            type: "object",
            properties: {
              latitude: { type: "number" },
              generationtime_ms: { type: "number" },
              hourly_units: { type: "object", additionalProperties: text },
              hourly: {
                type: "object",
                required: ["time"],
                properties: {
                  time: { type: "array", items: text },
                  temperature_2m: { type: "array", items: { type: "number" } },
                },
              },
            },
          }),
        },
      },
    },
  },
  path: "/v1/archive",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-02-10 --latitude 51.5",
  answer: ({ searchParams: q }) => {
    if (q.get("latitude") !== "51.5") return new Response("latitude", { status: 400 });
    const all = recordsOf(...days(q.get("start_date"), q.get("end_date")), 24);
    return Response.json({
      latitude: 51.5,
      hourly: { time: all.map(({ at }) => at), temperature_2m: all.map(({ n }) => n / 10) },
    });
  },
  rows: { hourly: 984 },
};

/** Like statistics services: days in the path, as eight digits, and items. */
const PATHS: Manner = {
  like: "statistics: days in the path",
  document: `openapi: 3.0.1
info: { title: Page Views }
servers: [{ url: "https://stats.example/api" }]
paths:
  /views/{project}/daily/{start}/{end}:
    get:
      parameters:
        - { name: project, in: path, required: true, schema: { type: string } }
        - { name: start, in: path, required: true, description: "The date of the first day, in YYYYMMDD format", schema: { type: string } }
        - { name: end, in: path, required: true, description: "The date of the last day, in YYYYMMDD format", schema: { type: string } }
      responses:
        "200":
          description: values
          content:
            application/json:
              schema:
                type: object
                properties:
                  items:
                    type: array
                    items:
                      type: object
                      properties: { project: { type: string }, timestamp: { type: string }, views: { type: integer, format: int64 } }
`,
  path: "/views/{project}/daily/{start}/{end}",
  env: {},
  flags: "--start-date 2025-01-01 --end-date 2025-02-10 --project en de",
  answer: ({ pathname }) => {
    const [, project, first, last] = /^\/views\/(\w+)\/daily\/(\d{8})\/(\d{8})$/.exec(pathname) ??
      [];
    if (last === undefined) return new Response("path", { status: 404 });
    const dashed = (day = "") => day.replace(/^(....)(..)(..)$/, "$1-$2-$3");
    return Response.json({
      items: recordsOf(...days(dashed(first), dashed(last)), 1).map(({ n, day }) => ({
        project,
        timestamp: `${day.replaceAll("-", "")}00`,
        views: n,
      })),
    });
  },
  rows: { daily: 82 },
};

/** Like search services: dates, page and size in the JSON body of a POST. */
const SEARCH: Manner = {
  like: "a search: POST with dates and cursor in the body",
  document: {
    openapi: "3.0.2",
    info: { title: "Trade Search" },
    servers: [{ url: "https://search.example" }],
    security: [{ key: [] }],
    paths: {
      "/trades/search": {
        post: {
          summary: "Search trades",
          requestBody: {
            required: true,
            content: { "application/json": { schema: { $ref: "#/components/schemas/Search" } } },
          },
          responses: json({
            type: "object",
            properties: {
              trades: { type: "array", items: { $ref: "#/components/schemas/Trade" } },
              nextCursor: { type: "string", nullable: true },
              totalCount: integer,
            },
          }),
        },
      },
    },
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: {
        Search: {
          type: "object",
          required: ["startTime", "endTime", "market"],
          properties: {
            startTime: {
              type: "integer",
              format: "int64",
              description: "Unix timestamp in milliseconds",
            },
            endTime: {
              type: "integer",
              format: "int64",
              description: "Unix timestamp in milliseconds, exclusive",
            },
            market: text,
            cursor: text,
            pageSize: { type: "integer", maximum: 40 },
          },
        },
        Trade: {
          type: "object",
          properties: {
            tradeId: text,
            price: { type: "string", example: "12.50" },
            time: {
              type: "integer",
              format: "int64",
              description: "Unix timestamp in milliseconds",
            },
          },
        },
      },
    },
  },
  path: "/trades/search",
  env: { TRADE_SEARCH_TOKEN: "t" },
  flags: "--start-date 2025-01-01 --end-date 2025-01-31 --market xy",
  answer: async (_, request) => {
    if (request.headers.get("authorization") !== "Bearer t") return REFUSED;
    const { startTime, endTime, market, cursor = "0", pageSize = 10 } = await request.json();
    if (market !== "xy" || pageSize > 40) return new Response("body", { status: 400 });
    if (typeof startTime !== "number" || startTime < 1e12) {
      return new Response("time", { status: 400 });
    }
    const all = recordsOf(startTime, endTime, 5);
    const [skip, size] = [Number(cursor), Number(pageSize)];
    const trades = all.slice(skip, skip + size).map(({ n, epoch }) => ({
      tradeId: `t${n}`,
      price: "12.50",
      time: epoch * 1000,
    }));
    const nextCursor = skip + size < all.length ? String(skip + size) : null;
    return Response.json({ trades, nextCursor, totalCount: all.length });
  },
  rows: { trades: 155 },
};

/** The documents, each with its API. */
export const MANNERS: readonly Manner[] = [
  ...[SPRING, PAYMENTS, PORTAL, FAST, JSON_API, ODATA, FORGE, WEATHER, PATHS, SEARCH],
];
