import { assertEquals } from "@std/assert";
import { clipNames } from "../../../lib/cli/lines/clip_names.ts";
import { fitTable } from "../../../lib/cli/lines/fit_table.ts";
import { tableLines } from "../../../lib/cli/lines/row_lines.ts";

const ROWS = [
  ["stream", "dates", "windows", "rows"],
  ["observations_of_rain", "2026-11-01 .. 2026-11-20", "20", "1,234,567"],
  ["observations_of_wind", "-", "1", "3"],
];

Deno.test("fitTable() leaves columns out in the given order, then shortens text but no number", () => {
  assertEquals(fitTable(ROWS, { drop: ["windows"] })[1], fitTable(ROWS, { width: 66 })[1]);
  assertEquals(fitTable(ROWS, { width: 60, drop: ["windows", "dates"] }), [
    "stream                dates                          rows",
    "observations_of_rain  2026-11-01 .. 2026-11-20  1,234,567",
    "observations_of_wind  -                                 3",
  ]);
  assertEquals(fitTable(ROWS, { width: 28, indent: 2, drop: ["windows", "dates"] }), [
    "  stream                rows",
    "  obse..._of_rain  1,234,567",
    "  obse..._of_wind          3",
  ]);
});

Deno.test("clipNames() keeps names distinct: it cuts them at the end, in the middle or at the beginning", () => {
  assertEquals(clipNames(["alpha_of_many", "beta"], 10), ["alpha_o...", "beta"]);
  assertEquals(clipNames(["history_of_rain", "history_of_wind"], 10), ["hi..._rain", "hi..._wind"]);
  assertEquals(clipNames(["same_same_same", "same_same_same"], 10), ["same_sa...", "same_sa..."]);
});

Deno.test("tableLines() shows a line per value where a table does not fit the terminal", () => {
  const columns = ["id", "name", "value"];
  const rows = [["1", "n".repeat(50), "1.5"], ["2", null, null]];
  assertEquals(tableLines(columns, rows, 45)[2], ` 1  ${"n".repeat(25)}...  ${"1.5".padStart(5)}`);
  assertEquals(tableLines(columns, rows, 30), [
    "row 1",
    "  id     1",
    `  name   ${"n".repeat(18)}...`,
    "  value  1.5",
    "row 2",
    "  id     2",
    "  name",
    "  value",
  ]);
});
