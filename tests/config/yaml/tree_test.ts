import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sourceText } from "../../../lib/config/yaml/problem.ts";
import { readYamlTree } from "../../../lib/config/yaml/tree.ts";
import { placeOf, plainValue } from "../../../lib/config/tree_values.ts";
import { changed, messages, problems } from "../job_text.ts";
import { stringify } from "yaml";

/** Runs of each property; `deno task test:long` runs more. */
const RUNS = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 200);

function value(text: string): unknown {
  const { root, findings } = readYamlTree(sourceText("a.yaml", text));
  assertEquals(findings, []);
  return root === undefined ? undefined : plainValue(root, () => undefined).value;
}

Deno.test("readYamlTree() reads mappings, lists, scalars, anchors and merge keys", () => {
  assertEquals(value("a: &x {b: 1, c: [2, ~, true, '3', no]}\nd: *x\n"), {
    a: { b: 1, c: [2, null, true, "3", "no"] },
    d: { b: 1, c: [2, null, true, "3", "no"] },
  });
  assertEquals(value("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [{q: 1}, *x]}"), {
    x: { a: 1, b: 2 },
    y: { b: 3, a: 1 },
    z: { q: 1, a: 1, b: 2 },
  });
  assertEquals(value("a: |\n  x\n  y\n2025: b\nnull: c\n"), { a: "x\ny\n", 2025: "b", null: "c" });
});

Deno.test("readYamlTree() keeps values as strings if a number would change them", () => {
  assertEquals(value("[007, 12345678901234567890, 2015-01-01, 1e3, 0]"), [
    "007",
    "12345678901234567890",
    "2015-01-01",
    1000,
    0,
  ]);
});

Deno.test("readYamlTree() reports duplicate keys, odd keys, tags and unknown anchors", async () => {
  const at = async (text: string) =>
    (await problems(text)).map(({ line, column, message }) => `${line}:${column} ${message}`);
  assert((await at("job: a\njob: b")).includes('2:1 the key "job" is already defined in line 1'));
  assert((await at("{a: 1}: b")).includes("1:1 a key must be a string"));
  assert((await at("__proto__: {x: 1}")).includes('1:1 a key cannot be "__proto__"'));
  assert((await at("a: &one 1\nb: *on")).includes(
    '2:4 the anchor "on" is not defined before this; did you mean "one"?',
  ));
  assert((await at("a: !secret b")).some((text) =>
    text.includes("Unresolved tag: !secret") ||
    text.includes("unresolved tag: !secret")
  ));
  assert((await at("a: &x [*x]")).includes('1:8 the anchor "x" is not defined before this'));
});

Deno.test("readYamlTree() reports the first error of a line, and its probable cause", async () => {
  const text = "a: { b: c[0].d, e: f[1].g }";
  assertEquals((await problems(text)).map(({ line, column, message }) => [line, column, message]), [
    [
      ...[1, 10],
      `cannot read the YAML: "[" is not allowed here; a string that contains [ ] { } , " or ' needs quotes`,
    ],
  ]);
});

Deno.test("readYamlTree() refuses keys that would reach a prototype", async () => {
  for (const text of ["__proto__: {polluted: 1}", "tables: {__proto__: {polluted: 1}}"]) {
    await problems(text);
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
  }
  assertEquals(await messages(changed({})), []);
  assertEquals(Object.keys(value("constructor: {prototype: {x: 1}}") as object), ["constructor"]);
});

/** Files crafted to exhaust a parser, with the message for each. */
const ATTACKS: Readonly<Record<string, [text: string, message: RegExp]>> = {
  "nested brackets": [
    "a: " + "[".repeat(100_000) + "]".repeat(100_000),
    /^1:68 mappings and lists are nested more than 64 deep$/,
  ],
  "brackets that do not end": ["a: " + "[".repeat(1_000_000), /nested more than 64 deep/],
  "nested braces": ["{a: ".repeat(100_000), /nested more than 64 deep/],
  "dashes on a line": ["- ".repeat(400_000), /nested more than 64 deep/],
  "question marks": ["? ".repeat(400_000), /nested more than 64 deep/],
  "deep indentation": [
    Array.from({ length: 1400 }, (_, i) => " ".repeat(i) + "a:").join("\n"),
    /nested more than 64 deep/,
  ],
  "too long": ["a: " + "x".repeat(1 << 20), /^1:1 the file has more than 1048576 characters$/],
  "many tokens": ["a: [" + "1,".repeat(400_000) + "1]", /more than 120000 tokens/],
  "commas": ["a: [" + ",".repeat(500_000), /more than 120000 tokens/],
  "documents": ["---\n".repeat(200_000), /more than 120000 tokens/],
  "comments": ["#\n".repeat(400_000), /more than 120000 tokens/],
  "broken lines": ["a: b: c\n".repeat(10_000), /cannot read the YAML/],
  "one long line": ["a: " + "x".repeat(1_000_000) + "\nb: [", /cannot read the YAML/],
  "a long unknown key": ["job: a\n" + "x".repeat(1000) + ": 1", /unknown key|implicit|key/],
  "NUL": ["job: a\0b", /^1:7 the file contains a control character$/],
  "escaped NUL": ['job: "a\\0b"', /NUL character/],
  "half a character": ['job: "a\\ud800"', /an unpaired surrogate/],
  "aliases of aliases": [
    "a: &a [x,x,x,x,x,x,x,x,x]\n" + "bcdefghi".split("").map((name, index) => {
      const before = "abcdefghi"[index];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
    }).join("\n"),
    /aliases make the file/,
  ],
  "merges of merges": [
    "a: &a {" + Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join(", ") + "}\n" +
    Array.from({ length: 2000 }, (_, i) => `m${i}: {<<: *a}`).join("\n"),
    /merge keys make the file too large/,
  ],
  "many unknown keys": [
    "job: a\n" + Array.from({ length: 15_000 }, (_, i) => `key${i}: 1`).join("\n"),
    /unknown key/,
  ],
};

for (const [name, [text, message]] of Object.entries(ATTACKS)) {
  Deno.test(`readJob() ends soon when a file contains ${name}`, async () => {
    const found = await messages(text);
    assert(found.some((one) => message.test(one)), found.slice(0, 3).join("\n"));
    assert(found.length <= 201, "too many problems to read");
  });
}

Deno.test("readYamlTree() handles any string", () => {
  const pieces = fc.constantFrom(
    ..."a b: - ? [ ] { } & * ! | > ' \" # % @ ` , << &x *x ${A} \n \t 0 ~".split(" "),
    "\n  ",
    ": ",
    "- ",
  );
  const texts = fc.oneof(fc.string(), fc.array(pieces, { maxLength: 60 }).map((p) => p.join("")));
  fc.assert(
    fc.property(texts, (text) => {
      const { root, findings } = readYamlTree(sourceText("a.yaml", text));
      if (root !== undefined) plainValue(root, () => undefined);
      for (const { message } of findings) assert(message.length > 0);
    }),
    { numRuns: 5 * RUNS },
  );
});

Deno.test("readYamlTree() reads back what a YAML writer wrote, each value at its place", () => {
  const keys = fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__" && key !== "<<");
  const values = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(null, true, 1.5, -3),
      fc.string().filter((text) => !text.includes("\0") && !text.includes("${")),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(keys, tie("any"), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(keys, values, { maxKeys: 5 }), (object) => {
      const text = stringify(object);
      const { root, findings } = readYamlTree(sourceText("a.yaml", text));
      assertEquals(findings, []);
      if (root === undefined) return;
      const plain = plainValue(root, () => undefined).value as Record<string, unknown>;
      assertEquals(plain, JSON.parse(JSON.stringify(object)));
      for (const key of Object.keys(plain)) {
        const { offset, length } = placeOf(root, [key], "key");
        assert(offset + length <= text.length);
      }
    }),
    { numRuns: RUNS },
  );
});

Deno.test("readJob() reports a message for each problem after any change of a job", async () => {
  const places = ["source", "tables", "streams", "params", "checks", "nulls", "job", "start"];
  const inner = ["streams.readings", "tables.readings", "streams.readings.request"];
  const names = fc.constantFrom("path", "query", "key", "columns", "rows", "each", "by", "window");
  const values = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(null, "day", "readings", "{from}", "${A}", 0, -1, 1e300, true, ""),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(names, fc.string({ maxLength: 5 })), tie("any"), { maxKeys: 3 }),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places, ...inner, ...inner.map((key) => `${key}.rows`)),
      values,
      async (place, value) => {
        for (const { message, line } of await problems(changed({ [place]: value }))) {
          assert(line >= 1 && message.length > 5, message);
          assert(!/invalid input|undefined|\[object/i.test(message), message);
        }
      },
    ),
    { numRuns: RUNS },
  );
});
