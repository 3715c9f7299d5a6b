import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";
import { type AmbiguousTime, Invalid } from "../../../lib/extract/cast/invalid.ts";
import { castOf } from "../../../lib/extract/cast/cast.ts";
import { fromEpoch, parseIso, parseOffset } from "../../../lib/extract/cast/moment.ts";
import { momentReader } from "../../../lib/extract/cast/moment_pattern.ts";

const MS_OF_YEARS = { min: Date.parse("0002-01-01"), max: Date.parse("9998-12-31") };

Deno.test("parseIso() and fromEpoch() agree with Date on every instant", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "America/New_York", inKey: false });
  fc.assert(fc.property(fc.integer(MS_OF_YEARS), (ms) => {
    const iso = new Date(ms).toISOString();
    const expected = `${iso.slice(0, 10)} ${iso.slice(11, 19)}` +
      `.${iso.slice(20, 23)}`.replace(/\.?0+$/, "") + "+00";
    assertEquals(cast(iso), expected);
    assertEquals(fromEpoch(ms, "epoch_ms"), parseIso(iso));
  }));
});

Deno.test("momentReader() reads what a pattern wrote", () => {
  const read = momentReader("%Y%m%d%H%M%S");
  fc.assert(fc.property(fc.integer(MS_OF_YEARS), (ms) => {
    const iso = new Date(ms).toISOString();
    const { minute, second } = read(iso.replace(/\D/g, "").slice(0, 14))!;
    assertEquals(minute * 60_000 + second * 1000, Math.floor(ms / 1000) * 1000);
  }));
});

Deno.test("parseOffset() reads the offsets of ISO 8601 and of HTTP dates", () => {
  assertEquals(["Z", "UTC", "gmt", "+01", "+0530", "-03:30"].map(parseOffset), [
    0,
    0,
    0,
    60,
    330,
    -210,
  ]);
  assertEquals(["+16:00", "+01:60", "BST", ""].map(parseOffset), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("castOf() timestamptz reads a time without an offset in the zone, on days of a clock change too", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "Europe/London", inKey: false });
  assertEquals(cast("2025-03-30T00:59"), "2025-03-30 00:59:00+00");
  assertEquals(cast("2025-03-30T02:00"), "2025-03-30 01:00:00+00");
  assertEquals(cast("2025-10-26T02:00"), "2025-10-26 02:00:00+00");
});

Deno.test("castOf() timestamptz takes the declared instant of a time that a clock change repeats or skips", () => {
  const castWith = (ambiguous?: "earlier" | "later") =>
    castOf("timestamptz", { decimal: ".", timeZone: "Europe/London", inKey: false, ambiguous });
  const [early, late, none] = [castWith("earlier"), castWith("later"), castWith()];
  assertEquals(early("2025-10-26T01:30"), "2025-10-26 00:30:00+00");
  assertEquals(late("2025-10-26T01:30"), "2025-10-26 01:30:00+00");
  assertEquals(early("2025-03-30T01:30"), "2025-03-30 00:30:00+00");
  assertEquals(late("2025-03-30T01:30"), "2025-03-30 01:30:00+00");
  assertEquals(late("2025-10-26T02:00"), "2025-10-26 02:00:00+00");
  const change =
    'in the time zone Europe/London; set "ambiguous: earlier" or "later" for the column';
  const repeated = none("2025-10-26T01:30") as AmbiguousTime;
  assertEquals(repeated.reason, `is ambiguous: a clock change repeats it ${change}`);
  assertEquals(repeated.texts, ["2025-10-26 00:30:00+00", "2025-10-26 01:30:00+00"]);
  const skipped = none("2025-03-30T01:30") as Invalid;
  assertEquals(skipped.reason, `does not exist: a clock change skips it ${change}`);
});

Deno.test("castOf() reads the instants that ISO 8601 allows", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "UTC", inKey: false });
  const expected: [string, string][] = [
    ["2024-01-01T24:00:00Z", "2024-01-02 00:00:00+00"],
    ["2024-12-31 24:00", "2025-01-01 00:00:00+00"],
    ["20240101T060000Z", "2024-01-01 06:00:00+00"],
    ["20240101T0600Z", "2024-01-01 06:00:00+00"],
    ["20240101T060000.25+0130", "2024-01-01 04:30:00.25+00"],
    ["20240101", "2024-01-01 00:00:00+00"],
    ["2024-01-01T0600Z", "2024-01-01 06:00:00+00"],
    ["2016-12-31T23:59:60Z", "2017-01-01 00:00:00+00"],
    ["2017-01-01T08:59:60+09:00", "2017-01-01 00:00:00+00"],
    ["2024-01-01T00:00:00.1234567890123456Z", "2024-01-01 00:00:00.123456+00"],
    ["12024-01-01T00:00:00Z", "12024-01-01 00:00:00+00"],
    ["+012024-01-01T00:00:00Z", "12024-01-01 00:00:00+00"],
  ];
  for (const [text, instant] of expected) assertEquals(cast(text), instant, text);
  for (
    const text of ["2024-01-01T24:01Z", "2024-01-01T25:00Z", "20241301", "2024-01-01T12:00:60Z"]
  ) {
    assert(cast(text) instanceof Invalid, text);
  }
});

Deno.test("castOf() reads fractional epochs of strings and of exact numbers", () => {
  const options = { decimal: ".", timeZone: "UTC", inKey: false } as const;
  const seconds = castOf("timestamptz", { ...options, format: "epoch" });
  assertEquals(seconds("1700000000.123456789012345"), "2023-11-14 22:13:20.123456+00");
  assertEquals(seconds(new ExactNumber("1700000000.1234560")), "2023-11-14 22:13:20.123456+00");
  assertEquals(seconds(new ExactNumber("1.7e9")), "2023-11-14 22:13:20+00");
  assertEquals(seconds(new ExactNumber("1.70000000012345678e9")), "2023-11-14 22:13:20.123456+00");
  const milliseconds = castOf("timestamptz", { ...options, format: "epoch_ms" });
  assertEquals(milliseconds("1700000000123.456"), "2023-11-14 22:13:20.123456+00");
});

Deno.test("castOf() date reads midnight UTC as the date that is written, unless the zone matters", () => {
  const options = { decimal: ".", timeZone: "America/New_York", inKey: false } as const;
  const cast = castOf("date", options);
  assertEquals(cast("2024-01-01T00:00:00Z"), "2024-01-01");
  assertEquals(cast("2024-01-01T00:00:00.000+00:00"), "2024-01-01");
  assertEquals(cast("2024-01-01T01:00:00Z"), "2023-12-31");
  assertEquals(cast("2024-01-01T00:00:00+01:00"), "2023-12-31");
  assertEquals(castOf("date", { ...options, format: "epoch" })(1704067200), "2024-01-01");
  assertEquals(
    castOf("date", { ...options, zoneCounts: true })("2024-01-01T00:00:00Z"),
    "2023-12-31",
  );
});

Deno.test("castOf() time distinguishes the end of a day from its beginning", () => {
  const cast = castOf("time", { decimal: ".", timeZone: "UTC", inKey: false });
  assertEquals(cast("24:00"), "24:00:00");
  assertEquals(cast("00:00"), "00:00:00");
});

Deno.test("castOf() timestamptz reads the common notation and all others alike", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "UTC", inKey: false });
  const digits = (length: number) =>
    fc.integer({ min: 0, max: 10 ** length - 1 }).map((part) => String(part).padStart(length, "0"));
  const texts = fc.tuple(
    ...[fc.constantFrom("2024", "0000", "1999", "20x4"), fc.constantFrom("01", "02", "00", "13")],
    ...[fc.constantFrom("01", "28", "29", "31", "00"), fc.constantFrom("T", " ", "t", "_")],
    ...[digits(2), digits(2), fc.constantFrom("00", "59", "60", "5")],
    fc.constantFrom("", ".", ".0", ".5", ".500", ".000000", ".123456", ".1234567", ".1x"),
  ).map(([y, m, d, mark, hour, minute, second, rest]) =>
    `${y}-${m}-${d}${mark}${hour}:${minute}:${second}${rest}`
  );
  fc.assert(fc.property(texts, (text) => {
    // The fast path recognizes no other offset.
    assertEquals(cast(`${text}Z`), cast(`${text}+00:00`));
  }));
});
