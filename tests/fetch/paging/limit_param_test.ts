import { assertEquals } from "@std/assert";
import type { WireRequest } from "../../../lib/fetch/http/request.ts";
import { limitEqualTo } from "../../../lib/fetch/paging/limit_param.ts";

const get = (query: string): WireRequest => ({
  method: "GET",
  url: `https://api.test/v1/things?${query}`,
  headers: {},
});
const post = (type: string, body: string): WireRequest => ({
  method: "POST",
  url: "https://api.test/v1/things",
  headers: { "content-type": type },
  body,
});

const LIMITS: readonly [request: WireRequest, records: number, name: string][] = [
  [get("limit=1000"), 1000, "limit"],
  [get("%24top=50&from=2024-01-01"), 50, "$top"],
  [get("page%5Bsize%5D=5"), 5, "page[size]"],
  [get("maximum=500"), 500, "maximum"],
  [get("%24query=SELECT%20id%20LIMIT%201000"), 1000, "LIMIT"],
  [post("application/json", '{"query": {"size": 10000}}'), 10000, "size"],
  [post("application/json", '{"query": "{ issues(first: 100) { nodes { id } } }"}'), 100, "first"],
  [post("application/x-www-form-urlencoded", "rows=20"), 20, "rows"],
];
for (const [request, records, name] of LIMITS) {
  Deno.test(`limitEqualTo() finds ${name} for ${records} records`, () =>
    assertEquals(limitEqualTo(request, records), { name, value: records }));
}

Deno.test("limitEqualTo() does not mistake a time, a place or a page number for a limit", () => {
  const queries = ["days=30", "year=2024", "station_id=4711", "page=12", "lat=52", "version=20"];
  assertEquals(queries.map((query) => limitEqualTo(get(query), Number(query.split("=")[1]))), [
    ...queries.map(() => undefined),
  ]);
});

Deno.test("limitEqualTo() finds nothing when the response has another number of records", () => {
  assertEquals(limitEqualTo(get("limit=1000"), 999), undefined);
  assertEquals(limitEqualTo(get("limit=1"), 1), undefined);
});
