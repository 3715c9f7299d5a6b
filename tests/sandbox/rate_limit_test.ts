import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  fixedWindow,
  limitKinds,
  type RateLimiter,
  rateLimiter,
  slidingLog,
  tokenBucket,
} from "../../lib/sandbox/rate_limit.ts";

/** Admissions of requests that arrive after these gaps, in milliseconds. */
function admissions(limiter: RateLimiter, gapsMs: readonly number[]): number[] {
  let nowMs = 0;
  return gapsMs.flatMap((gapMs) => {
    nowMs += gapMs;
    return limiter.admit(nowMs).ok ? [nowMs] : [];
  });
}

const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 });

Deno.test("slidingLog() never admits more than the limit in any interval", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), gaps, (limit, gapsMs) => {
    const at = admissions(slidingLog({ limit, intervalMs: 1000 }), gapsMs);
    for (const [n, atMs] of at.entries()) {
      if (n >= limit) assert(atMs - at[n - limit]! >= 1000);
    }
  }));
});

Deno.test("fixedWindow() never admits more than the limit in a window and twice it across two", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), gaps, (limit, gapsMs) => {
    const at = admissions(fixedWindow({ limit, intervalMs: 1000 }), gapsMs);
    const perWindow = Map.groupBy(at, (atMs) => Math.floor(atMs / 1000));
    for (const window of perWindow.values()) assert(window.length <= limit);
  }));
  const across = admissions(fixedWindow({ limit: 2, intervalMs: 1000 }), [998, 1, 1, 1, 1]);
  assertEquals(across, [998, 999, 1000, 1001]);
});

Deno.test("tokenBucket() never admits more than the capacity and what refilled since", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), gaps, (capacity, gapsMs) => {
    const at = admissions(tokenBucket({ ratePerSecond: 2, capacity }), gapsMs);
    for (const [n, atMs] of at.entries()) {
      for (let m = 0; m < n; m++) {
        assert(n - m + 1 <= capacity + (atMs - at[m]!) / 500 + 1e-6);
      }
    }
  }));
});

Deno.test("every kind admits a request that waited retryAfterMs, and not a moment sooner", () => {
  fc.assert(fc.property(fc.constantFrom(...limitKinds), gaps, (kind, gapsMs) => {
    const [limiter, other] = [rateLimiter(kind, 3), rateLimiter(kind, 3)];
    let nowMs = 0;
    for (const gapMs of gapsMs) {
      nowMs += gapMs;
      const admission = limiter.admit(nowMs);
      assertEquals(other.admit(nowMs).ok, admission.ok);
      if (admission.ok) continue;
      assert(admission.retryAfterMs > 0);
      const soon = nowMs + admission.retryAfterMs;
      assert(!other.admit(soon - 1e-3).ok);
      assert(other.admit(soon).ok);
      assert(limiter.admit(soon).ok);
      nowMs = soon;
    }
  }));
});

Deno.test("rateLimiter() stretches the interval when the rate is below one a second", () => {
  for (const kind of limitKinds) {
    const limiter = rateLimiter(kind, 0.5);
    assertEquals(admissions(limiter, [0, 1000, 999, 1]), [0, 2000], kind);
  }
});

Deno.test("a clock that goes backwards is treated as one that stands still", () => {
  for (const kind of limitKinds) {
    const limiter = rateLimiter(kind, 2);
    assertEquals([5000, 4000, 3000].map((ms) => limiter.admit(ms).ok), [true, true, false], kind);
    assert(limiter.admit(6000).ok, kind);
  }
});

Deno.test("invalid limits are refused with their value", () => {
  assertThrows(() => slidingLog({ limit: 0, intervalMs: 1 }), RangeError, "limit is 0");
  assertThrows(() => fixedWindow({ limit: 1, intervalMs: 0 }), RangeError, "intervalMs is 0");
  assertThrows(() => tokenBucket({ ratePerSecond: NaN, capacity: 1 }), RangeError, "NaN");
});
