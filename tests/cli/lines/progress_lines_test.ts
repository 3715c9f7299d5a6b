import { assert, assertEquals } from "@std/assert";
import { progressLines } from "../../../lib/cli/lines/progress_lines.ts";
import { cellsOf, paint, textOf } from "../../../lib/cli/terminal/paint.ts";
import type { RunProgress, StreamProgress } from "../../../lib/console/state/run_progress.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

function stream(name: string, more: Partial<StreamProgress> = {}): StreamProgress {
  return {
    ...{ stream: name, range: null, windows: 190, done: 89, failed: 0, rows: 178_102 },
    ...{ share: 0.47, requestsLeft: 101, openPages: 0, perSecond: 1.334, finished: false },
    openEnded: false,
    ...more,
  };
}

function run(more: Partial<RunProgress> = {}): RunProgress {
  return {
    ...{ run: "r1", host: null, startedAtMs: 0, ended: false, requests: 1234, refused: 0 },
    ...{ wait: null, rates: [], allowed: 2, perSecond: 1.998, doneAtMs: NOW + 9_120_000 },
    limit: { text: "2/s", stream: null, allowed: 2, used: 1.998 },
    atLeast: false,
    streams: [
      stream("racecards"),
      stream("results", { failed: 2, openPages: 3, perSecond: 0.664, rows: 1_512_045 }),
      stream("courses", {
        ...{ windows: 1, done: 1, share: 1, rows: 127, requestsLeft: 0 },
        ...{ perSecond: null, finished: true },
      }),
    ],
    ...more,
  };
}

function shown(columns: number, of = run(), { rows = 24, unicode = true } = {}): string[] {
  return progressLines(of, { columns, rows, unicode }, NOW).map(textOf);
}

Deno.test("progress at 80 columns: the run on two lines, a line per stream", () => {
  assertEquals(shown(80), [
    " 47 %  179 of 381 windows  2 failed  1,234 requests, 202 left  1,690,274 rows",
    "      2/s of 2/s  2 h 32 min left, until 14:32 UTC",
    "racecards   47 %  89 of 190 windows              178,102 rows  1.34/s",
    "results     47 %  89 of 190 windows  +3 pages  1,512,045 rows  0.66/s  2 failed",
    "courses    100 %     1 of 1 window                   127 rows",
  ]);
});

Deno.test("progress at 60 columns: nothing that matters is left out", () => {
  assertEquals(shown(60), [
    " 47 %  ██████████▎░░░░░░░░░░░  179 of 381 windows  2 failed",
    "      1,234 requests, 202 left  1,690,274 rows  2/s of 2/s",
    "      2 h 32 min left, until 14:32 UTC",
    "racecards   47 %  89 of 190    178,102 rows",
    "results     47 %  89 of 190  1,512,045 rows  2 failed",
    "courses    100 %     1 of 1        127 rows",
  ]);
});

Deno.test("progress at 200 columns: one line for the run, with bars", () => {
  assertEquals(shown(200), [
    " 47 %  ██████████████████▊░░░░░░░░░░░░░░░░░░░░░  179 of 381 windows  2 failed  1,234 requests, 202 left  1,690,274 rows  2/s of 2/s  2 h 32 min left, until 14:32 UTC",
    "racecards  ██████████████████▊░░░░░░░░░░░░░░░░░░░░░   47 %  89 of 190 windows              178,102 rows  1.34/s",
    "results    ██████████████████▊░░░░░░░░░░░░░░░░░░░░░   47 %  89 of 190 windows  +3 pages  1,512,045 rows  0.66/s  2 failed",
    "courses    ████████████████████████████████████████  100 %     1 of 1 window                   127 rows",
  ]);
});

Deno.test("progress without Unicode draws bars in ASCII", () => {
  assertEquals(shown(120, run(), { unicode: false }), [
    " 47 %  [############..............]  179 of 381 windows  2 failed  1,234 requests, 202 left  1,690,274 rows  2/s of 2/s",
    "      2 h 32 min left, until 14:32 UTC",
    "racecards  [################....................]   47 %  89 of 190 windows              178,102 rows  1.34/s",
    "results    [################....................]   47 %  89 of 190 windows  +3 pages  1,512,045 rows  0.66/s  2 failed",
    "courses    [####################################]  100 %     1 of 1 window                   127 rows",
  ]);
});

Deno.test("progress names failures and waits in words, and colors them", () => {
  const wait = {
    ...{ kind: "outage" as const, reason: "connection refused" },
    ...{ sinceMs: NOW - 60_000, untilMs: NOW + 240_000 },
  };
  const lines = progressLines(
    run({ wait, refused: 3 }),
    { columns: 80, rows: 24, unicode: true },
    NOW,
  );
  const text = lines.map((line) => paint(line, true, (text) => text)).join("\n");
  assert(text.includes("\x1b[31m2 failed\x1b[0m"), text);
  assert(text.includes("\x1b[33m3 refused\x1b[0m"), text);
  assertEquals(
    textOf(lines.at(-1)!),
    "API unreachable since 11:59 UTC, next try 12:04 UTC: connection refused",
  );
  assert(text.includes("\x1b[33mAPI unreachable since"), text);
});

Deno.test("no line of the progress is wider than the terminal, whatever its width", () => {
  const streams = Array.from({ length: 30 }, (_, n) => stream(`stream_with_a_long_name_${n}`));
  for (let columns = 21; columns < 220; columns++) {
    for (const line of shown(columns, run({ streams }), { rows: 50 })) {
      assert(cellsOf(line) < columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("progress never takes more lines than the terminal has, and counts the streams it leaves out", () => {
  const streams = Array.from(
    { length: 30 },
    (_, n) => stream(`s${n}`, n < 20 ? { finished: true, perSecond: null } : {}),
  );
  const lines = shown(100, run({ streams }), { rows: 10 });
  assertEquals(lines.length, 9);
  assert(lines[2]!.startsWith("s20 "), lines[2]);
  assertEquals(lines.at(-1), "and 24 more streams");
});

Deno.test("the rates of streams add up to the rate of the run", () => {
  const streams = Array.from({ length: 3 }, (_, n) => stream(`s${n}`, { perSecond: 2 / 3 }));
  const lines = shown(200, run({ streams, perSecond: 2 }));
  const shares = lines.slice(1).map((line) => Number(/([\d.]+)\/s/.exec(line)![1]));
  assertEquals(shares, [0.67, 0.67, 0.66]);
  assert(lines[0]!.includes("2/s of 2/s"), lines[0]);
});

Deno.test("the limit of a stream is shown with its name, and a slow one in its own unit", () => {
  const limit = { text: "20/h", stream: "results", allowed: 20 / 3600, used: 19.8 / 3600 };
  assert(shown(200, run({ limit }))[0]!.includes("  19.8/h of 20/h for results  "));
  assert(shown(200, run({ limit: null }))[0]!.includes("  2/s  "));
});

Deno.test("a run that has ended shows neither rate nor time", () => {
  const [line] = shown(200, run({ ended: true, doneAtMs: null }));
  assert(line!.endsWith("1,690,274 rows"), line);
});

Deno.test("the forecast end is shown with its date if it is not today", () => {
  const [, second] = shown(80, run({ doneAtMs: NOW + 13 * 86_400_000 }));
  assertEquals(second, "      2/s of 2/s  13 d 0 h left, until 2026-12-11 12:00 UTC");
});

Deno.test("progress of a feed shows neither a share nor an end", () => {
  const feed = stream("changes", {
    ...{ windows: 44, done: 44, share: 0, rows: 4400, requestsLeft: 1 },
    ...{ perSecond: 1.998, openEnded: true },
  });
  const alone = run({ streams: [feed], requests: 44, doneAtMs: null, atLeast: true });
  assertEquals(shown(80, alone), [
    "44 windows  44 requests  4,400 rows  2/s of 2/s",
    "changes  44 windows  4,400 rows  2/s",
  ]);
  const both = run({ streams: [feed, stream("racecards", { perSecond: 0 })], atLeast: true });
  const [whole, time, first, second] = shown(80, both);
  assertEquals([whole, time], [
    " 47 %  133 of 234 windows  1,234 requests, at least 102 left  182,502 rows",
    "      2/s of 2/s  at least 2 h 32 min left",
  ]);
  assertEquals(first!.indexOf("44 windows"), second!.indexOf("90 windows"));
});

Deno.test("progress shows the whole reason why the API is unreachable", () => {
  const wait = { kind: "outage", sinceMs: NOW, untilMs: NOW + 60_000 } as const;
  const reason = "the API responded with status 503";
  const lines = shown(60, run({ wait: { ...wait, reason }, doneAtMs: null }));
  assertEquals(lines.slice(-2), [
    "API unreachable since 12:00 UTC, next try 12:01 UTC: the",
    "    API responded with status 503",
  ]);
});
