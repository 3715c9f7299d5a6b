import { assertEquals, assertThrows } from "@std/assert";
import { isClean } from "../../../lib/extract/decode/clean_body.ts";
import type { CsvForm } from "../../../lib/extract/decode/csv.ts";
import { type BodyForm, decodeBody } from "../../../lib/extract/decode/read_body.ts";
import { atOnce } from "../../../lib/yield_to_event_loop.ts";
import { Failure } from "../../../lib/failure.ts";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";

function decode(text: string, format: BodyForm["format"], delimiter = ",", csv?: CsvForm): unknown {
  return atOnce(decodeBody(text, { format, delimiter, ...csv && { csv } }));
}

Deno.test("decodeBody() keeps integers that a float would change", () => {
  const text = '{"id": 1234567890123456789, "n": 12, "big": 1e30, "s": "1234567890123456789"}';
  assertEquals(decode(text, "json", ","), {
    id: new ExactNumber("1234567890123456789"),
    n: 12,
    big: new ExactNumber("1e30"),
    s: "1234567890123456789",
  });
  for (let blanks = 0; blanks < 20; blanks++) {
    assertEquals(
      decode(`${" ".repeat(blanks)}9007199254740993`, "json", ","),
      new ExactNumber("9007199254740993"),
    );
  }
});

Deno.test("decodeBody() fails the window where the response is not JSON", () => {
  const wrong: [string, string][] = [
    ["<html>", 'it is not JSON, it begins with "<html>"'],
    ['{"a": [1, 2', "it is not JSON"],
    ["  ", "it is empty, expected JSON"],
  ];
  for (const [text, message] of wrong) {
    const failure = assertThrows(() => decode(text, "json", ","), Failure, message);
    assertEquals(failure.kind, "window");
  }
});

Deno.test("decodeBody() reads NDJSON and passes a bad line on, but not a broken end", () => {
  const read = (text: string) => decode(text, "ndjson", ",");
  assertEquals(read('{"a":1}\r\n\n{"a":2}\n'), [{ a: 1 }, { a: 2 }]);
  assertEquals(read('{"a":1}\n{bad}\n{"a":2}\n'), [{ a: 1 }, "{bad}", { a: 2 }]);
  assertEquals(read(""), []);
  assertThrows(() => read('{"a":1}\n{"a":'), Failure, 'it begins with "{\\"a\\":"');
  assertThrows(() => read("<html>\n"), Failure, "it is not NDJSON");
});

Deno.test("decodeBody() reads CSV with quotes, whitespace and its delimiter", () => {
  assertEquals(decode('\ufeffid, name \r\n1,"a ""b"", c"\r\n\r\n2,"x\ny"\r\n', "csv", ","), [
    { id: "1", name: 'a "b", c' },
    { id: "2", name: "x\ny" },
  ]);
  assertEquals(decode("a;b\n1;2,5", "csv", ";"), [{ a: "1", b: "2,5" }]);
  assertEquals(decode("a,__proto__\n1,2", "csv", ","), [{ a: "1" }]);
});

Deno.test("decodeBody() skips lines before the header of CSV, whatever they contain", () => {
  const read = (text: string, skip: number, header = true) =>
    decode(text, "csv", ",", { header, skip, comment: "#", mayBeEmpty: true });
  assertEquals(read('Station "Kew\r\n\r\n# m\na,b\n1,2', 2), [{ a: "1", b: "2" }]);
  assertEquals(read("title, of two\n1,2", 1, false), [["1", "2"]]);
  assertEquals(read("title", 2), []);
});

Deno.test("decodeBody() keeps a CSV line of another length as an array, which is not a record", () => {
  assertEquals(decode("a,b\n1\n1,2,3\n1,2", "csv", ","), [["1"], ["1", "2", "3"], {
    a: "1",
    b: "2",
  }]);
});

Deno.test("decodeBody() fails the window where CSV has no header or ends within quotes", () => {
  assertThrows(() => decode("", "csv", ","), Failure, "it is empty, expected CSV");
  assertThrows(() => decode('a\n"x', "csv", ","), Failure, "it ends within a quoted cell");
});

Deno.test("decodeBody() remembers which bodies contain only strings that PostgreSQL can store", () => {
  const clean = (text: string) => isClean(decode(text, "json", ","));
  assertEquals(clean('{"a": "£ \\u00a3 \\ud7ff"}'), true);
  assertEquals(clean('{"a": "\\u0000"}'), false);
  assertEquals(clean('{"a": "\\uD83D\\uDE00"}'), false);
  assertEquals(clean('{"a": "\\ud800"}'), false);
  assertEquals(isClean(decode("a\nx\0", "csv", ",")), false);
  assertEquals(isClean(JSON.parse("{}")), false);
});
