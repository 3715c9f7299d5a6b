import { assertEquals, assertThrows } from "@std/assert";
import type { ColumnType, ValueSpec } from "../../../lib/config/schema/job_schema.ts";
import { compileValue, Refusal } from "../../../lib/extract/value/value.ts";

/** Reads found values as a column does; a refusal is shown as "! reason". */
function reader(spec: Partial<ValueSpec>, type: ColumnType = "text") {
  let refusals = 0;
  const { read, isNull } = compileValue(spec, {
    type,
    nulls: ["", "-", "–"],
    timeZone: "UTC",
    maxBytes: undefined,
    inKey: false,
    onRefusal: () => refusals++,
  });
  return (...found: unknown[]) => {
    const before = refusals;
    // Of several paths the compiled code reads the first value that is not none (extractor_test.ts).
    const given = isNull === undefined ? found : [found.find((value) => !isNull(value))];
    const text = read(...given);
    assertEquals(refusals - before, text instanceof Refusal ? 1 : 0);
    return text instanceof Refusal ? `! ${text.reason}` : text;
  };
}

Deno.test("compileValue() removes whitespace and null markers first", () => {
  const read = reader({ path: ["a"] });
  assertEquals(["a", " a ", "", " ", "-", " – ", null, undefined, "--"].map((text) => read(text)), [
    "a",
    "a",
    null,
    null,
    null,
    null,
    null,
    null,
    "--",
  ]);
});

Deno.test("compileValue() keeps whitespace where trim is off", () => {
  const read = reader({ path: ["a"], trim: false });
  assertEquals([" a ", " ", ""].map((text) => read(text)), [" a ", " ", null]);
});

Deno.test("compileValue() supports its own null markers, for numbers too", () => {
  const read = reader({ path: ["a"], nulls: ["0", "-999"] }, "integer");
  assertEquals([0, "0", " 0 ", -999, "7", ""].map((value) => read(value)), [
    null,
    null,
    null,
    null,
    "7",
    "! is not a number",
  ]);
});

Deno.test("compileValue() takes the first of several paths that is not null", () => {
  const read = reader({ path: ["a", "b", "c"] });
  assertEquals(read(undefined, "", "c"), "c");
  assertEquals(read("-", "b", "c"), "b");
  assertEquals(read(null, undefined, ""), null);
});

Deno.test("compileValue() captures, changes case and maps in this order", () => {
  const name = reader({ path: ["a"], capture: String.raw`^(.+?)(?: \([A-Z]{2,3}\))?$` });
  assertEquals(name("Veraison (IRE)"), "Veraison");
  assertEquals(name("Veraison"), "Veraison");
  assertEquals(reader({ path: ["a"], capture: "[0-9]+" })("no 42!"), "42");
  assertEquals(reader({ path: ["a"], capture: "x(y)?" })("x"), null);
  assertEquals(reader({ path: ["a"], capture: "z" })("a"), null);
  assertEquals(reader({ path: ["a"], capture: "(-)" })("a-"), null);
  const sex = reader({ path: ["a"], capture: "^(.)", case: "upper", map: { F: "filly", X: null } });
  assertEquals([sex("fy"), sex("x"), sex("m")], ["filly", null, "M"]);
  assertEquals(reader({ path: ["a"], case: "lower" })("GB"), "gb");
  const flag = reader({ path: ["a"], map: { Y: true, N: false } }, "boolean");
  assertEquals([flag("Y"), flag("N"), flag("?")], ["true", "false", "! is not a boolean"]);
  assertEquals(reader({ path: ["a"], map: { "1": "one" } })(1), "one");
  assertEquals(reader({ path: ["a"], map: {} })("constructor"), "constructor");
});

Deno.test("compileValue() refuses to capture from very long strings", () => {
  const read = reader({ path: ["a"], capture: "(a.*b)" });
  assertEquals(read(`${"a".repeat(100_000)}bc`), `${"a".repeat(100_000)}b`);
  assertEquals(read("a".repeat(200_001)), "! has more than 200000 characters to capture from");
});

Deno.test("compileValue() yields the default where nothing is found, and null for invalid values only with invalid: null", () => {
  assertEquals(reader({ path: ["a"], default: 0 }, "integer")(""), "0");
  assertEquals(reader({ path: ["a"], capture: "x", default: "none" })("a"), "none");
  assertEquals(reader({ path: ["a"] }, "integer")("NR"), "! is not a number");
  assertEquals(reader({ path: ["a"], invalid: "null" }, "integer")("NR"), null);
  assertEquals(reader({ path: ["a"], invalid: "null", default: 7 }, "integer")("NR"), "7");
});

Deno.test("compileValue() applies its steps to every element of an array", () => {
  const read = reader({ path: ["a"], case: "lower" }, "text[]");
  assertEquals(read(["A", " B ", "-", null]), '{"a","b",NULL,NULL}');
  assertEquals(read("A"), '! becomes "a", which is a string, not an array');
  assertEquals(
    reader({ path: ["a"] }, "integer[]")(["1", "x"]),
    "! contains an element that is not a number",
  );
});

Deno.test("compileValue() passes arrays and objects through to jsonb", () => {
  assertEquals(reader({ path: ["a"] }, "jsonb")([{ odds: "-" }]), '[{"odds":"-"}]');
  assertEquals(reader({ path: ["a"] }, "jsonb")(""), null);
});

Deno.test("compileValue() casts constants once", () => {
  assertEquals(reader({ value: true }, "boolean")(), "true");
  assertEquals(reader({ value: null })(), null);
  assertThrows(() => reader({ value: "x" }, "integer"), RangeError, '"x" is not a number');
  assertThrows(
    () => reader({ path: ["a"], default: "x" }, "date"),
    RangeError,
    '"x" is not an ISO 8601 date',
  );
});

Deno.test("compileValue() fills templates, and is null where a placeholder has no value", () => {
  const read = reader({ template: "{course}/{{{date}}}" });
  assertEquals(read("Ascot ", 2025), "Ascot/{2025}");
  assertEquals(read("Ascot", ""), null);
  assertEquals(read("Ascot", {}), "! is an object, not a string");
  const at = reader({ template: "{date}T{time}", format: "%d/%m/%YT%H:%M" }, "timestamptz");
  assertEquals(at("13/10/2025", "8:10"), "2025-10-13 08:10:00+00");
  assertThrows(() => reader({ template: "{a" }), SyntaxError, '"{" is unbalanced');
});

Deno.test("compileValue() hashes to a key that never changes", () => {
  const read = reader({ hash: ["a", "b"] });
  assertEquals(read("2025-10-13", { y: 1, x: [2] }), "f447f8f1d0469d332590773ed1eb9dbc");
  assertEquals(read("2025-10-13", { x: [2], y: 1 }), read("2025-10-13", { y: 1, x: [2] }));
  assertEquals(read(undefined, null), null);
  assertEquals(read("a", undefined) === read("a", ""), false);
  assertEquals(reader({ hash: ["a"] }, "uuid")("x")?.length, 36);
  assertEquals(/^-?\d{1,19}$/.test(reader({ hash: ["a"] }, "bigint")("x") ?? ""), true);
});
