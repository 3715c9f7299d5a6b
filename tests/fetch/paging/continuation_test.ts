import { assertEquals } from "@std/assert";
import type { RecordsSpec } from "../../../lib/config/schema/stream_schema.ts";
import { findContinuations } from "../../../lib/fetch/paging/continuation.ts";
import { suggestPaging } from "../../../lib/fetch/paging/suggest_paging.ts";

const ITEMS = [{ id: 1, next: "x", total: 99 }, { id: 2, next: "y", total: 99 }];

interface Response {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly records?: string | Partial<RecordsSpec>;
  readonly pages?: number;
  readonly declared?: readonly string[];
  readonly declaresTotal?: boolean;
}

/** What a response of two records declares, as `kind path`. */
function found(response: Response): string[] {
  return continuationsOf(response).map(({ kind, path }) => `${kind} ${path}`);
}

function continuationsOf({ body = {}, headers = {}, records = "data", ...query }: Response) {
  const spec = typeof records === "string" ? { path: records } : records;
  return findContinuations({ body, header: (name) => headers[name] ?? null }, {
    records: { path: "", as: "list", optional: false, ...spec },
    count: 2,
    pages: query.pages ?? 1,
    declared: new Set(query.declared),
    declaresTotal: query.declaresTotal ?? false,
    ignoresCounts: false,
    ignoresFlags: false,
  });
}

const MORE: readonly [expected: string, Response][] = [
  ["total total", { body: { total: 3, data: ITEMS } }],
  ["total meta.total_count", { body: { meta: { total_count: "30" }, data: ITEMS } }],
  ["total count", { body: { count: 3, data: ITEMS } }],
  ["total numberMatched", { body: { numberMatched: 30, numberReturned: 2, data: ITEMS } }],
  [
    "total hits.total.value",
    {
      body: { hits: { total: { value: 5000, relation: "eq" }, hits: ITEMS } },
      records: "hits.hits",
    },
  ],
  ["total $header.x-total-count", { body: ITEMS, records: "", headers: { "x-total-count": "9" } }],
  [
    "total $header.content-range",
    { body: ITEMS, records: "", headers: { "content-range": "items 0-1/350" } },
  ],
  ["pages total_pages", { body: { page: 1, total_pages: 7, data: ITEMS } }],
  ["pages page.totalPages", { body: { page: { totalPages: 2, number: 0 }, data: ITEMS } }],
  ["pages [0].pages", { body: [{ page: 1, pages: 7 }, ITEMS], records: "[1]" }],
  ["flag has_more", { body: { has_more: true, data: ITEMS } }],
  ["flag last", { body: { last: false, data: ITEMS } }],
  ["flag endOfRecords", { body: { endOfRecords: false, data: ITEMS } }],
  ["flag end_of_stream", { body: { end_of_stream: false, data: ITEMS } }],
  ["flag exceededTransferLimit", { body: { exceededTransferLimit: true, data: ITEMS } }],
  [
    "flag data.issues.pageInfo.hasNextPage",
    {
      body: { data: { issues: { pageInfo: { hasNextPage: true, endCursor: "x" }, nodes: ITEMS } } },
      records: "data.issues.nodes",
    },
  ],
  ["link next", { body: { next: "https://a.test/?page=2", data: ITEMS } }],
  ["link _links.next.href", { body: { _links: { next: { href: "/p2" } }, data: ITEMS } }],
  [
    "link link",
    {
      body: {
        link: [{ relation: "self", url: "/" }, { relation: "next", url: "/2" }],
        data: ITEMS,
      },
    },
  ],
  ['link ["@odata.nextLink"]', { body: { "@odata.nextLink": "https://a.test/2", data: ITEMS } }],
  ["link_header $header.link", { body: ITEMS, records: "", headers: { link: '</2>; rel="next"' } }],
  ["cursor meta.next_cursor", { body: { meta: { next_cursor: "abc" }, data: ITEMS } }],
  ["cursor nextPageToken", { body: { nextPageToken: "abc", data: ITEMS } }],
  ["cursor paging.next.after", { body: { paging: { next: { after: "NTI1" } }, data: ITEMS } }],
  ["cursor next_offset", { body: { next_offset: 100, data: ITEMS } }],
  ["cursor continue", { body: { continue: { apcontinue: "B" }, data: ITEMS } }],
];
for (const [expected, response] of MORE) {
  Deno.test(`findContinuations() finds "${expected}"`, () =>
    assertEquals(found(response), [expected]));
}

const COMPLETE: readonly [name: string, Response][] = [
  ["a count of the page", { body: { count: 2, total: 2, data: ITEMS } }],
  ["null, empty and zero", {
    body: {
      next: null,
      next_cursor: "",
      has_more: false,
      next_page: 0,
      total_pages: 1,
      data: ITEMS,
    },
  }],
  ["a link beside a flag that nothing follows", {
    body: { meta: { has_more: false }, links: { next: "https://a.test/2" }, data: ITEMS },
  }],
  ["fields of a record that is the body", {
    body: { id: 7, next: "/8", total: 99 },
    records: { as: "single" },
  }],
  ["fields of records under keys", {
    body: { next: { total: 99 }, b: { total: 99 } },
    records: { as: "entries" },
  }],
  ["bytes of a file", { body: ITEMS, records: "", headers: { "content-range": "bytes 0-9/500" } }],
  ["declared paths", {
    body: { next: "/2", total: 9, data: ITEMS },
    declared: ["next"],
    declaresTotal: true,
  }],
  ["an amount", { body: { total: 1234.5, data: ITEMS } }],
  ["all pages read", { body: { total_pages: 3, data: ITEMS }, pages: 3 }],
];
for (const [name, response] of COMPLETE) {
  Deno.test(`findContinuations() ignores ${name}`, () => assertEquals(found(response), []));
}

Deno.test("suggestPaging() writes the YAML for what a response declares", () => {
  const suggestion = (response: Response) =>
    suggestPaging(continuationsOf(response), { records: 2 });
  assertEquals(suggestion({ body: { next_page_token: "x", total: 9, data: ITEMS } }), [
    "paging: { by: cursor, cursor: next_page_token, cursor_param: page_token }",
    "total: total",
  ]);
  assertEquals(suggestion({ body: { "@odata.nextLink": "/2", data: ITEMS } }), [
    `paging: { by: next_link, link: '["@odata.nextLink"]' }`,
  ]);
  assertEquals(suggestion({ body: { meta: { pages: 3 }, data: ITEMS } }), [
    "paging: { by: page, page_param: page, pages: meta.pages }",
  ]);
  assertEquals(suggestPaging([], { records: 0 }), [
    "paging: { by: offset, offset_param: offset, size: ... }",
  ]);
  assertEquals(
    suggestPaging([], { records: 1000, limit: { name: "$limit", value: 1000 } }),
    ["paging: { by: offset, offset_param: offset, size_param: '$limit', size: 1000 }"],
  );
});
