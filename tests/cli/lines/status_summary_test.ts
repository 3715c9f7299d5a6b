import { assert, assertEquals } from "@std/assert";
import { summaryLines } from "../../../lib/cli/lines/status_summary.ts";
import type { Status, StreamStatus } from "../../../lib/cli/lines/status_lines.ts";
import { cellsOf, paint, textOf } from "../../../lib/cli/terminal/paint.ts";
import { parseCivil } from "../../../lib/plan/time/civil.ts";

function range(from: string, to: string) {
  return { from: parseCivil(from)!, to: parseCivil(to)! };
}

function stream(more: Partial<StreamStatus>): StreamStatus {
  return {
    ...{ group: "events", scope: "", coverage: [], empty: [], unsettled: [], gaps: [] },
    ...{ failed: [], rejected: [], fetched_at: null, items: 0, rows: 0, scopes: [] },
    ...{ isDated: true, feeds: [], failedWindows: [], values: 0, missing_values: 0 },
    ...more,
  };
}

const entry = { window: null, each: "", at: "2026-11-28T09:00:00Z", reason: "503", hint: null };

const STATUS: Status = {
  ...{ job: "racing", target: "postgres://me@localhost:5432/racing" },
  ...{ tables: { races: 1_234_567, runners: 3 }, archive: null, workers: [], drift: [] },
  runs: [{
    ...{ run: "r1", startedAt: "2026-11-28T09:00:00Z", endedAt: "2026-11-28T10:00:00Z" },
    options: {},
    summary: {
      ...{ outcome: "failed", windows: { done: 100 }, requests: 1234, seconds: 3600 },
    },
  }],
  streams: {
    courses: stream({ isDated: false, fetched_at: "2026-11-28T09:00:00Z", items: 20 }),
    racecards: stream({
      coverage: [range("2015-01-01", "2026-11-28")],
      unsettled: [range("2026-10-29", "2026-11-28")],
      empty: [range("2020-04-01", "2020-07-01")],
    }),
    results: stream({
      coverage: [
        range("2015-01-01", "2018-05-01"),
        range("2019-01-01", "2022-02-10"),
        range("2022-02-12", "2026-11-01"),
      ],
      gaps: [
        range("2018-05-01", "2019-01-01"),
        range("2022-02-10", "2022-02-12"),
        range("2026-11-01", "2026-11-28"),
      ],
      failed: [entry],
      failedWindows: [range("2022-02-10", "2022-02-12")],
      rejected: [entry, entry],
    }),
    odds: stream({}),
  },
};

function shown(columns: number, unicode = true, rows = 24): string[] {
  return summaryLines(STATUS, { columns, rows, unicode }).map((line) => textOf(line).trimEnd());
}

Deno.test("the summary at 80 columns: a character for each quarter", () => {
  assertEquals(shown(80), [
    "job racing in postgres://me@localhost:5432/racing",
    "96 % of 8,698 days  274 days missing  1 window failed",
    "      2 windows with rejected rows  1,234,570 rows in 2 tables",
    "last run 2026-11-28 09:00 UTC, failed  100 windows, 1,234 requests, 1 h 0 min",
    "",
    "courses    fetched 2026-11-28 09:00 UTC, 20 values",
    "racecards  100 %  █████████████████████░█████████████████████████▓",
    "results     93 %  █████████████▄__████████████×██████████████████▄",
    "           274 days missing, 1 failed, 2 with rejected rows",
    "odds       never fetched",
    "",
    "a quarter each: 2015-01-01 .. 2026-12-31",
    "█ done  ░ empty  ▓ unsettled  ▄ partly missing  _ missing  × failed",
  ]);
});

Deno.test("the summary at 60 columns: a character for each year", () => {
  assertEquals(shown(60).slice(6), [
    "",
    "courses    fetched 2026-11-28 09:00 UTC, 20 values",
    "racecards  100 %  ███████████▓",
    "results     93 %  ███▄███×███▄",
    "           274 days missing, 1 failed, 2 with rejected rows",
    "odds       never fetched",
    "",
    "a year each: 2015 .. 2026",
    "█ done  ░ empty  ▓ unsettled  ▄ partly missing  _ missing",
    "      × failed",
  ]);
});

Deno.test("the summary at 200 columns: a character for each month", () => {
  const lines = shown(200);
  assertEquals(
    lines[1],
    "96 % of 8,698 days  274 days missing  1 window failed  2 windows with rejected rows  " +
      "1,234,570 rows in 2 tables",
  );
  const strip = lines[5]!.slice("racecards  100 %  ".length);
  assertEquals([strip.length, strip.slice(61, 68)], [143, "██░░░██"]);
  assertEquals(strip.slice(-3), "█▓▓");
  assertEquals(lines.at(-2), "a month each: 2015-01-01 .. 2026-11-30");
});

Deno.test("strips without Unicode are drawn in ASCII", () => {
  assertEquals([...shown(80, false).slice(6, 8), shown(80, false).at(-1)], [
    "racecards  100 %  #####################.#########################~",
    "results     93 %  #############+__############x##################+",
    "# done  . empty  ~ unsettled  + partly missing  _ missing  x failed",
  ]);
});

Deno.test("the summary of a fortnight has a character for each day", () => {
  const streams = {
    races: stream({
      coverage: [range("2026-11-01", "2026-11-10")],
      gaps: [range("2026-11-10", "2026-11-15")],
    }),
  };
  const lines = summaryLines({ ...STATUS, streams }, { columns: 80, rows: 24, unicode: true })
    .map(textOf);
  assertEquals(lines.slice(4, 6), ["races   64 %  █████████_____  5 days missing", ""]);
  assertEquals(lines[6], "a day each: 2026-11-01 .. 2026-11-14");
});

Deno.test("failures are red, and no line is wider than the terminal or beyond its end", () => {
  const streams = Object.fromEntries(
    Array.from(
      { length: 60 },
      (_, n) => [`stream_${n}`, STATUS.streams[n === 50 ? "results" : "racecards"]!],
    ),
  );
  for (let columns = 40; columns < 220; columns += 7) {
    const room = { columns, rows: 24, unicode: true };
    const lines = summaryLines({ ...STATUS, streams }, room, 3);
    assert(lines.length <= 21, String(lines.length));
    for (const line of lines) assert(cellsOf(textOf(line)) < columns, textOf(line));
    const text = lines.map((line) => paint(line, true, (text) => text)).join("\n");
    assert(text.includes("stream_50") && text.includes("\x1b[31m1 failed\x1b[0m"), text);
    assert(/and \d+ more streams/.test(text), text);
  }
});

Deno.test("a day that is done in part is one day, not two", () => {
  const hours = stream({
    coverage: [range("2026-11-27T00:00", "2026-11-28T05:00")],
    gaps: [range("2026-11-28T05:00", "2026-11-28T06:00")],
  });
  const lines = summaryLines({ ...STATUS, streams: { hours } }, {
    columns: 80,
    rows: 24,
    unicode: true,
  })
    .map((line) => textOf(line).trimEnd());
  assertEquals(lines[1], "96 % of 2 days  1 day missing  1,234,570 rows in 2 tables");
  assertEquals(lines.find((line) => line.startsWith("hours")), "hours   96 %  █▄  1 day missing");
});

Deno.test("a stream whose values are not all fetched is not complete, and no day of it is", () => {
  const sensors = stream({
    ...{ coverage: [range("2026-11-01", "2026-11-04")], values: 2, missing_values: 1 },
  });
  const lines = summaryLines({ ...STATUS, streams: { sensors } }, {
    columns: 80,
    rows: 24,
    unicode: true,
  })
    .map((line) => textOf(line).trimEnd());
  assertEquals(lines[1], "66 % of 3 days  1 value missing  1,234,570 rows in 2 tables");
  assertEquals(
    lines.find((line) => line.startsWith("sensors")),
    "sensors   66 %  ▄▄▄  1 value missing",
  );
});

Deno.test("a day that is done of one value and missing of another is one day", () => {
  const sensors = stream({
    ...{ coverage: [range("2026-11-01", "2026-11-11")], values: 2 },
    gaps: [range("2026-11-06", "2026-11-11")],
  });
  const lines = summaryLines({ ...STATUS, streams: { sensors } }, {
    columns: 80,
    rows: 24,
    unicode: true,
  })
    .map((line) => textOf(line).trimEnd());
  assertEquals(lines[1], "50 % of 10 days  5 days missing  1,234,570 rows in 2 tables");
});

Deno.test("the summary counts the failed windows of streams without dates too", () => {
  const courses = stream({ isDated: false, failed: [entry, entry] });
  const [, line] = summaryLines({ ...STATUS, streams: { courses } }, {
    columns: 80,
    rows: 24,
    unicode: true,
  });
  assertEquals(textOf(line!), "no dates fetched  2 windows failed  1,234,570 rows in 2 tables");
});
