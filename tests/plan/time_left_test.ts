// How long a run takes whose streams depend on each other and share a quota.
import { assertEquals } from "@std/assert";
import { secondsOfRun } from "../../lib/plan/time_left.ts";
import { jobOf } from "./jobs.ts";

const JOB = jobOf({
  stations: { group: "masters" },
  readings: { window: "day", for_each: { id: { query: "SELECT id FROM stations" } } },
}, { source: { url: "http://127.0.0.1:1", limits: ["2/s", "40/d"] } });

const LEFT = new Map([["stations", { requests: 10 }], ["readings", { requests: 20 }]]);

Deno.test("secondsOfRun() adds up the stages of a run, and waits for a used quota once", () => {
  assertEquals(secondsOfRun(JOB, LEFT), 15);
  const hour = 3600;
  const used = { free: 0, returning: [[hour * 1000, 40]] as const, resetsAfterMs: undefined };
  const use = { quotas: new Map([["40/d", used]]), pausedMs: 0 };
  assertEquals(secondsOfRun(JOB, LEFT, use), hour);
  const resets = { free: 0, returning: [], resetsAfterMs: hour * 1000 };
  const later = { quotas: new Map([["40/d", resets]]), pausedMs: 0 };
  const more = new Map([["stations", { requests: 41 }], ["readings", { requests: 1 }]]);
  assertEquals(secondsOfRun(JOB, more, later), 25 * hour);
});
