import { assertAlmostEquals, assertEquals } from "@std/assert";
import { UNUSED } from "../../../lib/fetch/rate/limit_store.ts";
import { quotaUse, reserve } from "../../../lib/fetch/rate/quota.ts";
import {
  bindingRate,
  type LimitsUse,
  NOTHING_USED,
  secondsUnder,
} from "../../../lib/plan/time/quota_seconds.ts";
import { formatRate, parseRate, type Rate } from "../../../lib/plan/time/rate.ts";
import { chance } from "../../support/chance.ts";

const DAY = 86_400;

function seconds(rates: readonly (string | Rate)[], requests: number, use?: LimitsUse): number {
  const parsed = rates.map((rate) => typeof rate === "string" ? parseRate(rate) : rate);
  return secondsUnder({ rates: parsed, requests }, use);
}

function useOf(limit: string, free: number, returning: [number, number][], resetsAfterMs?: number) {
  const use = { free, returning, resetsAfterMs };
  return { ...NOTHING_USED, quotas: new Map([[limit, use]]) };
}

Deno.test("secondsUnder() counts the pace, and whole intervals only where a quota is used up", () => {
  const rates = ["5/s", "1000/h"];
  assertEquals(seconds(rates, 100), 20);
  assertEquals(seconds(rates, 1000), 200);
  assertEquals(seconds(rates, 1001), 3600);
  assertEquals(seconds([], 5), 0);
  assertEquals(seconds(rates, 0, { ...NOTHING_USED, pausedMs: 9_000 }), 0);
});

Deno.test("secondsUnder() includes the used part of a rolling quota, and when it becomes available again", () => {
  const use = useOf("500/d", 100, [[3_600_000, 300], [7_200_000, 100]]);
  const after = (requests: number) => seconds(["100/s", "500/d"], requests, use);
  assertAlmostEquals(after(100), 1);
  assertEquals([after(101), after(400), after(401), after(500)], [3600, 3600, 7200, 7200]);
  assertEquals([after(600), after(601), after(7_400)], [DAY, DAY + 3600, 14 * DAY + 3600]);
  assertEquals(seconds(["100/s", "500/d"], 7_400), 14 * DAY);
});

Deno.test("secondsUnder() counts a quota to its reset, and a pause that the API requested", () => {
  const daily = { ...parseRate("500/d"), resets: { minute: 0, timeZone: "UTC" } };
  const use = useOf("500/d", 20, [], 3_600_000);
  const after = (requests: number) => seconds(["100/s", daily], requests, use);
  assertAlmostEquals(after(20), 0.2);
  assertEquals([after(21), after(520), after(521)], [3600, 3600, 3600 + DAY]);
  const paused = { ...use, pausedMs: 60_000 };
  assertEquals(seconds([daily], 21, paused), 3660);
});

Deno.test("bindingRate() is the pace, or the quota once that is used up", () => {
  const lists = (requests: number) => [
    { rates: [parseRate("10/s"), parseRate("500/d")], requests },
    { rates: [parseRate("5/s")], stream: "s", requests },
  ];
  const bound = (requests: number, use?: LimitsUse) => {
    const rate = bindingRate(lists(requests), use);
    return rate && formatRate(rate);
  };
  assertEquals([bound(1), bound(500), bound(501)], ["5/s", "5/s", "500/d"]);
  assertEquals(bound(21, useOf("500/d", 20, [[3_600_000, 480]])), "500/d");
  assertEquals(bindingRate([{ rates: [], requests: 9 }]), undefined);
});

Deno.test("the time under a quota ends when the quota grants the last request", () => {
  const random = chance("quota seconds");
  for (let round = 0; round < 200; round++) {
    const limit = 1 + Math.floor(random() * 40);
    const resets = random() < 0.5
      ? undefined
      : { minute: Math.floor(random() * 60), timeZone: "UTC" };
    const base = parseRate(`${limit}/h`);
    const rate = { ...base, burst: true, ...resets === undefined ? {} : { resets } };
    let state = UNUSED;
    let nowMs = 1_700_000_000_000;
    for (let earlier = Math.floor(random() * 12); earlier > 0; earlier--) {
      [state] = reserve(state, rate, 1 + Math.floor(random() * 8), nowMs);
      nowMs += random() * 1_200_000;
    }
    const requests = 1 + Math.floor(random() * 90);
    const use = { pausedMs: 0, quotas: new Map([[`${limit}/h`, quotaUse(state, rate, nowMs)]]) };
    // A limit of the shortest interval would set the pace; a faster one makes it a quota.
    const forecastMs = 1_000 * seconds(["50/s", rate], requests, use);
    let atMs = nowMs;
    for (let left = requests;;) {
      const [next, grant] = reserve(state, rate, left, atMs);
      state = next;
      left -= grant.count;
      if (left === 0) break;
      if (grant.count === 0) atMs = grant.availableAtMs;
    }
    const tookMs = Math.max(atMs - nowMs, requests * 20);
    // What was reserved returns a part of the period later, for each whole period.
    const toleranceMs = 2_001 + Math.ceil(requests / limit + 1) * (2 * 12_500 + 2_001);
    assertAlmostEquals(
      forecastMs,
      tookMs,
      toleranceMs,
      `round ${round}: ${requests} under ${limit}/h`,
    );
  }
});
