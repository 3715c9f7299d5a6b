import { assertEquals, assertThrows } from "@std/assert";
import { EACH, own, parsePath, responseReader, walk } from "../../../lib/extract/value/path.ts";

Deno.test("parsePath() parses keys, indexes, quoted keys and array steps", () => {
  assertEquals(parsePath("a.b[0].c").steps, ["a", "b", 0, "c"]);
  assertEquals(parsePath('a["x.y"][-1]').steps, ["a", "x.y", -1]);
  assertEquals(parsePath('["{a}"]["/b"]["$"]').steps, ["{a}", "/b", "$"]);
  assertEquals(parsePath("tags[].name").steps, ["tags", EACH, "name"]);
  assertEquals(parsePath("").steps, []);
  assertEquals(parsePath(".").steps, []);
  assertEquals(parsePath("[2]").steps, [2]);
  assertEquals(parsePath("wind-speed_10m").steps, ["wind-speed_10m"]);
});

Deno.test("parsePath() parses roots and parents", () => {
  const start = (text: string) => {
    const { root, up, steps } = parsePath(text);
    return { root, up, steps };
  };
  assertEquals(start("^.race_id"), { root: "element", up: 1, steps: ["race_id"] });
  assertEquals(start("^^id"), { root: "element", up: 2, steps: ["id"] });
  assertEquals(start("$body.meta.total"), { root: "body", up: 0, steps: ["meta", "total"] });
  assertEquals(start("$header.x-total"), { root: "header", up: 0, steps: ["x-total"] });
  assertEquals(start("$key"), { root: "key", up: 0, steps: [] });
  assertEquals(start("^$key"), { root: "key", up: 1, steps: [] });
  assertEquals(start("$each.place.lat"), { root: "each", up: 0, steps: ["place", "lat"] });
});

Deno.test("parsePath() reports what is wrong", () => {
  const wrong: [string, string][] = [
    ["a..b", 'it is invalid from "..b"'],
    ["a.", 'it is invalid from "."'],
    ["a[", 'it is invalid from "["'],
    ["a[x]", 'it is invalid from "[x]"'],
    ["$foo", '"$foo" is not a root'],
    ["$.data[*]", 'paths start at the record; leave out "$."'],
    ["/data/items", "separate steps with dots, as in a.b"],
    ['$["a"]', 'leave out "$"'],
    ["{a} {b}", 'braces belong to "template", not "path"'],
    ["^$body", '"$body" has no parent'],
    ['a["\\x"]', "is not a valid quoted name"],
    ["a".repeat(1001), "it is longer than 1000"],
  ];
  for (const [path, message] of wrong) assertThrows(() => parsePath(path), SyntaxError, message);
});

Deno.test("walk() finds own members only, and nothing where a step does not fit", () => {
  const record = JSON.parse('{"a": {"b": [1, {"c": 2}]}, "__proto__": {"x": 3}, "t": "text"}');
  const find = (path: string) => walk(record, parsePath(path).steps);
  assertEquals(find("a.b[1].c"), 2);
  assertEquals(find("a.b[-1].c"), 2);
  assertEquals(find("a.b[7]"), undefined);
  assertEquals(find("a[0]"), undefined);
  assertEquals(find("t.length"), undefined);
  assertEquals(find("a.b.length"), undefined);
  assertEquals(find("constructor"), undefined);
  assertEquals(find("__proto__.x"), 3);
  assertEquals(find("x"), undefined);
  assertEquals(walk(null, ["a"]), undefined);
});

Deno.test("walk() collects from every element of an array", () => {
  const record = { tags: [{ name: "a", of: [1, 2] }, {}, null, { name: "b", of: [3] }] };
  assertEquals(walk(record, parsePath("tags[].name").steps), ["a", undefined, undefined, "b"]);
  assertEquals(walk(record, parsePath("tags[].of[]").steps), [[1, 2], undefined, undefined, [3]]);
  assertEquals(walk(record, parsePath("none[].name").steps), undefined);
});

Deno.test("own() ignores inherited members", () => {
  assertEquals(own({}, "toString"), undefined);
  assertEquals(own({ toString: 1 }, "toString"), 1);
  assertEquals(own([1], "0"), undefined);
});

Deno.test("responseReader() reads body and headers", () => {
  const answer = { body: { meta: { total: 3 } }, header: (name: string) => `<${name}>` };
  assertEquals(responseReader("meta.total")(answer), 3);
  assertEquals(responseReader("$body.meta.total")(answer), 3);
  assertEquals(responseReader("$header.link")(answer), "<link>");
  assertEquals(responseReader("$header")(answer), null);
  assertEquals(responseReader("")(answer), answer.body);
  assertThrows(() => responseReader("^.a"), SyntaxError, 'has only "$body" and "$header"');
  assertThrows(() => responseReader("$key"), SyntaxError);
});

Deno.test("responseReader() reads a header by a single name", () => {
  const response = { body: null, header: (name: string) => `value of ${name}` };
  assertEquals(responseReader("$header.x-total")(response), "value of x-total");
  assertEquals(responseReader("$header.x.total")(response), null);
  assertEquals(responseReader("$header")(response), null);
});
