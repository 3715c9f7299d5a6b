import { assertEquals } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { foldSummary } from "../../lib/report/fold_summary.ts";
import { emptySummary, orderTables } from "../../lib/report/summary.ts";
import { planned, request, windowDone, windowFailed } from "./events.ts";

Deno.test("foldSummary() counts requests, windows, rows and rejections once each", () => {
  const summary = emptySummary("r1");
  const counts = { inserted: 1, updated: 2, unchanged: 3 };
  const events: RunEvent[] = [
    planned(),
    request({ kind: "requested" }),
    request({ kind: "refused", status: 429, retryAfterMs: 100 }),
    request({ kind: "retrying", reason: "429", waitMs: 100 }),
    request({ kind: "requested", attempt: 2 }),
    request({ kind: "answered", status: 200, ms: 1, bytes: 1 }),
    {
      kind: "batch_written",
      counts: new Map([["a", counts], ["b", counts]]),
      rows: 12,
      windows: 1,
      ms: 1,
    },
    { kind: "batch_written", counts: new Map([["a", counts]]), rows: 6, windows: 1, ms: 1 },
    windowDone({ rejected: 2 }),
    windowDone(),
    windowFailed("503"),
    { kind: "stream_finished", stream: "results", planned: 3, skipped: 4 },
    { kind: "stream_finished", stream: "racecards", planned: 1, skipped: 1 },
  ];
  for (const event of events) foldSummary(summary, event);
  assertEquals(summary, {
    ...emptySummary("r1"),
    requests: 2,
    refused: 1,
    retries: 1,
    windows: { planned: 4, done: 2, failed: 1, skipped: 5 },
    rows: {
      a: { inserted: 2, updated: 4, unchanged: 6 },
      b: { inserted: 1, updated: 2, unchanged: 3 },
    },
    rejected: 2,
  });
});

Deno.test("orderTables() lists tables as the job file does, whichever received rows first", () => {
  const counts = { inserted: 1, updated: 0, unchanged: 0 };
  const summary = { ...emptySummary("r1"), rows: { runners: counts, races: counts } };
  orderTables(summary, ["courses", "races", "runners"]);
  assertEquals(Object.keys(summary.rows), ["races", "runners"]);
});
