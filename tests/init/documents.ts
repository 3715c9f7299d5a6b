// The OpenAPI documents that tests of `init` read: a small one of OpenAPI 3 with the features that make real ones
// hard, and a smaller one of Swagger 2.0.

const READING = {
  type: "object",
  properties: {
    readingId: { type: "string", format: "uuid" },
    takenAt: { type: "string", format: "date-time" },
    day: { type: "string", example: "2025-01-31" },
    value: { type: ["number", "null"] },
    count: { type: "integer", format: "int32" },
    serial: { type: "integer" },
    valid: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    extra: { type: "object", additionalProperties: true },
    place: { $ref: "#/components/schemas/Place" },
    parts: { type: "array", items: { $ref: "#/components/schemas/Part" } },
    "odd name": { oneOf: [{ type: "string" }, { type: "integer" }] },
  },
};

/** OpenAPI 3.1: references, circles, alternatives, lists in lists, cursors, a key in a header. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: { title: "Meter API" },
  servers: [{
    url: "https://{region}.meters.example/api",
    variables: { region: { default: "eu" } },
  }],
  security: [{ key: [] }],
  paths: {
    "/v2/readings": {
      get: {
        summary: "Readings of all meters",
        parameters: [
          { $ref: "#/components/parameters/From" },
          {
            name: "to",
            in: "query",
            description: "End, exclusive",
            schema: { type: "string", format: "date-time" },
          },
          { name: "cursor", in: "query", schema: { type: "string" } },
          { name: "limit", in: "query", schema: { type: "integer", default: 50, maximum: 200 } },
          { name: "network", in: "query", required: true, schema: { type: "string" } },
          { name: "colour", in: "query", schema: { type: "string" } },
        ],
        responses: {
          200: {
            content: {
              "application/json": {
                schema: {
                  allOf: [
                    { $ref: "#/components/schemas/Page" },
                    {
                      properties: {
                        data: { type: "array", items: { $ref: "#/components/schemas/Reading" } },
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
    "/v2/meters/{meterId}/days": {
      get: {
        parameters: [
          { name: "meterId", in: "path", required: true, schema: { type: "string" } },
          { name: "date", in: "query", schema: { type: "string", format: "date" } },
          { name: "page", in: "query", schema: { type: "integer", minimum: 0 } },
        ],
        responses: {
          200: {
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  properties: {
                    totalPages: { type: "integer" },
                    days: {
                      type: "array",
                      items: { type: "object", properties: { note: { type: "string" } } },
                    },
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
    parameters: {
      From: {
        name: "from",
        in: "query",
        description: "Begin",
        schema: { type: "string", format: "date-time" },
      },
    },
    securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Meter-Key" } },
    schemas: {
      Page: {
        type: "object",
        properties: {
          meta: {
            type: "object",
            properties: { next_cursor: { type: ["string", "null"] }, total: { type: "integer" } },
          },
        },
      },
      Place: {
        type: "object",
        properties: { code: { type: "string" }, inside: { $ref: "#/components/schemas/Place" } },
      },
      Part: {
        type: "object",
        properties: {
          part_id: { type: "string" },
          size: { type: "number" },
          steps: {
            type: "array",
            items: { type: "object", properties: { at: { type: "string", format: "date" } } },
          },
        },
      },
      Reading: READING,
    },
  },
} as const;

/** Swagger 2.0: a list at the top, pages by number, basic credentials. */
export const SWAGGER = {
  swagger: "2.0",
  info: { title: "Old shop" },
  host: "shop.example",
  basePath: "/api",
  schemes: ["https"],
  securityDefinitions: { login: { type: "basic" } },
  security: [{ login: [] }],
  paths: {
    "/orders": {
      get: {
        parameters: [
          { name: "created_from", in: "query", type: "integer", description: "Unix time in ms" },
          {
            name: "created_to",
            in: "query",
            type: "integer",
            description: "Unix time in ms, inclusive",
          },
          { name: "page", in: "query", type: "integer" },
          { name: "per_page", in: "query", type: "integer", maximum: 250 },
        ],
        responses: { 200: { schema: { type: "array", items: { $ref: "#/definitions/Order" } } } },
      },
    },
  },
  definitions: {
    Order: {
      type: "object",
      properties: { number: { type: "integer" }, state: { type: "string" } },
    },
  },
} as const;
