import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { atOnce } from "../../lib/yield_to_event_loop.ts";
import { decodeCsv } from "../../lib/extract/decode/csv.ts";
import { parseBySlices } from "../../lib/extract/decode/json_slices.ts";
import { parsePath } from "../../lib/extract/value/path.ts";

/** The value, and how often the parsing was interrupted. */
function parsed(text: string, path: string, sliceChars = 40): { value: unknown; yields: number } {
  const work = parseBySlices(text, parsePath(path).steps, JSON.parse, sliceChars);
  for (let yields = 0;; yields++) {
    const step = work.next();
    if (step.done) return { value: step.value, yields };
  }
}

const TRACKS = Array.from(
  { length: 30 },
  (_, id) => ({ id, name: `track ${id}`, of: [{ id: 1 }] }),
);

Deno.test("parseBySlices() parses an array of records slice by slice, wherever it is", () => {
  const cases: [unknown, string][] = [
    [TRACKS, ""],
    [{ tracks: TRACKS, total: 30 }, "tracks"],
    [{ total: 30, data: { tracks: TRACKS }, more: [[1], [2]], next: null }, "data.tracks"],
    [{ pages: [{ 'a:["b': TRACKS }] }, 'pages[0]["a:[\\"b"]'],
    [{ note: "tracks", other: { tracks: 1 }, tracks: TRACKS }, "tracks"],
    [{ klines: TRACKS.map(({ id, name }) => [id, name]) }, "klines"],
  ];
  for (const [value, path] of cases) {
    for (const space of [0, 2, "\t"]) {
      const read = parsed(JSON.stringify(value, null, space), path);
      assertEquals(read.value, value);
      assertEquals(read.yields > 5, true, `${path}: ${read.yields} yields`);
    }
  }
});

Deno.test("parseBySlices() parses the whole text where something only looks like the array", () => {
  const text = JSON.stringify(TRACKS);
  const cases: [string, string][] = [
    [`{"a":{"tracks":${text}},"tracks":[{"id":7}]}`, "tracks"],
    [`{"tracks":${text},"tracks":[{"id":7}]}`, "tracks"],
    [`{"tracks":${text},"__proto__":{"tracks":[]}}`, "__proto__.tracks"],
    [`{"tracks":${JSON.stringify(text)}}`, "tracks"],
    [`{"text":${JSON.stringify(`{"tracks":${text}}`)},"tracks":null}`, "tracks"],
    [`{"tracks":[${"[".repeat(60)}${"]".repeat(60)}]}`, "tracks"],
    [`{"tracks":[${"1,".repeat(200)}1]}`, "tracks"],
  ];
  for (const [text, path] of cases) {
    assertEquals(parsed(text, path).value, JSON.parse(text), text.slice(0, 80));
  }
});

Deno.test("parseBySlices() rejects what JSON.parse rejects", () => {
  const text = JSON.stringify({ tracks: TRACKS });
  for (const cut of [1, 2, 3, 40, 200, text.length - 20]) {
    assertThrows(() => parsed(text.slice(0, -cut), "tracks"), SyntaxError);
  }
  assertThrows(() => parsed(text.replace("},{", "}{"), "tracks"), SyntaxError);
  assertThrows(() => parsed(text.replace('"track 20"', "track 20"), "tracks"), SyntaxError);
  assertThrows(() => parsed(`${text}]`, "tracks"), SyntaxError);
  assertThrows(() => parsed(text.replaceAll("},{", "},  ,{"), "tracks"), SyntaxError);
  assertThrows(() => parsed(text.replace("}]}]}", "}]},]}"), "tracks"), SyntaxError);
});

/** Records with many strings that look like the beginning or end of records, and the text around them. */
const { records, value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(0, null, "a", "},{", "]", '"', "a:[", '{"a":', ',{"a":1}'),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", '"a":['), tie("value"), { maxKeys: 3 }),
  ),
  record: fc.oneof(
    fc.record({ a: tie("value"), b: tie("value") }),
    fc.tuple(tie("value"), tie("value")),
    tie("value"),
  ),
  records: fc.oneof(
    fc.array(fc.record({ a: tie("value"), b: tie("value") }), { minLength: 4, maxLength: 12 }),
    fc.array(fc.tuple(tie("value"), tie("value")), { minLength: 4, maxLength: 12 }),
    fc.array(tie("record"), { maxLength: 8 }),
  ),
}));

const ANSWERS: ((list: unknown, other: unknown) => [answer: unknown, path: string])[] = [
  (list) => [list, ""],
  (a, b) => [{ b, a }, "a"],
  (a, b) => [{ a, b }, "a"],
  (b, other) => [{ a: { b }, b: other }, "a.b"],
  (a, other) => [{ b: [{ a }, other] }, "b[0].a"],
  (list, other) => [{ '"a":[': list, a: other }, '["\\"a\\":["]'],
  (list, other) => [{ a: other, b: list }, "a"],
];

Deno.test("parseBySlices() returns what JSON.parse returns, for any text, path and slice size", () => {
  let sliced = 0;
  fc.assert(
    fc.property(
      fc.tuple(fc.constantFrom(...ANSWERS), records, value)
        .map(([make, list, other]) => make(list, other)),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(0, 1),
      fc.option(fc.nat(200), { freq: 5 }),
      ([answer, path], sliceChars, space, cut) => {
        const text = JSON.stringify(answer, null, space).slice(0, cut === null ? undefined : -cut);
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          assertThrows(() => parsed(text, path, sliceChars), SyntaxError);
          return;
        }
        const { value, yields } = parsed(text, path, sliceChars);
        if (yields > 0) sliced++;
        assertEquals(value, expected);
      },
    ),
    { numRuns: 2000 },
  );
  assertEquals(sliced > 100, true, `${sliced} of 2000 were sliced`);
});

Deno.test("decodeCsv() returns the same records for any slice size", () => {
  const cell = fc.constantFrom(
    "",
    "a",
    "1.5",
    '"q"',
    '"a,b"',
    '"a\nb"',
    '"say ""hi"""',
    '5" pipe',
    " ",
    "#",
  );
  const line = fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(","));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(undefined, "#"),
      (lines, newline, sliceChars, comment) => {
        const text = `a,b,c${newline}${lines.join(newline)}`;
        const read = (size: number) => {
          try {
            return atOnce(decodeCsv(text, ",", { header: true, comment }, size));
          } catch (error) {
            return String(error);
          }
        };
        assertEquals(read(sliceChars), read(1 << 20));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("decodeCsv() ignores empty lines when it checks quotes", () => {
  const text = 'a,b\n\n\n"x" y",1\n2,3\n4,5\n';
  assertEquals(atOnce(decodeCsv(text, ",")), [['x" y', "1"], { a: "2", b: "3" }, {
    a: "4",
    b: "5",
  }]);
});

Deno.test("parseBySlices() rejects a comma after the last record", () => {
  const records = Array.from({ length: 20 }, (_, id) => JSON.stringify({ id }));
  const text = `[${records},]`;
  assertThrows(() => atOnce(parseBySlices(text, [], JSON.parse, 30)), SyntaxError);
});
