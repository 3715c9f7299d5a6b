import { assertEquals } from "@std/assert";
import { Invalid } from "../../../lib/extract/cast/invalid.ts";
import { addSteps, stepLength } from "../../../lib/extract/value/plus.ts";

const BERLIN = "Europe/Berlin";

function sum(start: string, count: unknown, of: string, first = 0, timeZone = BERLIN): string {
  const text = addSteps(start, [count], { count: "n", of, first }, timeZone);
  return text instanceof Invalid ? text.reason : text;
}

Deno.test("stepLength() reads lengths of windows, durations, ISO 8601 and seconds", () => {
  const ms = (value: unknown) => stepLength(value)?.ms;
  assertEquals(["15min", "1h", "PT15M", "PT1H30M", "PT0.5S", "30s", 900, "900"].map(ms), [
    ...[900_000, 3_600_000, 900_000, 5_400_000, 500, 30_000, 900_000, 900_000],
  ]);
  assertEquals(stepLength("P1Y2M3W4D"), { months: 14, days: 25, ms: 0 });
  assertEquals(stepLength("month"), { months: 1, days: 0, ms: 0 });
  assertEquals(
    ["P", "PT", "P1DT", "15", "", null, "^resolution", "P1H"].map((of) => stepLength(of)),
    [
      ...[undefined, undefined, undefined, { months: 0, days: 0, ms: 15_000 }],
      ...[undefined, undefined, undefined, undefined],
    ],
  );
});

Deno.test("addSteps() counts quarter hours as elapsed time over a clock change", () => {
  // Clocks are set back at 01:00 UTC on 2024-10-27: the day has 100 quarter hours.
  const start = "2024-10-26 22:00:00+00";
  assertEquals(sum(start, 1, "PT15M", 1), start);
  assertEquals(sum(start, "100", "PT15M", 1), "2024-10-27 22:45:00+00");
});

Deno.test("addSteps() counts days and months on the calendar of the time zone", () => {
  const start = "2024-10-25 22:00:00+00"; // Midnight in Berlin.
  assertEquals(sum(start, 1, "P1D"), "2024-10-26 22:00:00+00");
  assertEquals(sum(start, 2, "P1D"), "2024-10-27 23:00:00+00"); // The day had 25 hours.
  assertEquals(sum("2024-01-30 23:00:00+00", 1, "month"), "2024-02-28 23:00:00+00");
  assertEquals(sum("2024-01-31", 1, "P1M"), "2024-02-29");
  assertEquals(sum("2024-01-31 08:30:00.5", 1, "day"), "2024-02-01 08:30:00.5");
  assertEquals(sum("2024-01-31 08:30:00", 3, "PT0.5S"), "2024-01-31 08:30:01.5");
  assertEquals(sum("2024-03-01", -1, "day"), "2024-02-29");
});

Deno.test("addSteps() reports what is missing", () => {
  assertEquals(sum("2024-01-31", null, "day"), 'has no integer at "n" to add');
  assertEquals(sum("2024-01-31", 1.5, "day"), 'has no integer at "n" to add');
  assertEquals(
    sum("2024-01-31", 1, "resolution"),
    'has no length such as "PT15M" or "15min" at "resolution" to add',
  );
  assertEquals(sum("2024-01-31", 1, "1h"), "is a date, but the steps are not whole days");
});
