import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs, decide, type Outcome } from "../../../lib/fetch/http/retry.ts";

const policy = { attempts: 5, base: 500, max_wait: 60_000, also: [] as number[] };
const answer = (status: number, more: Partial<Outcome> = {}): Outcome =>
  ({ status, retryAfterMs: null, isExhausted: false, ...more }) as Outcome;
const at = (attempt: number, more = {}) => ({
  attempt,
  policy,
  emptyOn: [404],
  random: 0.5,
  ...more,
});

Deno.test("decide() takes every 2xx", () => {
  for (const status of [200, 201, 204]) {
    assertEquals(decide(answer(status), at(1)), { then: "take" });
  }
});

Deno.test("decide() treats a status as empty when the stream declares it", () => {
  assertEquals(decide(answer(404), at(1)), { then: "empty" });
  assertEquals(decide(answer(404), at(1, { emptyOn: [] })).then, "fail");
});

Deno.test("decide() retries 408, 425, 429 and 5xx, and doubles the mean wait", () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) {
    const waits = [1, 2, 3, 4].map((attempt) => decide(answer(status), at(attempt)));
    assertEquals(
      waits,
      [500, 1000, 2000, 4000].map((waitMs) => ({
        then: "retry",
        waitMs,
        throttled: status === 429,
      })),
    );
    assertEquals(decide(answer(status), at(5)).then, "fail");
  }
});

Deno.test("decide() waits as Retry-After asks, within the policy's bound", () => {
  const asked = (retryAfterMs: number) => decide(answer(503, { retryAfterMs }), at(1));
  assertEquals(asked(3000), { then: "retry", waitMs: 3000, throttled: false });
  assertEquals(asked(0), { then: "retry", waitMs: 0, throttled: false });
  assertEquals(asked(1e12), { then: "retry", waitMs: 60_000, throttled: false });
});

Deno.test("decide() returns refused for 401 and 403 immediately", () => {
  assertEquals(decide(answer(401), at(1)), { then: "refused" });
  assertEquals(decide(answer(403), at(1)), { then: "refused" });
});

Deno.test("decide() treats a 403 as a limit when it has a wait, no requests remain, or the job declares it", () => {
  assertEquals(decide(answer(403, { retryAfterMs: 1000 }), at(1)).then, "retry");
  assertEquals(decide(answer(403, { isExhausted: true }), at(1)).then, "retry");
  const listed = { policy: { ...policy, also: [403] } };
  assertEquals(decide(answer(403), at(1, listed)).then, "retry");
  assertEquals(decide(answer(403), at(5, listed)).then, "refused");
});

Deno.test("decide() fails other statuses immediately", () => {
  for (const status of [300, 304, 400, 405, 410, 422, 451]) {
    assertEquals(decide(answer(status), at(1)), { then: "fail", throttled: false });
  }
});

Deno.test("decide() retries temporary errors and no others", () => {
  for (const trouble of ["timeout", "connection", "incomplete"] as const) {
    assertEquals(decide({ trouble }, at(1)), { then: "retry", waitMs: 500, throttled: false });
    assertEquals(decide({ trouble }, at(5)).then, "fail");
  }
  for (const trouble of ["too_large", "encoding", "certificate", "forbidden", "request"] as const) {
    assertEquals(decide({ trouble }, at(1)).then, "fail");
  }
});

Deno.test("backoffMs() stays between 0 and max_wait, property", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const waitMs = backoffMs(attempt, policy, random);
        assert(waitMs >= 0 && waitMs <= policy.max_wait);
      },
    ),
  );
});
