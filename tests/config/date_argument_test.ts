import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { formatCivil } from "../../lib/plan/time/civil.ts";
import { parseDateArgument } from "../../lib/config/date_argument.ts";

/** 23:30 UTC of 30 March 2025: the 31st in Sydney already, and the first day of summer time in London. */
const NOW_MS = Date.UTC(2025, 2, 30, 23, 30);

function day(text: string, timeZone = "UTC"): string {
  return formatCivil(parseDateArgument(text, NOW_MS, timeZone));
}

Deno.test("parseDateArgument() reads dates and words in the job's time zone", () => {
  assertEquals(day("2015-01-01"), "2015-01-01");
  assertEquals([day("today"), day("yesterday"), day("tomorrow")], [
    "2025-03-30",
    "2025-03-29",
    "2025-03-31",
  ]);
  assertEquals(day("today", "Australia/Sydney"), "2025-03-31");
  assertEquals(day("today", "Europe/London"), "2025-03-31");
  assertEquals(day("yesterday", "America/New_York"), "2025-03-29");
});

Deno.test("parseDateArgument() counts from today", () => {
  assertEquals([day("-7d"), day("-2w"), day("+1d"), day("-0d")], [
    "2025-03-23",
    "2025-03-16",
    "2025-03-31",
    "2025-03-30",
  ]);
  assertEquals([day("-1mo"), day("-3mo"), day("-1y")], ["2025-02-28", "2024-12-30", "2024-03-30"]);
});

Deno.test("parseDateArgument() refuses other strings with a hint", () => {
  const cases: [string, string][] = [
    ["yesterda", 'Did you mean "yesterday"?'],
    ["31/12/2015", "Write the year first: 2015-12-31"],
    ["7d", 'Did you mean "-7d"?'],
    ["2015-02-30", "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo"],
    ["2015-01", "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo"],
    ["toString", "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo"],
    ["-99999mo", "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo"],
    ["", "Write a date such as 2015-01-31, today, yesterday, -7d, -2w or -3mo"],
  ];
  for (const [text, hint] of cases) {
    const failure = assertThrows(() => day(text), Failure);
    assertEquals(failure.message, `Cannot read date "${text}": it is not a date`);
    assertEquals([failure.kind, failure.hint], ["configuration", hint]);
  }
});
