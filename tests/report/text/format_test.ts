import { assertEquals } from "@std/assert";
import {
  formatCount,
  formatNumber,
  formatRate,
  formatSeconds,
  formatSubject,
  formatTable,
  formatWindow,
  oneLine,
} from "../../../lib/report/text/format.ts";
import { at, days } from "../../plan/jobs.ts";

Deno.test("formatNumber() and formatCount() separate thousands and use the plural", () => {
  assertEquals(formatNumber(1234567.4), "1,234,567");
  for (const value of [0, 7, 999, 1000, 999_999.5, -1, -1234, 123_456_789_012]) {
    const options = { maximumFractionDigits: 0 };
    assertEquals(formatNumber(value), value.toLocaleString("en-US", options));
  }
  assertEquals(formatCount(1, "page"), "1 page");
  assertEquals(formatCount(0, "page"), "0 pages");
  assertEquals(formatCount(3702, "row"), "3,702 rows");
  assertEquals(formatCount(2, "retry", "retries"), "2 retries");
});

Deno.test("formatSeconds() has two units at most", () => {
  const shown = (...seconds: number[]) => seconds.map(formatSeconds);
  assertEquals(shown(0, 0.84, 9.94, 14.4), ["0.0 s", "0.8 s", "9.9 s", "14 s"]);
  assertEquals(shown(59.6, 725, 3599), ["1 min 0 s", "12 min 5 s", "59 min 59 s"]);
  assertEquals(shown(3600, 12_000, 86_390), ["1 h 0 min", "3 h 20 min", "1 d 0 h"]);
  assertEquals(shown(187_200), ["2 d 4 h"]);
});

Deno.test("formatWindow() shows first and last day, or times where there are any", () => {
  assertEquals(formatWindow(days("2025-10-13", "2025-10-14")), "2025-10-13");
  assertEquals(formatWindow(days("2025-10-13", "2025-10-20")), "2025-10-13 .. 2025-10-19");
  assertEquals(
    formatWindow({ from: at("2025-10-13"), to: at("2025-10-13T06:00") }),
    "2025-10-13 .. 2025-10-13T06:00",
  );
});

Deno.test("formatSubject() names values and dates, or all", () => {
  const subject = { stream: "results", each: "", from: "2025-10-13", to: "2025-10-15" };
  assertEquals(formatSubject(subject), "2025-10-13 .. 2025-10-14");
  assertEquals(formatSubject({ ...subject, each: "id=1" }), "id=1 2025-10-13 .. 2025-10-14");
  assertEquals(formatSubject({ ...subject, from: null, to: null }), "all");
  assertEquals(formatSubject({ ...subject, each: "id=1", from: null, to: null }), "id=1");
});

Deno.test("formatRate() chooses a readable unit", () => {
  assertEquals([2, 0.5, 1 / 3, 5 / 60, 1 / 600, 1.98765].map((rate) => formatRate(rate)), [
    "2/s",
    "0.5/s",
    "20/min",
    "5/min",
    "6/h",
    "1.99/s",
  ]);
  assertEquals([formatRate(0.25, 2), formatRate(1, 0.1)], ["0.25/s", "60/min"]);
});

Deno.test("formatTable() aligns columns, numbers to the right and dates to the left", () => {
  assertEquals(
    formatTable([
      ["stream", "dates", "rows", "time"],
      ["results", "2025-01-01 .. 2025-01-31", "3,702", "14 s"],
      ["courses", "-", "12", "0.5 s"],
    ], "  "),
    [
      "  stream   dates                      rows  time",
      "  results  2025-01-01 .. 2025-01-31  3,702  14 s",
      "  courses  -                            12  0.5 s",
    ],
  );
  assertEquals(formatTable([["only", "header"]]), ["only  header"]);
});

Deno.test("oneLine() removes everything that a terminal would interpret", () => {
  assertEquals(oneLine("a\r\nb\x1b[2Jc\x9b31md\u2028e\u202ef"), "a b [2Jc 31md e f");
  assertEquals(oneLine("É 😀 3,702 rows"), "É 😀 3,702 rows");
});
