import { assertEquals } from "@std/assert";
import { WindowsLeft } from "../../lib/report/windows_left.ts";
import { plainLines } from "../../lib/report/plain_lines.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { planned, WEEK, windowDone, windowFailed } from "./events.ts";

Deno.test("WindowsLeft counts the windows of all streams that are neither done nor failed", () => {
  const left = new WindowsLeft(new AbortController().signal);
  left.fold(planned({ windows: 376 }));
  left.fold(planned({ stream: "racecards", windows: 4 }));
  for (let n = 0; n < 4; n++) left.fold(windowDone());
  left.fold(windowFailed("503"));
  assertEquals(left.count, 375);
});

Deno.test("WindowsLeft prefers what was read over the forecast, unless the run was stopped", () => {
  for (const isStopped of [false, true]) {
    const stop = new AbortController();
    const left = new WindowsLeft(stop.signal);
    left.fold(planned({ windows: 9 }));
    left.fold(planned({ stream: "racecards", windows: 4 }));
    left.fold(windowDone({ subject: { ...WEEK, stream: "racecards" } }));
    if (isStopped) stop.abort();
    left.fold({ kind: "stream_finished", stream: "racecards", planned: 1, skipped: 0 });
    assertEquals(left.count, isStopped ? 12 : 9);
  }
});

Deno.test("the last line of a run that ended early counts all windows of the range", () => {
  const summary = {
    ...emptySummary("r1"),
    outcome: "interrupted" as const,
    windows: { planned: 7, done: 5, failed: 0, skipped: 0, left: 375 },
  };
  const lastLine = () => plainLines({ kind: "run_finished", summary }).at(-1);
  assertEquals(lastLine(), "interrupted: 5 of 380 windows, 0 requests, 0.0 s");
  summary.windows = { planned: 5, done: 4, failed: 1, skipped: 100, left: 275 };
  assertEquals(
    lastLine(),
    "interrupted: 104 of 380 windows, 0 requests, 1 failed, 100 done before, 0.0 s",
  );
});
