import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { canonical, scopeOf } from "../../lib/plan/scope.ts";
import { jobOf } from "./jobs.ts";

const PARAMS = { region: "gb", region_codes: ["ire", "gb"], unused: "x" };

Deno.test("scopeOf() contains only the parameters that the request, its headers or its rows mention", () => {
  const job = jobOf({
    query: { request: { path: "/a", query: { codes: "{params.region_codes|join:,}" } } },
    path: { request: "/{params.region}/things" },
    rows: { rows: { table: "things", columns: { id: "id", name: "$params.region" } } },
    quoted: { rows: { table: "things", columns: { id: "id", name: '$params["region"]' } } },
    none: { request: "/regions" },
  });
  assertEquals(scopeOf(job, "query", PARAMS), "region_codes=gb,ire");
  assertEquals(scopeOf(job, "path", PARAMS), "region=gb");
  assertEquals(scopeOf(job, "rows", PARAMS), "region=gb");
  assertEquals(scopeOf(job, "quoted", PARAMS), "region=gb");
  assertEquals(scopeOf(job, "none", PARAMS), "");
  const shared = jobOf({ none: { request: "/regions" } }, {
    source: { url: "http://127.0.0.1:1", headers: { "X-Region": "{params.region}" } },
  });
  assertEquals(scopeOf(shared, "none", PARAMS), "region=gb");
});

Deno.test("canonical() does not depend on the order of names and lists", () => {
  assertEquals(canonical({ b: [2, 1], a: "x" }), "a=x&b=1,2");
  assertEquals(canonical({ a: "x", b: [1, 2] }), "a=x&b=1,2");
});

Deno.test("canonical() leaves out what has no value", () => {
  assertEquals(canonical({ a: null, b: undefined, c: [], d: "" }), "d=");
  assertEquals(canonical({}), "");
});

Deno.test("canonical() distinguishes different values, whatever they contain", () => {
  assertNotEquals(canonical({ a: "1&b=2" }), canonical({ a: "1", b: "2" }));
  assertNotEquals(canonical({ a: ["x,y"] }), canonical({ a: ["x", "y"] }));
  const text = fc.string({
    unit: fc.constantFrom("a", "=", "&", ",", "%", "~", "é"),
    maxLength: 6,
  });
  const values = fc.record({ a: text, b: fc.array(text, { minLength: 1, maxLength: 3 }) });
  fc.assert(fc.property(values, values, (one, other) => {
    const same = one.a === other.a && [...one.b].sort().join() === [...other.b].sort().join() &&
      one.b.length === other.b.length;
    if (!same) assertNotEquals(canonical(one), canonical(other));
  }));
});

Deno.test("canonical() stays short enough for a key, and well formed", () => {
  const long = canonical({ a: "😀".repeat(5000) });
  assert(new TextEncoder().encode(long).length < 300);
  assert(long.isWellFormed());
  assertNotEquals(long, canonical({ a: "😀".repeat(5001) }));
});
