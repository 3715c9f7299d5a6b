import { assertEquals } from "@std/assert";
import { guessFormat } from "../../lib/probe/guess_format.ts";
import { suggestedFix } from "../../lib/probe/suggested_fix.ts";
import { statusHint } from "../../lib/probe/status_hint.ts";

Deno.test("guessFormat() distinguishes CSV with its delimiter and comments, NDJSON and JSON", () => {
  assertEquals(guessFormat("a,b\n1,2\n3,4\n"), "format: csv");
  assertEquals(guessFormat("a;b\r\n1,5;2\r\n"), 'format: csv, delimiter: ";"');
  assertEquals(guessFormat("a\tb\n1\t2\n3"), 'format: csv, delimiter: "\\t"');
  assertEquals(
    guessFormat('#by x\na|b\n"c|d"|2\n'),
    'format: csv, delimiter: "|", comment: "#"',
  );
  assertEquals(guessFormat('{"a":1}\n{"a":2}\n{"a":'), "format: ndjson");
  assertEquals(guessFormat(' [{"a":1}] '), "format: json");
  for (const text of ["", "boom", "one, two\nthree", '{"a": [1, 2']) {
    assertEquals(guessFormat(text), undefined, text);
  }
});

Deno.test("suggestedFix() says what to write for a value that cannot be cast", () => {
  const cases: [type: string, value: unknown, fix: string | undefined][] = [
    ["numeric", "1.234,50", 'decimal: ","'],
    ["numeric", "n/a", 'nulls: ["", "n/a"]'],
    ["numeric", "19.5f", String.raw`capture: "(-?[\\d.]+)"`],
    ["numeric", "4:54.15", "format: clock"],
    ["integer", 1.5, "type numeric"],
    ["timestamptz", 1738281600, "format: epoch"],
    ["timestamptz", "1738281600000", "format: epoch_ms"],
    ["date", "20250131", 'format: "%Y%m%d"'],
    ["date", "31.01.2025", 'format: "%d.%m.%Y"'],
    ["timestamptz", "01/31/2025 10:00", 'format: "%m/%d/%Y %H:%M"'],
    ["date", "unknown", 'nulls: ["", "unknown"]'],
    ["boolean", "Y", 'map: { "Y": true, ...: false }'],
    ["text", { a: 1 }, "a path into it, or a column of type jsonb"],
    ["text", null, undefined],
    ["uuid", "x", undefined],
    ["date", "the 31st of January", undefined],
  ];
  for (const [type, value, fix] of cases) {
    assertEquals(suggestedFix(type, JSON.stringify(value)), fix, `${type} ${value}`);
  }
  assertEquals(suggestedFix("numeric", '"cut off...'), undefined);
});

Deno.test("statusHint() says what to do about a status that is not a success", () => {
  assertEquals(
    statusHint(429),
    'Wait a while, and declare the allowed rate as "limits" of the source',
  );
  assertEquals(statusHint(422), "Check the parameters of the request");
  assertEquals(
    statusHint(503),
    "Try again later: the API has an error; a run retries automatically",
  );
});
