// Numbers of a response must reach every column digit for digit: compared with PostgreSQL's own reading of
// the same JSON, and with JSON.parse and a reviver.
import { assertEquals, assertThrows } from "@std/assert";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { ExactNumber, readNumber } from "../../lib/extract/cast/exact_number.ts";
import { parseExactly } from "../../lib/extract/decode/exact_json.ts";
import { compileExtractor } from "../../lib/extract/extractor.ts";
import { jobOf, pageOf } from "./extracting.ts";

/** Numbers that are tried. */
const CASES = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 500);

const number = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?$/),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,10})?[eE][+-]?[0-9]{1,2}$/),
  fc.stringMatching(/^[1-9][0-9]{0,4}\.[0-9]{6}0{1,2}$/),
  fc.stringMatching(/^-?0\.0{5,8}[0-9]{1,3}$/),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "1.10",
    "-0",
    "-0.0",
    "0e0",
    "1e400",
    "1e-400",
    "12345678901234567.0",
    "0.1",
    "1e5",
  ),
);

const string = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\x7f1.10", '":1.10,', "[1.10,2.50]", "\\", '\\"', "a, 1.10, b", "\x7f"),
).map((text) => JSON.stringify(text));

const blank = fc.constantFrom("", " ", "\n\t");

/** JSON texts with numbers of many kinds, at any depth, in any layout. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    number,
    string,
    fc.constantFrom("true", "null", '"\\u007F2.50"'),
    fc.tuple(fc.array(tie("json"), { maxLength: 4 }), blank, blank)
      .map(([items, a, b]) => `[${a}${items.join(`${b},${a}`)}${b}]`),
    fc.tuple(fc.array(fc.tuple(string, tie("json")), { maxLength: 4 }), blank, blank)
      .map(([members, a, b]) =>
        `{${a}${members.map((one) => one.join(`${b}:${a}`)).join(`,${b}`)}}`
      ),
  ),
}));

Deno.test("parseExactly() reads any JSON as a reviver that sees the source of each number does", () => {
  const seed = Number(Deno.env.get("HINDCAST_SEED") ?? Date.now() % 1e9);
  fc.assert(
    fc.property(json, (text) => assertEquals(parseExactly(text), revived(text))),
    { numRuns: CASES * 4, seed },
  );
});

function revived(text: string): unknown {
  const read = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value !== "number" || context?.source === "-0" ? value : readNumber(context!.source!);
  return JSON.parse(text, read as (key: string, value: unknown) => unknown);
}

Deno.test("parseExactly() rejects what JSON.parse rejects", () => {
  const texts = [
    "01.10",
    "1.",
    "[1.10,]",
    '{"a":.50}',
    "-",
    "1.10.20",
    "[1e]",
    '["a1.10]',
    "0x10.0",
  ];
  for (const text of texts) {
    const { message } = assertThrows(() => JSON.parse(text), SyntaxError);
    assertThrows(() => parseExactly(text), SyntaxError, message);
  }
});

Deno.test("parseExactly() keeps a number exactly where a float changes it", () => {
  const plain = {
    a: 1.5,
    b: 100,
    c: 0.1,
    d: 1e-7,
    e: 1e21,
    f: -0,
    g: 1700000000000,
    h: 0.00001234,
  };
  assertEquals(
    parseExactly(
      '{"a":1.5,"b":100,"c":0.1,"d":1e-7,"e":1e+21,"f":-0,"g":1700000000000,"h":0.00001234}',
    ),
    plain,
  );
  for (
    const source of ["1.10", "1e5", "1E5", "0.10000000000000000001", "0.0000001", "-1.0", "5e-400"]
  ) {
    assertEquals(parseExactly(`[${source}]`), [new ExactNumber(source)]);
  }
});

Deno.test("extract() writes every JSON number as PostgreSQL itself reads it", async () => {
  const seed = Number(Deno.env.get("HINDCAST_SEED") ?? Date.now() % 1e9);
  const numbers = [...new Set(fc.sample(number, { numRuns: CASES, seed }))];
  const text = `[${
    numbers.map((one, id) =>
      `{"id": ${id}, "n": ${one}, "list":[${one},null], "deep":{"a":${one}}}`
    )
  }]`;
  const job = jobOf({
    tables: {
      numbers: {
        key: "id",
        columns: {
          id: "integer",
          as_text: "text",
          as_numeric: "numeric",
          as_money: "money",
          as_jsonb: "jsonb",
          deep: "jsonb",
          texts: "text[]",
          numerics: "numeric[]",
        },
      },
    },
    stream: {
      rows: {
        table: "numbers",
        columns: {
          id: "id",
          as_text: "n",
          as_numeric: "n",
          as_money: "n",
          as_jsonb: "n",
          deep: "deep",
          texts: "list",
          numerics: "list",
        },
      },
    },
  });
  const page = pageOf(parseExactly(text) as unknown[]);
  const { sets, rejected } = compileExtractor(job, "s").extract(page);
  assertEquals(rejected, [], `HINDCAST_SEED=${seed}`);
  await using db = await PGlite.create();
  const { rows: expected } = await db.query(
    `SELECT r->>'id' AS id, r->>'n' AS as_text, ((r->>'n')::numeric)::text AS as_numeric,
      ((r->>'n')::numeric)::text AS as_money, ((r->'n')::text::jsonb)::text AS as_jsonb,
      ((r->'deep')::text::jsonb)::text AS deep,
      ARRAY[r->'list'->>0, NULL]::text[]::text AS texts,
      ARRAY[(r->'list'->>0)::numeric, NULL]::numeric[]::text AS numerics
      FROM json_array_elements($1::text::json) AS r`,
    [text],
  );
  const { rows: actual } = await db.query(
    `SELECT v->>0 AS id, v->>1 AS as_text, ((v->>2)::numeric)::text AS as_numeric,
      ((v->>3)::numeric)::text AS as_money, ((v->>4)::jsonb)::text AS as_jsonb,
      ((v->>5)::jsonb)::text AS deep, ((v->>6)::text[])::text AS texts,
      ((v->>7)::numeric[])::text AS numerics
      FROM json_array_elements($1::text::json) AS v`,
    [JSON.stringify(sets[0]!.rows)],
  );
  assertEquals(actual, expected, `HINDCAST_SEED=${seed}`);
});

Deno.test("extract() writes equal numbers of a key equally, and hashes them as before", () => {
  const job = jobOf({
    tables: { t: { key: ["n", "h"], columns: { n: "numeric", h: "text" } } },
    stream: { rows: { table: "t", columns: { n: "n", h: { hash: ["n"] } } } },
  });
  const rowsOf = (text: string) =>
    compileExtractor(job, "s").extract(pageOf(parseExactly(`[${text}]`) as unknown[])).sets[0]!
      .rows;
  const keyOf = (source: string) => rowsOf(`{"n":${source}}`)[0]!;
  assertEquals(keyOf("1.1"), ["1.1", "401fbaec5bec77313e3f26fd21bc6d8a"]);
  for (const source of ["1.10", "1.100e0", "11e-1", "0.11e1"]) {
    assertEquals(keyOf(source), keyOf("1.1"));
  }
  assertEquals(keyOf("12345678901234567.0"), keyOf("12345678901234567"));
  assertEquals(keyOf("1e3"), keyOf("1000"));
  assertEquals(keyOf("-0.0"), keyOf("0"));
});
