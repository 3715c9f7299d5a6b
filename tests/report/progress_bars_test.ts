import { assert, assertEquals } from "@std/assert";
import { Progress } from "../../lib/report/progress_bars.ts";
import { planned, request, WEEK, windowDone, windowFailed } from "./events.ts";

/** A view of one stream and a clock that the test moves. */
function view(more: Parameters<typeof planned>[0] = {}) {
  const clock = { ms: 0 };
  const progress = new Progress(() => clock.ms);
  progress.fold(planned(more));
  return { clock, progress, line: (columns = 200) => progress.render(columns)[0]! };
}

Deno.test("Progress shows a stream's share of its dates, windows, rows and the time left", () => {
  const { clock, progress, line } = view();
  assertEquals(
    line(),
    "results      [........................]   0 %  0 windows  0 rows  14 s left",
  );
  clock.ms = 4000;
  for (let week = 0; week < 3; week++) progress.fold(windowDone());
  assertEquals(
    line(),
    "results      [########................]  33 %  3 windows  11,106 rows  9.3 s left",
  );
  progress.fold(windowFailed("503"));
  assert(line().includes("44 %") && line().includes("1 failed"), line());
});

Deno.test("Progress shows the rate of the last seconds and the allowed one", () => {
  const { clock, progress, line } = view();
  for (; clock.ms < 20_000; clock.ms += 500) progress.fold(request({ kind: "requested" }));
  assert(line().includes("2/s of 2/s"), line());
});

Deno.test("Progress is full, without rate and time left, when the stream has finished", () => {
  const { progress, line } = view({ windows: 1, minutes: 0 });
  progress.fold(windowDone({ subject: { ...WEEK, from: null, to: null }, rows: 1 }));
  assert(line().includes("100 %"), line());
  progress.fold({ kind: "stream_finished", stream: "results", planned: 1, skipped: 0 });
  assertEquals(line(), "results      [########################] 100 %  1 window  1 row");
});

Deno.test("Progress shows no stream that has nothing to do, and no line wider than the terminal", () => {
  const { progress, line } = view();
  progress.fold(planned({ stream: "racecards", windows: 0 }));
  progress.fold(windowDone({ subject: { ...WEEK, stream: "racecards" } }));
  assertEquals(progress.render(200).length, 1);
  assertEquals(line(40).length, 39);
});

Deno.test("Progress shows below the bars since when the API is unreachable, until it responds", () => {
  const { progress } = view();
  const [sinceMs, untilMs] = [Date.UTC(2026, 10, 28, 2, 14), Date.UTC(2026, 10, 28, 2, 19)];
  const wait = { kind: "outage", reason: "connection refused", sinceMs, untilMs } as const;
  progress.fold({ kind: "waiting", wait });
  assertEquals(
    progress.render(200)[1],
    "API unreachable since 02:14 UTC, next try 02:19 UTC: connection refused",
  );
  progress.fold({ kind: "waiting", wait: null });
  assertEquals(progress.render(200).length, 1);
});
