import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  dateOf,
  dayOf,
  isGoodFriday,
  londonDay,
  londonOffsetMinutes,
  monthOf,
  newYear,
  weekdayOf,
  yearOf,
} from "../../../lib/sandbox/world/calendar.ts";

Deno.test("dateOf() and its parts agree with JavaScript's own calendar from 1900 to 2100", () => {
  fc.assert(fc.property(fc.integer({ min: -25_567, max: 47_846 }), (day) => {
    const date = new Date(day * 86_400_000);
    assertEquals(dateOf(day), date.toISOString().slice(0, 10));
    assertEquals(dayOf(dateOf(day)), day);
    assertEquals(yearOf(day), date.getUTCFullYear());
    assertEquals(monthOf(day), date.getUTCMonth() + 1);
    assertEquals(newYear(yearOf(day)), Date.UTC(yearOf(day), 0, 1) / 86_400_000);
    assertEquals(weekdayOf(day), date.getUTCDay());
  }));
});

Deno.test("dayOf() is undefined when there is no such date", () => {
  for (const text of ["2025-02-30", "2025-13-01", "2025-1-1", "", "today", "2023-02-29"]) {
    assertEquals(dayOf(text), undefined, text);
  }
  assertEquals(dayOf("2024-02-29"), 19_782);
});

Deno.test("isGoodFriday() is right for the Easters of many years, including rare ones", () => {
  const fridays =
    "1954-04-16 1981-04-17 1988-04-01 2000-04-21 2008-03-21 2019-04-19 2024-03-29 2049-04-16";
  for (const date of fridays.split(" ")) assertEquals(isGoodFriday(dayOf(date)!), true, date);
  assertEquals(isGoodFriday(dayOf("2024-04-05")!), false);
});

Deno.test("londonOffsetMinutes() follows the clock changes", () => {
  const offsets = Object.entries({
    "2025-03-29": 0,
    "2025-03-30": 60,
    "2025-10-25": 60,
    "2025-10-26": 0,
    "1988-10-22": 60, // a week earlier than today's rule
    "1988-10-23": 0,
  });
  for (const [date, minutes] of offsets) {
    assertEquals(londonOffsetMinutes(dayOf(date)!), minutes, date);
  }
});

Deno.test("londonDay() is already tomorrow late on a summer's day in UTC", () => {
  assertEquals(dateOf(londonDay(Date.parse("2025-07-01T23:30:00Z"))), "2025-07-02");
  assertEquals(dateOf(londonDay(Date.parse("2025-12-01T23:30:00Z"))), "2025-12-01");
});
