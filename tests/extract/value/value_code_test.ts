// The compiled code takes fast paths; they must have the same results as the general code.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ColumnType } from "../../../lib/config/schema/job_schema.ts";
import { noteClean } from "../../../lib/extract/decode/clean_body.ts";
import { compileExtractor } from "../../../lib/extract/extractor.ts";
import { compileValue, Refusal } from "../../../lib/extract/value/value.ts";
import { jobOf } from "../extracting.ts";

const SPECS: Record<string, unknown>[] = [
  {},
  { trim: false },
  { nulls: ["0", "none"] },
  { nulls: [] },
  { default: "7" },
  { capture: "^[^(]*[^( ]" },
  { capture: "([0-9]+)|x" },
  { capture: "(b)?$", default: "8", nulls: ["b"] },
  { capture: "^.{0,3}", case: "upper" },
  { map: { a: "b", "1": "2" } },
];

const TYPES: ColumnType[] = ["text", "integer", "bigint", "numeric", "money"];

const texts = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "-",
    "0",
    "b",
    "none",
    "1",
    "-1",
    "1.50",
    ".5",
    "007",
    "a (IRE)",
    " a",
    "a\0",
  ),
  fc.stringMatching(/^[0-9.,-]{0,6}$/),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

Deno.test("valueCode() reads every string as the value's general reader does", () => {
  for (const type of TYPES) {
    const columns = SPECS.map((spec, at) => [`c${at}`, { path: "v", ...spec }] as const);
    const tables = {
      t: {
        key: "id",
        columns: { id: "text", ...Object.fromEntries(columns.map(([name]) => [name, type])) },
      },
    };
    const mapped = { id: { value: "1" }, ...Object.fromEntries(columns) };
    for (const [name, value] of columns) {
      const rows = [{ table: "t", columns: { id: mapped.id, [name]: value } }];
      const job = jobOf({ tables, stream: { rows } });
      const { extract } = compileExtractor(job, "s");
      const context = {
        type,
        nulls: job.nulls,
        timeZone: "UTC",
        maxBytes: undefined,
        inKey: false,
      };
      const { read } = compileValue({ ...value, path: ["v"] }, { ...context, onRefusal() {} });
      fc.assert(
        fc.property(texts, (text) => {
          const expected = read(text);
          const [records, body] = [[{ v: text }], {}];
          noteClean(JSON.stringify(records), body);
          const page = { records, body, header: () => null, window: null, each: {}, params: {} };
          const { sets, rejected } = extract(page);
          if (expected instanceof Refusal) assertEquals(rejected[0]?.reason, expected.reason);
          else assertEquals(sets[0]?.rows, [["1", expected]]);
        }),
        { numRuns: 60 },
      );
    }
  }
});
