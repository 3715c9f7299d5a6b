// Documents in the style of well-known APIs, each with what a careful user would write for it: the stream and the
// keys of its tables. Values only.

/** A document with the essentials of its job. */
export interface Style {
  /** Description of its style. */
  readonly like: string;
  /** The document, as YAML. */
  readonly document: string;
  /** Path of the operation. */
  readonly path: string;
  /** Members of the stream that the draft must have. */
  readonly stream: Readonly<Record<string, unknown>>;
  /** Key of each table. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** What "source" must have next to its URL. */
  readonly source?: Readonly<Record<string, unknown>>;
}

const HUBSPOT: Style = {
  like: "hubspot-like",
  document: `openapi: 3.0.1
info: { title: CRM Objects, version: v3, description: "Burst limit: 100 requests per 10 seconds and 250,000 requests per day." }
servers: [{ url: "https://api.hub.example" }]
paths:
  /crm/v3/objects/deals:
    get:
      parameters:
        - { name: limit, in: query, description: The maximum number of results to display per page., schema: { type: integer, format: int32, default: 10 } }
        - { name: after, in: query, description: "The paging cursor token of the last successfully read resource will be returned as the paging.next.after JSON property of a paged response containing more results.", schema: { type: string } }
        - { name: properties, in: query, schema: { type: array, items: { type: string } } }
        - { name: archived, in: query, schema: { type: boolean, default: false } }
      responses:
        "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Page" } } } }
      security: [ { oauth2: [crm.read] }, { private_apps: [crm.read] } ]
components:
  securitySchemes:
    oauth2: { type: oauth2, flows: { authorizationCode: { authorizationUrl: "https://a.example", tokenUrl: "https://a.example/t", scopes: {} } } }
    private_apps: { type: apiKey, name: private-app, in: header }
  schemas:
    Page: { type: object, required: [results], properties: { results: { type: array, items: { $ref: "#/components/schemas/Obj" } }, paging: { $ref: "#/components/schemas/Paging" } } }
    Paging: { type: object, properties: { next: { type: object, properties: { link: { type: string }, after: { type: string } } } } }
    Obj: { type: object, properties: { id: { type: string }, properties: { type: object, additionalProperties: { type: string } }, createdAt: { type: string, format: date-time }, updatedAt: { type: string, format: date-time }, archived: { type: boolean } } }
`,
  path: "/crm/v3/objects/deals",
  stream: {
    request: "/crm/v3/objects/deals",
    paging: {
      by: "cursor",
      cursor: "paging.next.after",
      cursor_param: "after",
      size_param: "limit",
      size: 10,
    },
    records: "results",
  },
  keys: { deals: "id" },
  source: { auth: { bearer: "${CRM_OBJECTS_TOKEN}" }, limits: ["100/10s", "250000/d"] },
};

const NOAA: Style = {
  like: "noaa-like",
  document: `swagger: "2.0"
info: { title: Climate Data Online, description: "Five requests per second and 10,000 requests per day." }
host: www.ncei.example
basePath: /cdo-web/api/v2
schemes: [http, https]
securityDefinitions: { token: { type: apiKey, name: token, in: header } }
security: [{ token: [] }]
paths:
  /data:
    get:
      summary: Get data
      parameters:
        - { name: datasetid, in: query, required: true, type: string, description: Dataset. }
        - { name: startdate, in: query, required: true, type: string, description: "ISO formatted date (YYYY-MM-DD) or date time (YYYY-MM-DDThh:mm:ss). Limited to 1 year for annual and monthly." }
        - { name: enddate, in: query, required: true, type: string, description: "ISO formatted date (YYYY-MM-DD) or date time (YYYY-MM-DDThh:mm:ss)." }
        - { name: limit, in: query, type: integer, description: "Defaults to 25, limits the number of results in the response. Maximum is 1000" }
        - { name: offset, in: query, type: integer, description: "Defaults to 0, used to offset the resultlist. 0-indexed." }
      responses:
        200: { description: ok, schema: { type: object, properties: { metadata: { type: object, properties: { resultset: { type: object, properties: { offset: { type: integer }, count: { type: integer }, limit: { type: integer } } } } }, results: { type: array, items: { type: object, properties: { date: { type: string, format: date-time }, datatype: { type: string }, station: { type: string }, attributes: { type: string }, value: { type: integer } } } } } } }
`,
  path: "/data",
  stream: {
    window: { max: "12mo" },
    paging: { by: "offset", offset_param: "offset", size: 1000, size_param: "limit" },
    total: "metadata.resultset.count",
    records: "results",
  },
  keys: { data: "row_hash" },
  source: {
    auth: { header: { token: "${CLIMATE_DATA_ONLINE_API_KEY}" } },
    limits: ["5/s", "10000/d"],
  },
};

const CKAN: Style = {
  like: "ckan-like",
  document: `openapi: 3.0.0
info: { title: Open Data }
servers: [{ url: "https://data.example/api/3" }]
paths:
  /action/datastore_search:
    get:
      parameters:
        - { name: resource_id, in: query, required: true, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer, default: 100 }, description: "maximum number of rows to return (default: 100, upper limit: 32000)" }
        - { name: offset, in: query, schema: { type: integer } }
        - { name: filters, in: query, schema: { type: string } }
      responses:
        "200": { description: ok, content: { application/json: { schema: { type: object, properties: { success: { type: boolean }, result: { type: object, properties: { fields: { type: array, items: { type: object, properties: { id: { type: string } } } }, records: { type: array, items: { type: object, properties: { _id: { type: integer }, day: { type: string, format: date } } } }, total: { type: integer }, _links: { type: object, properties: { start: { type: string }, next: { type: string } } } } } } } } } }
`,
  path: "/action/datastore_search",
  stream: {
    paging: { by: "offset", offset_param: "offset", size: 100, size_param: "limit" },
    total: "result.total",
    records: "result.records",
  },
  keys: { datastore_search: "id" },
};

const FHIR: Style = {
  like: "fhir-like",
  document: `openapi: 3.0.0
info: { title: FHIR }
servers: [{ url: "https://fhir.example/r4" }]
paths:
  /Observation:
    get:
      parameters:
        - { name: date, in: query, schema: { type: array, items: { type: string } }, description: "Obtained date/time, with prefixes such as ge and lt" }
        - { name: _count, in: query, schema: { type: integer } }
      responses:
        "200": { description: ok, content: { application/fhir+json: { schema: { $ref: "#/components/schemas/Bundle" } } } }
components:
  schemas:
    Bundle: { type: object, properties: { resourceType: { type: string }, total: { type: integer }, link: { type: array, items: { type: object, properties: { relation: { type: string }, url: { type: string } } } }, entry: { type: array, items: { type: object, properties: { fullUrl: { type: string }, resource: { $ref: "#/components/schemas/Observation" } } } } } }
    Observation: { type: object, properties: { resourceType: { type: string }, id: { type: string }, status: { type: string }, effectiveDateTime: { type: string, format: date-time }, extension: { type: array, items: { $ref: "#/components/schemas/Ext" } } } }
    Ext: { type: object, properties: { url: { type: string }, extension: { type: array, items: { $ref: "#/components/schemas/Ext" } } } }
`,
  path: "/Observation",
  stream: {
    request: { path: "/Observation", query: { _count: "100" } },
    total: "total",
    records: "entry",
  },
  keys: { observation: "id", observation_extension: ["observation_id", "n"] },
};

const ENTSOE: Style = {
  like: "entsoe-like",
  document: `openapi: 3.0.0
info: { title: Transparency, description: "Maximum 400 requests per minute. One year range limit applies." }
servers: [{ url: "https://web-api.tp.example" }]
paths:
  /api:
    get:
      description: The time interval is limited to one year.
      parameters:
        - { name: securityToken, in: query, required: true, schema: { type: string } }
        - { name: documentType, in: query, required: true, schema: { type: string, enum: [A44, A65] } }
        - { name: periodStart, in: query, required: true, description: "yyyyMMddHHmm", schema: { type: string, example: "202301010000" } }
        - { name: periodEnd, in: query, required: true, description: "yyyyMMddHHmm", schema: { type: string } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: array, items: { type: object, properties: { position: { type: integer }, at: { type: string, format: date-time }, price: { type: number } } } } } } } }
`,
  path: "/api",
  stream: {
    request: {
      path: "/api",
      query: {
        periodStart: "{from|%Y%m%d%H%M}",
        periodEnd: "{to|%Y%m%d%H%M}",
        documentType: "{params.document_type}",
      },
    },
    window: "12mo",
  },
  keys: { records: "at" },
  source: { auth: { query: { securityToken: "${TRANSPARENCY_API_KEY}" } }, limits: "400/min" },
};

const JSONAPI: Style = {
  like: "jsonapi-like",
  document: `openapi: 3.0.0
info: { title: Projects }
servers: [{ url: "https://api.projects.example" }]
paths:
  /articles:
    get:
      parameters:
        - { name: "page[number]", in: query, schema: { type: integer } }
        - { name: "page[size]", in: query, schema: { type: integer, maximum: 50 } }
        - { name: "filter[published_at][gte]", in: query, schema: { type: string, format: date-time } }
        - { name: "filter[published_at][lt]", in: query, schema: { type: string, format: date-time } }
      responses: { "200": { description: ok, content: { application/vnd.api+json: { schema: { type: object, properties: { data: { type: array, items: { type: object, properties: { type: { type: string }, id: { type: string }, attributes: { type: object, properties: { title: { type: string }, published_at: { type: string, format: date-time } } }, relationships: { type: object, properties: { author: { type: object, properties: { data: { type: object, properties: { id: { type: string }, type: { type: string } } } } } } } } } }, included: { type: array, items: { type: object, properties: { id: { type: string } } } }, links: { type: object, properties: { self: { type: string }, next: { type: string } } }, meta: { type: object, properties: { record_count: { type: integer }, page_count: { type: integer } } } } } } } } }
`,
  path: "/articles",
  stream: {
    request: {
      path: "/articles",
      query: {
        "filter[published_at][gte]": "{from|instant}",
        "filter[published_at][lt]": "{to|instant}",
      },
    },
    paging: {
      by: "page",
      page_param: "page[number]",
      size_param: "page[size]",
      size: 50,
      pages: "meta.page_count",
    },
    records: "data",
  },
  keys: { articles: "id" },
};

const ODATA: Style = {
  like: "odata-like",
  document: `openapi: 3.0.0
info: { title: Business }
servers: [{ url: "https://api.business.example/v2.0" }]
paths:
  /companies({company_id})/generalLedgerEntries:
    get:
      parameters:
        - { name: company_id, in: path, required: true, schema: { type: string, format: uuid } }
        - { name: "$top", in: query, schema: { type: integer } }
        - { name: "$skip", in: query, schema: { type: integer } }
        - { name: "$filter", in: query, schema: { type: string } }
        - { name: "$select", in: query, schema: { type: array, items: { type: string } } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object, properties: { value: { type: array, items: { type: object, properties: { entryNumber: { type: integer }, postingDate: { type: string, format: date }, debitAmount: { type: number } } } } } } } } } }
`,
  path: "/companies({company_id})/generalLedgerEntries",
  stream: {
    for_each: { company_id: { param: "company_id" } },
    request: "/companies({each.company_id})/generalLedgerEntries",
    paging: { by: "offset", offset_param: "$skip", size: 100, size_param: "$top" },
    records: "value",
  },
  keys: { general_ledger_entries: "entry_number" },
};

const GITHUB: Style = {
  like: "github-like",
  document: `openapi: 3.0.3
info: { title: Forge }
servers: [{ url: "https://api.forge.example" }]
paths:
  /repos/{owner}/{repo}/commits:
    get:
      parameters:
        - { name: owner, in: path, required: true, schema: { type: string } }
        - { name: repo, in: path, required: true, schema: { type: string } }
        - { name: since, in: query, description: "Only show results that were last updated after the given time. This is a timestamp in ISO 8601 format: YYYY-MM-DDTHH:MM:SSZ.", schema: { type: string, format: date-time } }
        - { name: until, in: query, description: "Only commits before this date will be returned. This is a timestamp in ISO 8601 format: YYYY-MM-DDTHH:MM:SSZ.", schema: { type: string, format: date-time } }
        - { name: per_page, in: query, description: "The number of results per page (max 100).", schema: { type: integer, default: 30 } }
        - { name: page, in: query, description: "The page number of the results to fetch.", schema: { type: integer, default: 1 } }
      responses: { "200": { description: ok, headers: { Link: { schema: { type: string } } }, content: { application/json: { schema: { type: array, items: { type: object, properties: { url: { type: string }, sha: { type: string }, node_id: { type: string }, commit: { type: object, properties: { message: { type: string }, author: { type: object, properties: { date: { type: string, format: date-time } } } } } } } } } } } }
`,
  path: "/repos/{owner}/{repo}/commits",
  stream: {
    request: {
      path: "/repos/{each.owner}/{each.repo}/commits",
      query: { since: "{from|instant}", until: "{to|instant}" },
    },
    window: { max: "365d" },
    paging: { by: "page", page_param: "page", size_param: "per_page", size: 100 },
  },
  keys: { commits: ["owner", "repo", "sha"] },
};

/** All styles. */
export const STYLES: readonly Style[] = [HUBSPOT, NOAA, CKAN, FHIR, ENTSOE, JSONAPI, ODATA, GITHUB];
