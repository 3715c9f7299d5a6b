import { assert, assertEquals } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { logLines, streamOf } from "../../lib/report/log_line.ts";
import { plainLines } from "../../lib/report/plain_lines.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { planned, request, WEEK, windowDone, windowFailed } from "./events.ts";

/** The lines of an event with single spaces; another test checks their columns. */
function said(event: RunEvent): string[] {
  return plainLines(event).map((line) => line.replace(/ +/g, " ").trim());
}

Deno.test("plainLines() shows the plan of a stream", () => {
  assertEquals(said(planned()), [
    "results 2024-01-01 .. 2024-03-31 13 windows 4 done 9 left 28 requests at 2/s, about 14 s",
  ]);
  assertEquals(said(planned({ exact: false, requestsPerSecond: null })), [
    "results 2024-01-01 .. 2024-03-31 ~13 windows 4 done 9 left ~28 requests, about 14 s",
  ]);
  assertEquals(said(planned({ range: null, windows: 1, skipped: 0, requests: 0 })), [
    "results all 1 window 0 done 1 left nothing to fetch",
  ]);
});

Deno.test("plainLines() shows the outcome of a window", () => {
  assertEquals(said(windowDone()), [
    "results 2024-03-02 .. 2024-03-08 4 pages 364 records 3,702 rows 3,690 new 12 changed 2.1 s",
  ]);
  assertEquals(said(windowDone({ counts: undefined, pages: 1, records: 1, rejected: 2 })), [
    "results 2024-03-02 .. 2024-03-08 1 page 1 record 3,702 rows 2.1 s 2 rejected",
  ]);
  assertEquals(said(windowFailed("503 from /v1/results")), [
    "results 2024-03-02 .. 2024-03-08 failed: 503 from /v1/results",
  ]);
});

Deno.test("plainLines() aligns the columns of windows", () => {
  const lines = [
    windowDone(),
    windowDone({
      pages: 1,
      records: 7,
      rows: 12,
      counts: { inserted: 1, updated: 0, unchanged: 0 },
    }),
    windowDone({ subject: { ...WEEK, stream: "racecards", to: "2024-03-03" }, records: 20_000 }),
  ].flatMap(plainLines);
  for (const word of ["record", "row", "new", "changed"]) {
    assertEquals(new Set(lines.map((line) => line.indexOf(word))).size, 1, word);
  }
});

Deno.test("plainLines() shows a rejected row with its column and the beginning of its value", () => {
  const rejected = {
    kind: "row_rejected" as const,
    subject: WEEK,
    table: "readings",
    column: "level",
    reason: "is not a number",
  };
  assertEquals(said({ ...rejected, value: '"x"' }), [
    'results 2024-03-02 .. 2024-03-08 rejected a row of readings.level: is not a number ("x")',
  ]);
  const [line] = said({ ...rejected, column: null, value: "y".repeat(1000) });
  assertEquals(
    line,
    `results 2024-03-02 .. 2024-03-08 rejected a row of readings: is not a number (${
      "y".repeat(120)
    }...)`,
  );
});

Deno.test("plainLines() ends with tables, counts and the outcome", () => {
  const summary = {
    ...emptySummary("r1"),
    outcome: "failed" as const,
    seconds: 83,
    requests: 28,
    refused: 1,
    retries: 2,
    windows: { planned: 9, done: 8, failed: 1, skipped: 4 },
    rows: {
      ra_races: { inserted: 364, updated: 0, unchanged: 0 },
      untouched: { inserted: 0, updated: 0, unchanged: 0 },
    },
    rejected: 3,
  };
  assertEquals(plainLines({ kind: "run_finished", summary }), [
    "  ra_races                        364 new         0 changed         0 unchanged",
    "failed: 8 of 9 windows, 28 requests, 1 failed, 4 done before, 3 rows rejected, 2 retries, " +
    "1 request refused, 1 min 23 s",
  ]);
});

Deno.test("plainLines() has no line for requests, batches and the ends of streams", () => {
  assertEquals(plainLines(request({ kind: "requested" })), []);
  assertEquals(
    plainLines({ kind: "stream_finished", stream: "results", planned: 1, skipped: 0 }),
    [],
  );
  const counts = new Map();
  assertEquals(plainLines({ kind: "batch_written", counts, rows: 1, windows: 1, ms: 1 }), []);
});

Deno.test("plainLines() and logLines() keep an event on one line, whatever the API sent", () => {
  const failed = windowFailed("500\r\nforged line\x1b[31m");
  assertEquals(said(failed), [
    "results 2024-03-02 .. 2024-03-08 failed: 500 forged line [31m",
  ]);
  const [logged, ...more] = logLines(failed, 0);
  assertEquals(more, []);
  assert(/^1970-01-01T00:00:00\.000Z results .* failed: 500 forged line \[31m$/.test(logged!));
});

Deno.test("logLines() logs responses, refusals and retries, but not a request that is sent", () => {
  const log = (event: Parameters<typeof request>[0]) => logLines(request(event), 0);
  assertEquals(log({ kind: "requested" }), []);
  assertEquals(log({ kind: "answered", status: 200, ms: 12.6, bytes: 512 }), [
    "1970-01-01T00:00:00.000Z 200 GET https://api.test/v1/results 13 ms 512 bytes",
  ]);
  assertEquals(log({ kind: "refused", status: 429, retryAfterMs: null }), [
    "1970-01-01T00:00:00.000Z refused GET https://api.test/v1/results: retry after ? ms",
  ]);
  assertEquals(log({ kind: "retrying", reason: "503", waitMs: 250.4 }), [
    "1970-01-01T00:00:00.000Z retrying GET https://api.test/v1/results in 250 ms: 503",
  ]);
});

Deno.test("streamOf() names the stream of an event, and is undefined for events of the run", () => {
  assertEquals(streamOf(windowDone()), "results");
  assertEquals(streamOf(planned()), "results");
  assertEquals(streamOf(request({ kind: "requested" })), "results");
  assertEquals(streamOf({ kind: "run_finished", summary: emptySummary("r1") }), undefined);
  assertEquals(streamOf({ kind: "warning", message: "m" }), undefined);
});
