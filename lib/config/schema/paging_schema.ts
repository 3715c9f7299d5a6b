// Owns the keys of a stream's `paging`: the ways in which sources cut an answer into pages. Schema only;
// the value machines that follow pages live in lib/fetch.
import { z } from "zod";
import { condition, path } from "./scalar_schema.ts";

const sizeParam = z.string().optional().describe(
  "Name of the parameter that says how many records a page holds; without it none is sent.",
).meta({ example: "limit" });

const mostOfAPage = z.int().min(1).optional().describe("Records a page holds at most.").meta({
  unit: "records",
  example: 100,
});

const more = z.union([path, condition], {
  error: "expected a path, or a map with path, is and not",
}).optional().describe(
  "Path of a flag that is false on the last page, or what is found there while pages follow.",
).meta({ kind: "path or condition", example: { path: "last", is: [false] } });

const inQueryBodyOrPath = (placeholder: string) =>
  z.enum(["query", "body", "path"]).default("query").describe(
    `Where the parameters go: the query, the JSON or form body, or the path, where \`${placeholder}\` stands for the number.`,
  );

const offset = z.strictObject({
  by: z.literal("offset").describe("The request says how many records to skip."),
  offset_param: z.string().default("offset").describe(
    "Name of the parameter that says how many records to skip.",
  ),
  first: z.int().min(0).default(0).describe(
    "Value of that parameter on the first page; 1 where the source counts from one.",
  ),
  size_param: sizeParam,
  size: z.int().min(1).describe("Records a page holds.").meta({ unit: "records", example: 100 }),
  max_offset: z.int().min(0).optional().describe("Largest offset the source takes.").meta({
    unit: "records",
    example: 10_000,
  }),
  more,
  in: inQueryBodyOrPath("{offset}"),
});

const page = z.strictObject({
  by: z.literal("page").describe("The request says the number of the page."),
  page_param: z.string().default("page").describe(
    "Name of the parameter with the page's number.",
  ),
  first: z.int().min(0).default(1).describe("Number of the first page."),
  size_param: sizeParam,
  size: z.int().min(1).optional().describe(
    "Records a page holds; needed unless `pages`, `more` or the stream's `total` says when to end.",
  ).meta({ unit: "records", example: 100 }),
  pages: path.optional().describe("Path of the number of pages.").meta({
    example: "meta.total_pages",
  }),
  max_page: z.int().min(0).optional().describe("Largest page number the source takes.").meta({
    example: 100,
  }),
  more,
  in: inQueryBodyOrPath("{page}"),
});

const cursor = z.strictObject({
  by: z.literal("cursor").describe("Each answer holds a cursor that the next request sends."),
  cursor: path.describe(
    "Path of the next cursor, `$header.NAME` for one in a header; absent, null or empty ends the window. A list or a map goes into a JSON body as it is.",
  ).meta({ example: "meta.next_cursor" }),
  cursor_param: z.string().describe("Name of the parameter the cursor is sent in.").meta({
    example: "cursor",
  }),
  first: z.union([z.string(), z.number()], { error: "expected a text or a number" }).optional()
    .describe(
      "Value of that parameter on the first page, where the source wants one; if it is a number, digits that follow are sent as a number too.",
    ).meta({
      kind: "text or number",
      example: "*",
    }),
  more,
  size_param: sizeParam,
  size: mostOfAPage,
  in: z.enum(["query", "body", "header"]).default("query").describe("Where the cursor goes."),
});

const nextLink = z.strictObject({
  by: z.literal("next_link").describe("Each answer holds the URL of the next page."),
  link: path.describe("Path of the next page's URL; absent, null or empty ends the window.").meta({
    example: "links.next",
  }),
  size_param: sizeParam,
  size: mostOfAPage,
});

const linkHeader = z.strictObject({
  by: z.literal("link_header").describe(
    'The header `Link: <URL>; rel="next"` holds the URL of the next page.',
  ),
  size_param: sizeParam,
  size: mostOfAPage,
});

const none = z.strictObject({
  by: z.literal("none").describe(
    "A response is complete, whatever it declares; without `paging` one that shows that more follows fails its window.",
  ),
}).meta({ shorthand: "by" });

/** Without `isAssumed` the job declares that a response is complete, whatever it shows. */
interface NoPaging {
  readonly by: "none";
  readonly isAssumed?: true;
}

const ASSUMED: NoPaging = { by: "none", isAssumed: true };

/** The schema of `paging`. */
export const paging = z.union([
  z.literal("none").transform((by): NoPaging => ({ by })),
  z.discriminatedUnion("by", [none, offset, page, cursor, nextLink, linkHeader]),
], { error: 'expected "none", or a map with by' }).optional().transform((
  declared,
): NoPaging | Exclude<typeof declared, { by: "none" } | undefined> => declared ?? ASSUMED);

/** What says whether pages follow. */
export type MoreSpec = z.output<typeof more>;
/** The paging of a stream. */
export type Paging = z.output<typeof paging>;
