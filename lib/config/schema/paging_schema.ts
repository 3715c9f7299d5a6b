// Owns the keys of a stream's `paging`: how an API divides its results into pages. Schema only; the
// paginators are in lib/fetch/paging.
import { z } from "zod";
import type { NoPaging } from "../job/paging.ts";
import { condition, path } from "./scalar_schema.ts";

export type { MoreSpec } from "../job/paging.ts";

const sizeParam = z.string().optional().describe(
  "Name of the parameter that sets the page size. If omitted, no page size is sent.",
).meta({ example: "limit" });

const maxPageSize = z.int().min(1).optional().describe("Maximum number of records per page.").meta({
  unit: "records",
  example: 100,
});

/** Where a response says whether more pages follow. */
export const more = z.union([path, condition], {
  error: "expected a path, or a mapping with path, is and not",
}).optional().describe(
  "Path of a flag that is false on the last page, or a condition that holds while more pages follow.",
).meta({ kind: "path or condition", example: { path: "last", is: [false] } });

const inQueryBodyOrPath = (placeholder: string) =>
  z.enum(["query", "body", "path"]).default("query").describe(
    `Where the parameters are sent: in the query, in the JSON or form body, or at \`${placeholder}\`, which the request may contain anywhere.`,
  );

const offset = z.strictObject({
  by: z.literal("offset").describe("Each request sends the number of records to skip."),
  offset_param: z.string().default("offset").describe(
    "Name of the parameter for the number of records to skip.",
  ),
  first: z.int().min(0).default(0).describe(
    "Offset of the first record; 1 if the API counts from one.",
  ),
  size_param: sizeParam,
  size: z.int().min(1).describe("Number of records per page.").meta({
    unit: "records",
    example: 100,
  }),
  max_offset: z.int().min(0).optional().describe("Largest offset that the API accepts.").meta({
    unit: "records",
    example: 10_000,
  }),
  more,
  in: inQueryBodyOrPath("{offset}"),
});

const page = z.strictObject({
  by: z.literal("page").describe("Each request sends a page number."),
  page_param: z.string().default("page").describe(
    "Name of the parameter for the page number.",
  ),
  first: z.int().min(0).default(1).describe("Number of the first page."),
  size_param: sizeParam,
  size: z.int().min(1).optional().describe(
    "Number of records per page; required unless `pages`, `more` or the stream's `total` identifies the last page.",
  ).meta({ unit: "records", example: 100 }),
  pages: path.optional().describe("Path of the total number of pages.").meta({
    example: "meta.total_pages",
  }),
  max_page: z.int().min(0).optional().describe("Largest page number that the API accepts.").meta({
    example: 100,
  }),
  more,
  in: inQueryBodyOrPath("{page}"),
});

const cursor = z.strictObject({
  by: z.literal("cursor").describe("Each response contains a cursor that the next request sends."),
  cursor: path.describe(
    "Path of the next cursor, or `$header.NAME` for a response header. An absent, null or empty cursor ends the window. An array or object is sent unchanged in a JSON body.",
  ).meta({ example: "meta.next_cursor" }),
  cursor_param: z.string().optional().describe(
    "Name of the parameter for the cursor. Required unless the request contains `{cursor}`.",
  ).meta({
    example: "cursor",
  }),
  first: z.union([z.string(), z.number()], { error: "expected a string or a number" }).optional()
    .describe(
      "Cursor of the first request, if the API requires one: a value, or an edge of the window such as `{from|epoch_ms}`. If it is a number, later cursors made of digits are sent as numbers too.",
    ).meta({
      kind: "template or number",
      example: "{from|epoch_ms}",
    }),
  until: z.string().optional().describe(
    "Edge of the window at which the pages end, if cursors are times and the API does not end by itself: the window is done as soon as a cursor reaches or passes it. Requires `first`.",
  ).meta({ kind: "template", example: "{to|epoch_ms}" }),
  step: z.int().optional().describe(
    "Number to add to a cursor that is an integer, if the API includes the record of the cursor in the next page: 1, or -1 if pages lead back in time.",
  ).meta({ example: 1 }),
  encoded: z.boolean().default(false).describe(
    "Whether the API returns cursors percent-encoded, so that they are not encoded again.",
  ),
  more,
  size_param: sizeParam,
  size: maxPageSize,
  in: z.enum(["query", "body", "header"]).default("query").describe("Where the cursor is sent."),
});

/** Hosts to which links may lead. */
export const hosts = z.array(
  z.string().regex(/^[^\s/@?#]+$/, { error: "expected a host, with a port if needed" }),
)
  .default([]).describe(
    "Hosts to which links may lead in addition to that of `source.url`. Requests to them carry no credentials and no headers of the job.",
  ).meta({ kind: "list of hosts", example: ["pages.example.com"] });

const nextLink = z.strictObject({
  by: z.literal("next_link").describe("Each response contains the URL of the next page."),
  link: path.describe(
    "Path of the URL of the next page, or of a list of links, of which the one with the relation `next` is followed. An absent, null or empty URL ends the window.",
  ).meta({
    example: "links.next",
  }),
  hosts,
  more,
  size_param: sizeParam,
  size: maxPageSize,
});

const linkHeader = z.strictObject({
  by: z.literal("link_header").describe(
    'The response header `Link: <URL>; rel="next"` contains the URL of the next page.',
  ),
  hosts,
  more,
  size_param: sizeParam,
  size: maxPageSize,
});

const none = z.strictObject({
  by: z.literal("none").describe(
    "Each response is complete, whatever it declares. If `paging` is omitted, a response that announces more pages fails its window.",
  ),
}).meta({ shorthand: "by" });

const ASSUMED: NoPaging = { by: "none", isAssumed: true };

/** The schema of `paging`. */
export const paging = z.union([
  z.literal("none").transform((by): NoPaging => ({ by })),
  z.discriminatedUnion("by", [none, offset, page, cursor, nextLink, linkHeader]),
], { error: 'expected "none", or a mapping with by' }).optional().transform((
  declared,
): NoPaging | Exclude<typeof declared, { by: "none" } | undefined> => declared ?? ASSUMED);
