import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addMonths,
  civilAt,
  civilParts,
  formatCivil,
  formatDay,
  fromParts,
  instantOf,
  isTimeZone,
  MINUTES_PER_DAY,
  offsetMinutes,
  parseCivil,
  startOfDay,
} from "../../../lib/plan/time/civil.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Two shifts of an hour, midnights that do not exist, half an hour of summer time, a day that was skipped. */
const ZONES = [
  "UTC",
  "Europe/London",
  "America/New_York",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

const position = (from: string, to: string) =>
  fc.integer({ min: parseCivil(from)!, max: parseCivil(to)! });

function hoursOf(day: string, zone: string): number {
  const at = parseCivil(day)!;
  return (instantOf(at + MINUTES_PER_DAY, zone) - instantOf(at, zone)) / HOUR_MS;
}

Deno.test("parseCivil() reads back what formatCivil() writes, from 1600 to 2400", () => {
  fc.assert(fc.property(position("1600-01-01", "2400-01-01"), (at) => {
    assertEquals(parseCivil(formatCivil(at)), at);
    const { year, month, day, hour, minute } = civilParts(at);
    assertEquals(fromParts(year, month, day, hour, minute), at);
    assertEquals(formatDay(at), formatCivil(startOfDay(at)));
  }));
});

Deno.test("parseCivil() reads days and minutes", () => {
  assertEquals(parseCivil("1970-01-01"), 0);
  assertEquals(parseCivil("1969-12-31"), -MINUTES_PER_DAY);
  assertEquals(parseCivil("1970-01-02T03:04"), MINUTES_PER_DAY + 184);
  assertEquals(parseCivil("1970-01-02 03:04"), MINUTES_PER_DAY + 184);
  assertEquals(formatCivil(-1), "1969-12-31T23:59");
});

Deno.test("parseCivil() is undefined when the text names no real date", () => {
  for (
    const text of [
      "",
      "2025-02-29",
      "2025-13-01",
      "2025-00-10",
      "2025-04-31",
      "2025-01-01T24:00",
      "2025-01-01T12:60",
      "2025-1-1",
      "0000-01-01",
      "2025-01-01Z",
      " 2025-01-01",
    ]
  ) assertEquals(parseCivil(text), undefined, text);
});

Deno.test("addMonths() ends at the month's last day when the day does not exist", () => {
  const after = (from: string, months: number) => formatCivil(addMonths(parseCivil(from)!, months));
  assertEquals(after("2024-01-31", 1), "2024-02-29");
  assertEquals(after("2025-01-31", 1), "2025-02-28");
  assertEquals(after("2025-03-31", -1), "2025-02-28");
  assertEquals(after("2024-12-01T06:30", 1), "2025-01-01T06:30");
  assertThrows(() => addMonths(parseCivil("0001-01-01")!, -1), RangeError);
});

Deno.test("addMonths() adds up when it starts at the first of a month", () => {
  fc.assert(fc.property(
    position("1800-01-01", "2200-01-01"),
    fc.integer({ min: -600, max: 600 }),
    fc.integer({ min: -600, max: 600 }),
    (at, some, more) => {
      const { year, month } = civilParts(at);
      const first = fromParts(year, month, 1)!;
      assertEquals(addMonths(addMonths(first, some), more), addMonths(first, some + more));
    },
  ));
});

Deno.test("instantOf() gives a day with a clock change its real length", () => {
  assertEquals(hoursOf("2025-03-30", "Europe/London"), 23);
  assertEquals(hoursOf("2025-10-26", "Europe/London"), 25);
  assertEquals(hoursOf("2025-03-09", "America/New_York"), 23);
  assertEquals(hoursOf("2018-11-04", "America/Sao_Paulo"), 23);
  assertEquals(hoursOf("2018-02-17", "America/Sao_Paulo"), 25);
  assertEquals(hoursOf("2025-10-05", "Australia/Lord_Howe"), 23.5);
  assertEquals(hoursOf("2025-04-06", "Australia/Lord_Howe"), 24.5);
  assertEquals(hoursOf("2011-12-29", "Pacific/Apia"), 24);
  assertEquals(hoursOf("2011-12-30", "Pacific/Apia"), 0);
  assertEquals(hoursOf("2011-12-31", "Pacific/Apia"), 24);
  assertEquals(hoursOf("2025-03-30", "UTC"), 24);
});

Deno.test("instantOf() begins a skipped midnight at the change and a repeated hour at its first occurrence", () => {
  const iso = (at: string, zone: string) =>
    new Date(instantOf(parseCivil(at)!, zone)).toISOString();
  assertEquals(iso("2018-11-04", "America/Sao_Paulo"), "2018-11-04T03:00:00.000Z");
  assertEquals(iso("2018-11-04T00:59", "America/Sao_Paulo"), "2018-11-04T03:00:00.000Z");
  assertEquals(iso("2018-11-04T01:00", "America/Sao_Paulo"), "2018-11-04T03:00:00.000Z");
  assertEquals(iso("2025-10-26T01:30", "Europe/London"), "2025-10-26T00:30:00.000Z");
  assertEquals(iso("2025-10-26T02:00", "Europe/London"), "2025-10-26T02:00:00.000Z");
});

Deno.test("instantOf() assigns every instant to exactly the day shown by the zone's clock", () => {
  const instant = fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2037, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), instant, (zone, at) => {
      const day = startOfDay(civilAt(at, zone));
      assert(instantOf(day, zone) <= at);
      assert(at < instantOf(day + MINUTES_PER_DAY, zone));
    }),
    { numRuns: 600 },
  );
});

Deno.test("instantOf() never goes back from one half hour to the next, and skips none", () => {
  const changes = ["2011-12-30", "2018-02-18", "2018-11-04", "2025-03-30", "2025-10-05"];
  for (const zone of ZONES) {
    for (const change of changes) {
      const first = parseCivil(change)! - 2 * MINUTES_PER_DAY;
      let sum = 0;
      for (let at = first; at < first + 4 * MINUTES_PER_DAY; at += 30) {
        const length = instantOf(at + 30, zone) - instantOf(at, zone);
        assert(length >= 0, `${zone} ${formatCivil(at)}`);
        sum += length;
      }
      const shift = offsetMinutes(instantOf(first, zone), zone) -
        offsetMinutes(instantOf(first + 4 * MINUTES_PER_DAY, zone), zone);
      assertEquals(sum, 4 * DAY_MS + shift * 60_000, `${zone} ${change}`);
    }
  }
});

Deno.test("civilAt() returns the position that instantOf() was given, or the one just after a skipped position", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES, "Europe/Amsterdam", "Africa/Monrovia"),
      position("1900-01-01", "2040-01-01"),
      (zone, at) => {
        const instant = instantOf(at, zone);
        assert(civilAt(instant, zone) >= at);
        assert(civilAt(instant - 60_000, zone) < at);
      },
    ),
    { numRuns: 600 },
  );
});

Deno.test("offsetMinutes() is constant within a minute where the zone's offset has seconds", () => {
  const start = Date.UTC(1840, 0, 1);
  const offsets = [0, 1_000, 27_000, 59_999].map((ms) =>
    offsetMinutes(start + ms, "Europe/London")
  );
  assertEquals(new Set(offsets).size, 1);
});

Deno.test("isTimeZone() knows zones by name", () => {
  assert(isTimeZone("Europe/London"));
  assert(!isTimeZone("Europe/Londres"));
});

Deno.test("formatDay() knows the leap days of years, centuries and eras", () => {
  for (const day of ["1600-02-29", "2000-02-29", "2024-02-29", "1900-02-28", "2100-03-01"]) {
    const [year, month, date] = day.split("-").map(Number);
    assertEquals(formatDay(Date.UTC(year!, month! - 1, date) / 60_000), day);
  }
});
