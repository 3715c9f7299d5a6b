import { assertEquals, assertRejects } from "@std/assert";
import { eachValues, isFedByTarget } from "../../lib/plan/each_values.ts";
import type { QueryRows } from "../../lib/plan/each_values.ts";
import { Failure } from "../../lib/failure.ts";
import { all, jobOf } from "./jobs.ts";

const nothing: QueryRows = async function* () {};

function values(for_each: unknown, query = nothing, params: Record<string, unknown> = {}) {
  const stream = jobOf({ things: { for_each } }).streams.things!;
  return all(eachValues(stream, params, query));
}

Deno.test("eachValues() yields one empty record when the stream has no for_each", async () => {
  assertEquals(await values(undefined), [{}]);
});

Deno.test("eachValues() yields a grid, the first name outermost", async () => {
  const grid = await values({ city: ["LHR", { id: 2, name: "Paris" }], kind: ["a", "b"] });
  assertEquals(grid, [
    { city: "LHR", kind: "a" },
    { city: "LHR", kind: "b" },
    { city: { id: 2, name: "Paris" }, kind: "a" },
    { city: { id: 2, name: "Paris" }, kind: "b" },
  ]);
});

Deno.test("eachValues() yields the value of one column and the record of several", async () => {
  const query: QueryRows = async function* (sql) {
    if (sql === "one") yield* [{ id: "x" }, { id: null }, { id: "x" }];
    else yield { id: 1, name: "n" };
  };
  assertEquals(await values({ a: { query: "one" } }, query), [{ a: "x" }]);
  assertEquals(await values({ a: { query: "two" } }, query), [{ a: { id: 1, name: "n" } }]);
});

Deno.test("eachValues() refuses a column that the query does not return, since its parameter would be omitted", async () => {
  const query: QueryRows = async function* (sql) {
    yield sql === "one"
      ? { id: "x" }
      : sql === "json"
      ? { doc: { id: 1 } }
      : { code: 1, name: "n" };
  };
  const valuesOf = (sql: string) => {
    const request = { path: "/x", query: { of: "{each.a.id}" } };
    const stream = jobOf({ things: { for_each: { a: { query: sql } }, request } }).streams.things!;
    return all(eachValues(stream, {}, query));
  };
  const one = await assertRejects(
    () => valuesOf("one"),
    Failure,
    "Cannot use {each.a.id}: the query returns one column, which is the value",
  );
  assertEquals(one.hint, "Write {each.a}, or return several columns");
  const two = await assertRejects(
    () => valuesOf("two"),
    Failure,
    'Cannot use {each.a.id}: the query returns no column "id"',
  );
  assertEquals(two.hint, "Use one of code, name, or add the column to the query");
  assertEquals(await valuesOf("json"), [{ a: { id: 1 } }]);
});

Deno.test("eachValues() reads no more rows of a query than are requested", async () => {
  let taken = 0;
  const query: QueryRows = async function* () {
    for (;; taken++) yield { id: taken };
  };
  const stream = jobOf({ things: { for_each: { id: { query: "many" } } } }).streams.things!;
  for await (const { id } of eachValues(stream, {}, query)) if (id === 3) break;
  assertEquals(taken, 3);
});

Deno.test("eachValues() repeats for each value of a parameter", async () => {
  const each = { city: { param: "cities" } };
  assertEquals(await values(each, nothing, { cities: ["LHR", "CDG"] }), [
    { city: "LHR" },
    { city: "CDG" },
  ]);
});

Deno.test("eachValues() says which flag is missing when a parameter has no value", async () => {
  for (const params of [{}, { my_cities: [] }, { my_cities: null }]) {
    const failure = await assertRejects(
      () => values({ city: { param: "my_cities" } }, nothing, params),
      Failure,
      'each value of "my_cities": the parameter has no value',
    );
    assertEquals([failure.kind, failure.hint?.includes("--my-cities")], ["configuration", true]);
  }
});

Deno.test("isFedByTarget() is true when a value comes from a query", () => {
  const job = jobOf({
    list: { for_each: { a: ["x"] } },
    query: { for_each: { a: ["x"], b: { query: "SELECT 1" } } },
    none: {},
  });
  assertEquals(["list", "query", "none"].map((name) => isFedByTarget(job.streams[name]!)), [
    false,
    true,
    false,
  ]);
});
