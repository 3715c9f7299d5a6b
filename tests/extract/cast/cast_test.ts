import { assertEquals, assertThrows } from "@std/assert";
import type { ColumnType } from "../../../lib/config/schema/job_schema.ts";
import { castOf, formatProblem } from "../../../lib/extract/cast/cast.ts";
import { type CastOptions, Invalid } from "../../../lib/extract/cast/invalid.ts";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";

/** The result of casting a value; a failed cast is shown as "! reason". */
function cast(type: ColumnType, value: unknown, options: Partial<CastOptions> = {}): string {
  const text = castOf(type, { decimal: ".", timeZone: "UTC", inKey: false, ...options })(value);
  return text instanceof Invalid ? `! ${text.reason}` : text;
}

function assertCasts(
  type: ColumnType,
  cases: readonly (readonly [unknown, string])[],
  options: Partial<CastOptions> = {},
): void {
  for (const [value, expected] of cases) {
    assertEquals(
      cast(type, value, options),
      expected,
      `${type} of ${typeof value === "object" ? "an object" : String(value)}`,
    );
  }
}

const OTHERWISE = 'declare its notation with "format"';

Deno.test("castOf() text accepts what PostgreSQL can store and rejects the rest", () => {
  assertCasts("text", [
    ["a", "a"],
    ["", ""],
    [12, "12"],
    [true, "true"],
    [new ExactNumber("12345678901234567890"), "12345678901234567890"],
    ["a\0b", "! contains a NUL character"],
    ["\ud800", "! contains an unpaired surrogate"],
    ["\ud83d\ude00", "\ud83d\ude00"],
    [{}, "! is an object, not a string"],
    [[], "! is an array, not a string"],
  ]);
});

Deno.test("castOf() rejects strings that are too long for an index entry", () => {
  const reason = "! is longer than the 10 bytes that an indexed column can hold";
  assertCasts("text", [["0123456789", "0123456789"], ["ééééé", "ééééé"], ["éééééé", reason]], {
    maxBytes: 10,
  });
  assertCasts("jsonb", [[["0123456789"], reason]], { maxBytes: 10 });
});

Deno.test("castOf() integer accepts integers in range and writes them canonically", () => {
  assertCasts("integer", [
    ["158", "158"],
    [158, "158"],
    ["007", "7"],
    ["+7", "7"],
    ["-0", "0"],
    ["3.0", "3"],
    [-0, "0"],
    ["2147483647", "2147483647"],
    ["2147483648", "! is out of range for integer"],
    ["-2147483649", "! is out of range for integer"],
    ["3.5", "! is not an integer"],
    [1e21, "! is out of range for integer"],
    ["1,234", "! is not a number"],
    ["", "! is not a number"],
    [".", "! is not a number"],
    [NaN, "! is not a finite number"],
    [true, "! is a boolean, not a number"],
    ["9".repeat(1001), "! has more than 1000 digits"],
  ]);
  assertCasts("bigint", [
    ["9223372036854775807", "9223372036854775807"],
    [new ExactNumber("9223372036854775807"), "9223372036854775807"],
    ["9223372036854775808", "! is out of range for bigint"],
  ]);
});

Deno.test("castOf() numeric keeps every digit", () => {
  assertCasts("numeric", [
    ["4187.20", "4187.20"],
    [".75", "0.75"],
    ["5.", "5"],
    ["-.5", "-0.5"],
    ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"],
    ["1e3", "1000"],
    ["1.5E-3", "0.0015"],
    [1e-7, "0.0000001"],
    [1e21, "1000000000000000000000"],
    ["00.5", "0.5"],
    ["-0.00", "0.00"],
    ["1e9999", "! has more than 1000 digits"],
    ["NaN", "! is not a number"],
    ["Infinity", "! is not a number"],
    [Infinity, "! is not a finite number"],
    ["1 000", "! is not a number"],
  ]);
});

Deno.test("castOf() numeric writes equal keys identically", () => {
  const cases = [["1.50", "1.5"], ["1.0", "1"], ["100", "100"], [1.5, "1.5"], [
    "0.0",
    "0",
  ]] as const;
  assertCasts("numeric", cases, { inKey: true });
});

Deno.test("castOf() reads numbers with a decimal comma", () => {
  assertCasts("numeric", [["1,5", "1.5"], [1.5, "1.5"], ["1.5", "! is not a number"]], {
    decimal: ",",
  });
  assertCasts("money", [["1.234,50 €", "1234.50"], ["€ 12", "12"], ["1 234,5", "1234.5"]], {
    decimal: ",",
  });
});

Deno.test("castOf() double accepts what a float can hold", () => {
  assertCasts("double", [
    ["1.5", "1.5"],
    ["1e300", "1e+300"],
    ["1e309", "! is out of range for double"],
    ["1e-400", "! is out of range for double"],
    ["-0", "0"],
  ]);
});

Deno.test("castOf() money drops currency signs and thousands separators", () => {
  assertCasts("money", [
    ["£4,193", "4193"],
    ["€5900", "5900"],
    ["4187.20", "4187.20"],
    ["$1,234,567.89", "1234567.89"],
    ["-£12.50", "-12.50"],
    ["£-12.50", "-12.50"],
    ["A$ 12", "12"],
    ["12 EUR", "12"],
    ["₹12,34,567", "1234567"],
    ["1'234.50", "1234.50"],
    ["CHF 1’234", "1234"],
    [12.5, "12.5"],
    ["£1,23", "! is not a number"],
    ["1,234,56", "! is not a number"],
    ["£", "! is not a number"],
    ["--5", "! is not a number"],
    ["£1m", "! is not a number"],
    ["($1,234.50)", "-1234.50"],
    ["(0.00)", "0.00"],
    ["(-5)", "! is not a number"],
  ]);
});

Deno.test("castOf() reads a clock as seconds", () => {
  assertCasts("numeric", [
    ["2:19.97", "139.97"],
    ["1:02:03", "3723"],
    ["59.5", "59.5"],
    ["2m 19.97s", "139.97"],
    [12.5, "12.5"],
    ["2:60", '! is not a duration such as "2:19.97"'],
    ["1:60:00", '! is not a duration such as "2:19.97"'],
    ["PU", '! is not a duration such as "2:19.97"'],
  ], { format: "clock" });
  assertCasts("integer", [["1:00", "60"]], { format: "clock" });
});

Deno.test("castOf() boolean accepts PostgreSQL's input strings", () => {
  assertCasts("boolean", [
    [true, "true"],
    [0, "false"],
    ["Yes", "true"],
    ["off", "false"],
    ["1", "true"],
    ["maybe", "! is not a boolean"],
    [[], "! is an array, not a boolean"],
  ]);
});

Deno.test("castOf() uuid writes lower case with hyphens", () => {
  const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  assertCasts("uuid", [
    [uuid.toUpperCase(), uuid],
    [`{${uuid}}`, uuid],
    [uuid.replaceAll("-", ""), uuid],
    ["a0eebc99", "! is not a uuid"],
    [5, "! is not a uuid"],
  ]);
});

Deno.test("castOf() writes arrays as array literals", () => {
  assertCasts("text[]", [
    [
      ["a", null, 'q"uote', "back\\slash", "NULL", ""],
      '{"a",NULL,"q\\"uote","back\\\\slash","NULL",""}',
    ],
    [[], "{}"],
    ["a", "! is a string, not an array"],
    [["a", []], "! contains an element that is an array, not a string"],
  ]);
  assertCasts("integer[]", [[["1", 2, null], "{1,2,NULL}"]]);
  assertCasts("timestamptz[]", [[["2025-01-01"], '{"2025-01-01 00:00:00+00"}']]);
});

Deno.test("castOf() jsonb writes JSON and rejects what jsonb cannot hold", () => {
  let [deep, bearable]: unknown[] = [0, 0];
  for (let level = 0; level < 100_000; level++) deep = [deep];
  for (let level = 0; level < 2000; level++) bearable = { a: bearable };
  assertCasts("jsonb", [
    [{ a: [1, null, "é"] }, '{"a":[1,null,"é"]}'],
    ["text", '"text"'],
    [[], "[]"],
    [{ id: new ExactNumber("12345678901234567890") }, '{"id":12345678901234567890}'],
    [new ExactNumber("1e400"), "1e400"],
    [[new ExactNumber("1e131072")], "! contains a number that is out of range"],
    [new ExactNumber("1e-16384"), "! contains a number that is out of range"],
    ["a\\u0000", '"a\\\\u0000"'],
    ["a\0", "! contains a NUL character or an unpaired surrogate"],
    [{ "\ud800": 1 }, "! contains a NUL character or an unpaired surrogate"],
    [[Infinity], "! contains a number that is out of range"],
    [bearable, JSON.stringify(bearable)],
    [[bearable], "! is nested more than 2000 levels deep"],
    [deep, "! is nested more than 2000 levels deep"],
  ]);
});

Deno.test("castOf() date accepts valid dates, in the job's time zone", () => {
  assertCasts("date", [
    ["2025-10-13", "2025-10-13"],
    ["2024-02-29", "2024-02-29"],
    ["2025-02-29", "! is not a valid date"],
    ["2025-02-30", "! is not a valid date"],
    ["2025-13-01", "! is not a valid date"],
    ["0000-01-01", "! is not a valid date"],
    ["2025-1-1", "! is not a valid date"],
    ["2025-10-13T23:30:00Z", "2025-10-14"],
    ["2025-10-13T23:30:00", "2025-10-13"],
    [20251013, '! is a number, not a date; use "format: epoch" or "format: epoch_ms"'],
    ["x".repeat(100_000), `! is not an ISO 8601 date; ${OTHERWISE}`],
  ], { timeZone: "Europe/London" });
});

Deno.test("castOf() writes timestamps canonically, so that they sort as strings", () => {
  assertCasts("timestamptz", [
    ["2025-10-13T20:10:00+01:00", "2025-10-13 19:10:00+00"],
    ["2025-10-13 20:10:00", "2025-10-13 19:10:00+00"],
    ["2025-01-13T20:10", "2025-01-13 20:10:00+00"],
    ["2025-01-13", "2025-01-13 00:00:00+00"],
    ["2025-01-13T20:10:00.500Z", "2025-01-13 20:10:00.5+00"],
    ["2025-01-13T20:10:00,1234567Z", "2025-01-13 20:10:00.123456+00"],
    ["2025-01-13T20:10:00.000Z", "2025-01-13 20:10:00+00"],
    ["0001-01-01T00:00:00+01:00", "! is not a valid timestamptz"],
    ["2025-01-13T20:10:60Z", "! is not a valid timestamptz"],
    ["2025-01-13T20:10:00+99:00", "! is not a valid timestamptz"],
    ["yesterday", `! is not an ISO 8601 timestamptz; ${OTHERWISE}`],
    ["infinity", `! is not an ISO 8601 timestamptz; ${OTHERWISE}`],
  ], { timeZone: "Europe/London" });
  assertCasts("timestamp", [
    ["2025-10-13T19:10:00Z", "2025-10-13 20:10:00"],
    ["2025-10-13T20:10:00", "2025-10-13 20:10:00"],
  ], { timeZone: "Europe/London" });
  assertCasts("time", [
    ["8:10", "08:10:00"],
    ["20:10:00.50", "20:10:00.5"],
    ["2025-10-13T19:10:00Z", "20:10:00"],
    ["25:00", "! is not a valid time"],
  ], { timeZone: "Europe/London" });
});

Deno.test("castOf() reads epoch seconds and milliseconds", () => {
  assertCasts("timestamptz", [
    [1760382600, "2025-10-13 19:10:00+00"],
    ["1760382600.25", "2025-10-13 19:10:00.25+00"],
    [-1.5, "1969-12-31 23:59:58.5+00"],
    [1e20, "! is not a valid timestamptz"],
    ["1e3", "! is not a valid timestamptz"],
  ], { format: "epoch" });
  assertCasts("timestamptz", [
    [1760382600123, "2025-10-13 19:10:00.123+00"],
    [-1, "1969-12-31 23:59:59.999+00"],
  ], { format: "epoch_ms" });
  assertCasts("date", [[1760396400, "2025-10-14"]], { format: "epoch", timeZone: "Europe/London" });
});

Deno.test("castOf() reads patterns of dates and times", () => {
  const cases: [string, ColumnType, unknown, string][] = [
    ["%d/%m/%Y", "date", "13/10/2025", "2025-10-13"],
    ["%d/%m/%Y", "date", "1/2/2025", "2025-02-01"],
    ["%d/%m/%Y", "date", "30/02/2025", "! is not a valid date"],
    ["%Y%m%d%H", "timestamptz", "2015100103", "2015-10-01 03:00:00+00"],
    ["%Y%m%d", "date", 20251013, "2025-10-13"],
    ["%d %b %Y", "date", "13 OCT 2025", "2025-10-13"],
    ["%B %e, %Y", "date", "October  3, 2025", "2025-10-03"],
    ["%y-%j", "date", "25-286", "2025-10-13"],
    ["%Y-%j", "date", "2025-366", "! is not a valid date"],
    ["%Y-Q%q", "date", "2025-Q3", "2025-07-01"],
    ["%Y-Q%q", "date", "2025-Q5", "! is not a valid date"],
    ["%G-W%V", "date", "2025-W01", "2024-12-30"],
    ["%G-W%V", "date", "2020-W53", "2020-12-28"],
    ["%G-W%V", "date", "2025-W53", "! is not a valid date"],
    ["%Y-%m", "date", "2025-02", "2025-02-01"],
    ["%Y", "date", "2025", "2025-01-01"],
    [
      "%a, %d %b %Y %T %Z",
      "timestamptz",
      "Mon, 13 Oct 2025 19:10:00 GMT",
      "2025-10-13 19:10:00+00",
    ],
    ["%F %R %Z", "timestamptz", "2025-10-13 19:10 EDT", "2025-10-13 23:10:00+00"],
    ["%F %R %Z", "timestamptz", "2025-11-13 19:10 pst", "2025-11-14 03:10:00+00"],
    ["%F %I:%M %p", "timestamp", "2025-10-13 12:05 AM", "2025-10-13 00:05:00"],
    ["%F %I:%M %p", "timestamp", "2025-10-13 1:05 pm", "2025-10-13 13:05:00"],
    ["%F %I:%M %p", "timestamp", "2025-10-13 13:05 pm", "! is not a valid timestamp"],
    ["%FT%T.%f%z", "timestamptz", "2025-10-13T20:10:00.5+0100", "2025-10-13 19:10:00.5+00"],
    ["%H%M", "time", "0810", "08:10:00"],
    ["100%% %Y", "date", "100% 2025", "2025-01-01"],
    ["%%F %Y", "date", "%F 2025", "2025-01-01"],
    ["(%Y)", "date", "(2025)", "2025-01-01"],
  ];
  for (const [format, type, value, expected] of cases) {
    assertEquals(cast(type, value, { format }), expected, `${format} of ${String(value)}`);
  }
});

Deno.test("castOf() takes the first of several formats that fits", () => {
  const format = ["%Y-%m-%d", "%Y-%m", "%Y", "epoch_ms"];
  assertCasts("date", [
    ["2024-05-06", "2024-05-06"],
    ["2024-05", "2024-05-01"],
    [2024, "2024-01-01"],
    ["1735689600000", "2025-01-01"],
    ["May 2024", "! is not a valid date"],
  ], { format });
  assertCasts("date[]", [[["2024", "2024-02"], "{2024-01-01,2024-02-01}"]], { format });
});

Deno.test("formatProblem() reports formats that a type does not support", () => {
  assertEquals(formatProblem("date", ["%Y", "%Q"]), '"%Q" is not a supported directive');
  assertEquals(
    formatProblem("numeric", ["clock", "%Y"]),
    '"numeric" supports only the format "clock"',
  );
  assertEquals(formatProblem("date", "%d/%m/%Y"), undefined);
  assertEquals(formatProblem("timestamptz[]", "epoch"), undefined);
  assertEquals(
    formatProblem("date", "epochs"),
    '"epochs" is not a format; expected epoch, epoch_ms or a pattern such as %d.%m.%Y',
  );
  assertEquals(formatProblem("date", "%Q"), '"%Q" is not a supported directive');
  assertEquals(formatProblem("date", "%Y%"), '"%" is not a supported directive');
  assertEquals(formatProblem("numeric", "epoch"), '"numeric" supports only the format "clock"');
  assertEquals(formatProblem("text", "clock"), '"text" does not take a format');
  assertThrows(() => cast("text", "a", { format: "clock" }), RangeError);
});

Deno.test("castOf() money rejects two signs", () => {
  assertCasts("money", [["-$5", "-5"], ["$-5", "-5"], ["-$-5", "! is not a number"]]);
});

Deno.test("castOf() scales numbers exactly", () => {
  assertCasts("numeric", [
    [1999, "19.99"],
    ["1999.5", "19.995"],
    [-5, "-0.05"],
    [new ExactNumber("12345678901234567890.123"), "123456789012345678.90123"],
    [0, "0.00"],
    ["x", "! is not a number"],
  ], { scale: "0.01" });
  assertCasts("numeric", [["1,5", "0.0015"]], { scale: "1e-3", decimal: "," });
  assertCasts("integer", [["1.5", "1500"], ["1.0005", "! is not an integer"]], { scale: "1000" });
  assertCasts("bigint", [["2", "2000000"]], { scale: "1e6" });
  assertCasts("double", [["1.5", "0.15"]], { scale: "0.1" });
  assertCasts("money", [["£1,250", "12.50"]], { scale: "0.01" });
  assertCasts("integer[]", [[[1, 2], "{10,20}"]], { scale: "10" });
  assertCasts("numeric", [["100", "1"]], { scale: "0.01", inKey: true });
});
