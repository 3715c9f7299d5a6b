import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs, decide, type Outcome } from "../../../lib/fetch/http/retry.ts";

const policy = { attempts: 5, initial_wait: 500, max_wait: 60_000, statuses: [] as number[] };
const answer = (status: number, more: Partial<Outcome> = {}): Outcome =>
  ({ status, retryAfterMs: null, isExhausted: false, ...more }) as Outcome;
const at = (attempt: number, more = {}) => ({
  attempt,
  policy,
  emptyStatuses: [404],
  random: 0.5,
  ...more,
});

Deno.test("decide() accepts every 2xx", () => {
  for (const status of [200, 201, 204]) {
    assertEquals(decide(answer(status), at(1)), { then: "take" });
  }
});

Deno.test("decide() treats a status as empty when the stream declares it", () => {
  assertEquals(decide(answer(404), at(1)), { then: "empty" });
  assertEquals(decide(answer(404), at(1, { emptyStatuses: [] })).then, "fail");
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
        isRequested: false,
        counts: true,
      })),
    );
    assertEquals(decide(answer(status), at(5)).then, "fail");
  }
});

Deno.test("decide() waits exactly as Retry-After requests, beyond max_wait too", () => {
  const waits = (retryAfterMs: number, status = 503) => {
    const decision = decide(answer(status, { retryAfterMs }), at(1));
    return decision.then === "retry" ? decision.waitMs : decision.then;
  };
  assertEquals([waits(3000), waits(43_200_000), waits(43_200_000, 429)], [
    3000,
    43_200_000,
    43_200_000,
  ]);
  assertEquals([waits(0), waits(0, 429)], [500, 500]);
});

Deno.test("decide() counts no attempt that a quota refuses", () => {
  const last = at(policy.attempts);
  assertEquals(decide(answer(429, { retryAfterMs: 3_600_000 }), last).then, "retry");
  assertEquals(decide(answer(429, { retryAfterMs: 1_000 }), last).then, "fail");
  assertEquals(decide(answer(503, { retryAfterMs: 3_600_000 }), last).then, "fail");
});

Deno.test("decide() returns refused for 401 and 403 immediately", () => {
  assertEquals(decide(answer(401), at(1)), { then: "refused" });
  assertEquals(decide(answer(403), at(1)), { then: "refused" });
});

Deno.test("decide() treats a 403 as a limit when it has a wait, no requests remain, or the job declares it", () => {
  assertEquals(decide(answer(403, { retryAfterMs: 1000 }), at(1)).then, "retry");
  assertEquals(decide(answer(403, { isExhausted: true }), at(1)).then, "retry");
  const listed = { policy: { ...policy, statuses: [403] } };
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
    const decision = decide({ error: trouble }, at(1));
    assertEquals([decision.then, "waitMs" in decision && decision.waitMs], ["retry", 500]);
    assertEquals(decide({ error: trouble }, at(5)).then, "fail");
  }
  for (const trouble of ["too_large", "encoding", "certificate", "forbidden", "request"] as const) {
    assertEquals(decide({ error: trouble }, at(1)).then, "fail");
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
