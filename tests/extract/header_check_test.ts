import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { extractBody, jobOf, rowsOf } from "./extracting.ts";

const job = jobOf({
  tables: { t: { key: "id", columns: { id: "text", v: "text", w: "text" } } },
  stream: {
    format: "csv",
    rows: {
      table: "t",
      columns: { id: "id", v: { path: ["v", "value"] }, w: { path: "w", default: "none" } },
    },
  },
});

Deno.test("extract() fails the window where the header of CSV is missing a mapped column", () => {
  const wrong: [string, string][] = [
    [
      "Daily quota exceeded\n",
      'its header does not contain "id"; it contains "Daily quota exceeded"',
    ],
    ["id,other\n1,2\n", 'its header does not contain "v" or "value"; it contains "id", "other"'],
    ["id,v,id\n1,2,3\n", 'its header contains "id" twice; it contains "id", "v", "id"'],
  ];
  for (const [text, message] of wrong) {
    const failure = assertThrows(() => extractBody(job, text), Failure, message);
    assertEquals(failure.kind, "window");
  }
});

Deno.test("extract() accepts a header without records, with an alternative, and without a column with a default", () => {
  assertEquals(extractBody(job, "id,v\n"), { sets: [], rejected: [], shared: [] });
  const found = extractBody(job, "extra,id,value,extra\na,1,2,b\n");
  assertEquals(rowsOf(found, "t"), [{ id: "1", v: "2", w: "none" }]);
});

Deno.test("extract() rejects a ragged line of CSV with its number of fields", () => {
  const { sets, rejected } = extractBody(job, "id,v\n1,a\n2,b,c\n3\n");
  assertEquals(sets[0]!.rows, [["1", "a", "none"]]);
  assertEquals(rejected.map(({ reason }) => reason), [
    "has 3 fields, expected 2",
    "has 1 field, expected 2",
  ]);
});
