import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { describe, type Expectation, judge } from "../../lib/verify/expectation.ts";

/** Judges a first row. */
function reasonOf(expect: Expectation, row: Record<string, unknown>): string | null {
  const verdict = judge(expect, { columns: Object.keys(row), rows: [Object.values(row)] });
  assertEquals(verdict.ok, verdict.reason === null);
  return verdict.reason;
}

Deno.test("judge() passes every result when nothing is expected", () => {
  assertEquals(judge(undefined, { columns: [], rows: [] }), { ok: true, reason: null });
});

Deno.test("judge() counts rows when rows or none are expected", () => {
  const rows = (count: number) => ({ columns: ["a"], rows: Array(count).fill([1]) });
  assertEquals(judge("rows", rows(1)).ok, true);
  assertEquals(judge("rows", rows(0)).reason, "there is no row");
  assertEquals(judge("no_rows", rows(0)).ok, true);
  assertEquals(judge("no_rows", rows(1)).reason, "there is 1 row");
  assertEquals(judge("no_rows", rows(3)).reason, "there are 3 rows");
});

Deno.test("judge() compares columns of the first row with values and with each other", () => {
  assertEquals(reasonOf({ races: "> 0" }, { races: 4 }), null);
  assertEquals(reasonOf({ races: "> 0" }, { races: 0 }), "races is 0, not > 0");
  assertEquals(reasonOf({ a: "= b" }, { a: 4, b: 4 }), null);
  assertEquals(reasonOf({ a: "= b" }, { a: 4, b: 5 }), "a is 4, not = b (5)");
  assertEquals(
    reasonOf({ a: ">=2", b: "< 1" }, { a: 1, b: 1 }),
    "a is 1, not >= 2; b is 1, not < 1",
  );
});

Deno.test("judge() compares numbers by value, however they are written, and strings as strings", () => {
  assertEquals(reasonOf({ a: "= 1.5" }, { a: "1.50" }), null);
  assertEquals(reasonOf({ a: "> 9" }, { a: "10" }), null);
  assertEquals(
    reasonOf({ a: "> 9007199254740993" }, { a: "9007199254740993" }),
    "a is 9007199254740993, not > 9007199254740993",
  );
  assertEquals(reasonOf({ a: "> 9007199254740992" }, { a: "9007199254740993" }), null);
  assertEquals(reasonOf({ day: "< 2025-02-01" }, { day: "2025-01-31" }), null);
  assertEquals(reasonOf({ ok: "= true" }, { ok: true }), null);
  assertEquals(reasonOf({ name: "= 'a b'" }, { name: "a b" }), null);
});

Deno.test("judge() treats only null as null", () => {
  assertEquals(reasonOf({ a: "= null" }, { a: null }), null);
  assertEquals(reasonOf({ a: "!= null" }, { a: 0 }), null);
  assertEquals(reasonOf({ a: "> 0" }, { a: null }), "a is null, not > 0");
  assertEquals(reasonOf({ a: "<= 0" }, { a: null }), "a is null, not <= 0");
});

Deno.test("judge() names a column that does not exist, and the one that was probably meant", () => {
  assertEquals(
    reasonOf({ race: "> 0" }, { races: 1 }),
    `the result has no column "race", did you mean "races"?`,
  );
  assertEquals(judge({ a: "> 0" }, { columns: ["a"], rows: [] }).reason, "there is no row");
});

Deno.test("judge() compares integers of any size exactly", () => {
  const operators = { "=": 0, "!=": 0, "<": 0, "<=": 0, ">": 0, ">=": 0 };
  const holds = (a: bigint, operator: string, b: bigint): boolean => {
    const order = a < b ? -1 : a > b ? 1 : 0;
    return { "=": !order, "!=": !!order, "<": order < 0, "<=": order <= 0, ">": order > 0 }[
      operator
    ] ?? order >= 0;
  };
  const operator = fc.constantFrom(...Object.keys(operators));
  fc.assert(fc.property(fc.bigInt(), operator, fc.bigInt(), (a, operator, b) => {
    const reason = reasonOf({ n: `${operator} ${b}` }, { n: String(a) });
    assertEquals(reason === null, holds(a, operator, b));
  }));
});

Deno.test("describe() phrases an expectation in words", () => {
  assertEquals(describe(undefined), null);
  assertEquals(describe("no_rows"), "no rows");
  assertEquals(describe({ races: ">0", a: "= b" }), "races > 0 and a = b");
});
