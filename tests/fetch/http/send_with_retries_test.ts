import { assertEquals } from "@std/assert";
import type { HttpResponse } from "../../../lib/fetch/http/http.ts";
import { backoffMs } from "../../../lib/fetch/http/retry.ts";
import { sendWithRetries } from "../../../lib/fetch/http/send_with_retries.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const POLICY = { attempts: 3, initial_wait: 500, max_wait: 60_000, statuses: [] };

function response(status: number, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: new Headers(headers), body: new Uint8Array(), ms: 1 };
}

/** When each attempt is sent, where the API responds with these. */
async function sentAt(responses: readonly HttpResponse[], paced = false): Promise<number[]> {
  const clock = new FakeClock(0);
  const sentAtMs: number[] = [];
  using _ = clock.autoAdvance();
  await sendWithRetries((attempt) => {
    sentAtMs.push(clock.now());
    return Promise.resolve(responses[attempt - 1]!);
  }, {
    ...{ policy: POLICY, emptyStatuses: [], clock, paced, wallNow: clock.now, random: () => 0.5 },
    ...{ signal: new AbortController().signal, onRetry: () => {} },
  });
  return sentAtMs;
}

Deno.test("sendWithRetries() sends each attempt after its wait", async () => {
  assertEquals(await sentAt([response(503), response(503), response(200)]), [0, 500, 1_500]);
  assertEquals(await sentAt([response(503, { "retry-after": "7" }), response(200)]), [0, 7_000]);
});

Deno.test("sendWithRetries() leaves to a limiter only the waits that the API requests", async () => {
  const throttled = response(429, { "retry-after": "7" });
  assertEquals(await sentAt([throttled, response(200)], true), [0, 0]);
  assertEquals(await sentAt([response(429), response(200)], true), [0, 500]);
});

Deno.test("backoffMs() spreads waits over twice the mean", () => {
  const waits = [0, 0.25, 0.5, 0.75].map((random) => backoffMs(2, POLICY, random));
  assertEquals(waits, [0, 500, 1_000, 1_500]);
});
