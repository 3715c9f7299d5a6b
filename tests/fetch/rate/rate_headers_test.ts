import { assertEquals } from "@std/assert";
import {
  readRateLimit,
  readRetryAfter,
  readUsedWeight,
} from "../../../lib/fetch/rate/rate_headers.ts";

const nowMs = Date.UTC(2024, 0, 1, 12);
const inAMinute = "Mon, 01 Jan 2024 12:01:00 GMT";
const yesterday = "Sun, 31 Dec 2023 12:00:00 GMT";

Deno.test("readRetryAfter() reads milliseconds to wait when the header is seconds or a date", () => {
  const expected: [string, number | undefined][] = [
    ["2", 2_000],
    ["0", 0],
    ["1.5", 1_500],
    [inAMinute, 60_000],
    [yesterday, 0],
    ["99999999999999999999", 604_800_000],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 604_800_000],
    ["soon", undefined],
    ["-1", undefined],
    ["5 minutes", undefined],
    ["Mon, rubbish", undefined],
    ["", undefined],
  ];
  for (const [text, waitMs] of expected) {
    assertEquals(readRetryAfter(new Headers({ "retry-after": text }), nowMs), waitMs, text);
  }
  assertEquals(readRetryAfter(new Headers(), nowMs), undefined);
});

Deno.test("readRetryAfter() is bounded when the server requests a longer wait", () => {
  assertEquals(readRetryAfter(new Headers({ "retry-after": "600" }), nowMs, 30_000), 30_000);
});

Deno.test("readRateLimit() reads the remaining requests in all dialects", () => {
  const state = { limit: 100, remaining: 7, resetAfterMs: 30_000 };
  const dialects: Record<string, string>[] = [
    { "RateLimit": "limit=100, remaining=7, reset=30" },
    { "RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "7", "RateLimit-Reset": "30" },
    { "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "30" },
    { "X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "7", "X-Rate-Limit-Reset": "30" },
    {
      "X-RateLimit-Limit": "100",
      "X-RateLimit-Remaining": "7",
      "X-RateLimit-Reset": `${nowMs / 1_000 + 30}`,
    },
    {
      "X-RateLimit-Limit": "100",
      "X-RateLimit-Remaining": "7",
      "X-RateLimit-Reset": `${nowMs + 30_000}`,
    },
  ];
  for (const headers of dialects) {
    assertEquals(readRateLimit(new Headers(headers), nowMs), state, JSON.stringify(headers));
  }
  assertEquals(readRateLimit(new Headers({ RateLimit: '"default";r=7;t=30' }), nowMs), {
    remaining: 7,
    resetAfterMs: 30_000,
  });
});

Deno.test("readRateLimit() returns the limit with the fewest requests left when there are several", () => {
  const headers = new Headers({ RateLimit: '"minute";r=50;t=10, "day";r=3;t=900' });
  assertEquals(readRateLimit(headers, nowMs), { remaining: 3, resetAfterMs: 900_000 });
});

Deno.test("readRateLimit() keeps the readable parts when others are missing or invalid", () => {
  assertEquals(readRateLimit(new Headers({ "X-RateLimit-Remaining": "0" }), nowMs), {
    remaining: 0,
  });
  assertEquals(readRateLimit(new Headers({ RateLimit: "unlimited" }), nowMs), undefined);
  assertEquals(readRateLimit(new Headers({ "X-RateLimit-Reset": "tomorrow" }), nowMs), undefined);
  assertEquals(readRateLimit(new Headers(), nowMs), undefined);
});

Deno.test("readRateLimit() bounds a reset that is past or very far away", () => {
  const reset = (text: string) =>
    readRateLimit(new Headers({ "X-RateLimit-Reset": text }), nowMs)?.resetAfterMs;
  assertEquals(reset(`${nowMs / 1_000 - 5}`), 0);
  assertEquals(reset("9999999"), 604_800_000);
});

Deno.test("readRateLimit() reads limits and use side by side, and by other names", () => {
  const left = (headers: Record<string, string>) => readRateLimit(new Headers(headers), 0);
  assertEquals(left({ "X-RateLimit-Limit": "100,1000", "X-RateLimit-Usage": "30,340" }), {
    limit: 100,
    remaining: 70,
  });
  assertEquals(left({ "X-RateLimit-Limit": "100,1000", "X-RateLimit-Usage": "30,1001" }), {
    limit: 1000,
    remaining: 0,
  });
  assertEquals(left({ "X-Shopify-Shop-Api-Call-Limit": "32/40" }), { limit: 40, remaining: 8 });
  assertEquals(left({ "x-ratelimit-requests-remaining": "7" }), { remaining: 7 });
});

Deno.test("readUsedWeight() reads the weight of an interval", () => {
  const read = (name: string, text: string) => readUsedWeight(new Headers({ [name]: text }));
  assertEquals(read("X-MBX-USED-WEIGHT-1m", "1180"), { used: 1180, intervalMs: 60_000 });
  assertEquals(read("X-MBX-USED-WEIGHT-10s", "3"), { used: 3, intervalMs: 10_000 });
  assertEquals(read("X-MBX-USED-WEIGHT", "3"), undefined);
});
