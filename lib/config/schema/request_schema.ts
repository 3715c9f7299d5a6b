// Owns the keys of a request: path, query, headers and body, as templates. Schema only.
import { z } from "zod";
import type { RequestSpec } from "../job/stream.ts";
import { scalar, template } from "./scalar_schema.ts";

type Body = string | number | boolean | null | Body[] | { [key: string]: Body };
const body: z.ZodType<Body> = z.lazy(() =>
  z.union([scalar, z.array(body), z.record(z.string(), body)])
).meta({ id: "body" });

const requestMap = z.strictObject({
  path: z.string().default("").describe(
    "Path appended to the URL of the API. Values of placeholders are percent-encoded.",
  ).meta({ kind: "template", example: "/v1/stations/{each.station}/readings" }),
  method: z.enum(["GET", "POST"]).default("GET").describe("HTTP method."),
  query: z.record(
    z.string(),
    z.union([template, z.array(template)], {
      error: "expected a string, a number, true, false or a list of them",
    }),
  ).default({}).describe(
    "Query parameters. A parameter whose placeholder has no value is omitted; a list repeats the parameter.",
  ).meta({
    kind: "mapping of templates",
    example: { start: "{from}", end: "{last}", region: "{params.regions}" },
  }),
  headers: z.record(z.string(), template).default({}).describe("Headers of this request.").meta({
    kind: "mapping of templates",
    example: { "X-Date": "{from}" },
  }),
  body: body.optional().describe(
    "JSON body of a POST. Strings are templates; a string that is a single placeholder keeps the type of its value.",
  ).meta({ kind: "any YAML", example: { filter: { since: "{from|epoch}" } } }),
  form: z.record(z.string(), template).optional().describe("Form body of a POST.").meta({
    kind: "mapping of templates",
    example: { day: "{from|%d.%m.%Y}" },
  }),
  xml: z.string().optional().describe(
    "XML body of a POST, such as a SOAP envelope. Values of placeholders are escaped.",
  ).meta({ kind: "template", example: "<getPrices><day>{from}</day></getPrices>" }),
}).meta({ shorthand: "path" });

/** The schema of a request: a path, or a mapping. */
export const request = z.union([
  z.string().transform((path): RequestSpec => ({
    path,
    method: "GET",
    query: {},
    headers: {},
  })),
  requestMap,
], { error: "expected a path such as /v1/items, or a mapping with path and query" });
