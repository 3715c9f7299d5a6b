import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  boundTogether,
  formatRate,
  parseRate,
  requestsPerSecond,
  spacingMs,
} from "../../../lib/plan/time/rate.ts";

Deno.test("parseRate() reads requests and interval when both are spelled out", () => {
  const expected: [string, number, number][] = [
    ["2/s", 2, 1_000],
    ["100/min", 100, 60_000],
    ["5000/h", 5_000, 3_600_000],
    ["10/10s", 10, 10_000],
    ["1/2s", 1, 2_000],
    ["86400/d", 86_400, 86_400_000],
    ["3 / 500 ms", 3, 500],
    [" 1/Second ", 1, 1_000],
  ];
  for (const [text, requests, intervalMs] of expected) {
    assertEquals(parseRate(text), { requests, intervalMs, burst: false }, text);
  }
});

Deno.test("parseRate() converts a fraction to an integer number of requests", () => {
  assertEquals(parseRate("0.5/s"), { requests: 1, intervalMs: 2_000, burst: false });
  assertEquals(parseRate("2.5/s"), { requests: 5, intervalMs: 2_000, burst: false });
  assertEquals(parseRate("0.1/min"), { requests: 1, intervalMs: 600_000, burst: false });
  assertEquals(parseRate("0.333/s"), { requests: 333, intervalMs: 1_000_000, burst: false });
});

Deno.test("parseRate() reports what is wrong when the string is not a rate", () => {
  const wrong: [string, string][] = [
    ["fast", 'expected requests per interval, such as "2/s", "100/min" or "1/2s"'],
    ["", 'expected requests per interval, such as "2/s", "100/min" or "1/2s"'],
    ["-1/s", 'expected requests per interval, such as "2/s", "100/min" or "1/2s"'],
    [
      "2/fortnight",
      '"fortnight" is not a unit of time, expected one of "ms", "s", "min", "h", "d"',
    ],
    ["2/constructor", '"constructor" is not a unit of time'],
    ["0/s", "it allows no requests"],
    ["1/0s", "the interval is empty"],
    ["0.3333/s", "more than three decimals"],
    ["1/1000d", "the interval is longer than 366 days"],
    ["1000000000/s", "more than 100 requests in a millisecond cannot be paced"],
  ];
  for (const [text, reason] of wrong) {
    assertThrows(() => parseRate(text), Error, `Cannot read the rate "${text}": ${reason}`);
  }
});

Deno.test("formatRate() writes what parseRate() reads, for any rate", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom("ms", "s", "min", "h"),
      (requests, count, unit) => {
        if (unit === "ms" && requests / count > 100) return;
        const rate = parseRate(`${requests}/${count}${unit}`);
        assertEquals(parseRate(formatRate(rate)), rate);
      },
    ),
  );
  assertEquals(["120/60s", "1/2s", "0.5/s", "24/d"].map((text) => formatRate(parseRate(text))), [
    "120/min",
    "1/2s",
    "1/2s",
    "24/d",
  ]);
});

Deno.test("requestsPerSecond() and spacingMs() agree when the interval is long", () => {
  assertEquals(requestsPerSecond(parseRate("3600/h")), 1);
  assertEquals(spacingMs(parseRate("5000/h")), 720);
});

Deno.test("boundTogether() lets the shortest interval set the pace, and the others may be used up early", () => {
  const rates = ["5/s", "10000/d"].map(parseRate);
  assertEquals(boundTogether(rates).map(({ burst }) => burst), [false, true]);
  assertEquals(boundTogether(rates, true).map(({ burst }) => burst), [true, true]);
  assertEquals(boundTogether([]), []);
});
