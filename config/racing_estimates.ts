// Owns docs/estimates.md: how long the racing job takes for a day, a month, a year, 2015 to now and 1988
// to now. It is computed from the job file with the arithmetic of `--check-status`, on an empty
// checkpoint and without a look at clock, database or source: the same job gives the same page.
import { lastAgeMs } from "../lib/plan/settling.ts";
import type { Survey } from "../lib/checkpoint/survey.ts";
import { surveyOf } from "../lib/checkpoint/survey.ts";
import type { Job } from "../lib/config/schema/job.ts";
import { forecastStream, tightest } from "../lib/plan/forecast.ts";
import type { Extent } from "../lib/plan/request_forecast.ts";
import { MINUTES_PER_DAY, parseCivil } from "../lib/plan/time/civil.ts";
import { rangeOf } from "../lib/plan/needed.ts";
import { selectStreams } from "../lib/plan/stage.ts";
import { countWindows } from "../lib/plan/stream_plan.ts";
import type { Window } from "../lib/plan/time/window.ts";
import {
  formatNumber,
  formatRate,
  formatSeconds,
  formatWindow,
} from "../lib/report/text/format.ts";

/** The last day of the estimates, which stands for yesterday; fixed, so that the page is. */
const LAST_DAY = "2025-10-19";

/** What is estimated, by the first day. */
const RANGES: readonly (readonly [what: string, first: string, last: string])[] = [
  ["a day", LAST_DAY, LAST_DAY],
  ["a month", "2025-09-01", "2025-09-30"],
  ["a year", "2024-01-01", "2024-12-31"],
  ["2015 to now", "2015-01-01", LAST_DAY],
  ["1988 to now", "1988-01-01", LAST_DAY],
];

const NOTHING: Extent = { minutes: 0, windows: 0 };

/** The text of docs/estimates.md for a job. */
export function estimatesPage(job: Job): string {
  const { limits } = job.source;
  const shared = formatRate(tightest(limits) ?? Infinity);
  return [
    ...opening(job),
    "",
    `## All streams, at ${shared}`,
    "",
    ...table([
      ["what", "dates", "requests", "time", "rows", "day by day"],
      ...RANGES.map((range) => rangeCells(job, range)),
      updateCells(job),
    ]),
    "",
    ...columnsExplained(job),
    "",
    "## 2015 to now, stream by stream",
    "",
    ...table([
      ["stream", "dates", "windows", "requests", "limit", "time, alone"],
      ...streamRows(job, rangeFrom("2015-01-01", LAST_DAY)),
    ]),
    "",
    ...explained(job),
    "",
  ].join("\n");
}

function opening(job: Job): string[] {
  return [
    "# How long a backfill takes",
    "",
    `\`deno task docs\` generates this page from the job \`${job.job}\`, and a test fails when it is out of date.`,
    `"Now" is ${LAST_DAY}. For other dates, or for the rest of a backfill that has started, run:`,
    "",
    "    deno task backfill --check-status --start-date 2015-01-01",
    "",
    "The command sends no request. It uses the same arithmetic with the measurements of your runs.",
  ];
}

function columnsExplained(job: Job): string[] {
  return [
    "*Requests* counts pages. *Rows* counts the rows of all tables before they are merged: most horses and people",
    "are already known, so the tables grow by less. *Day by day* is the number of requests with one request per",
    `endpoint and day; windows of results hold up to ten pages instead, and racecards are not requested before`,
    `${
      firstDayOf(job, "racecards")
    }. *The daily update* is yesterday and the days whose results may still change.`,
  ];
}

function explained(job: Job): string[] {
  const { racecards, results, horse_profiles } = job.streams;
  const perDay = (stream: typeof racecards) => stream?.forecast?.records_per_day ?? 0;
  const profiles = tightest([...job.source.limits, ...(horse_profiles?.limits ?? [])]) ?? 1;
  return [
    "## How they are computed",
    "",
    `1. Dates: for each stream, the dates of the range for which the API has data (\`start\` in the job file).`,
    `2. Records: ${
      perDay(results)
    } races a day, as declared in the job file (\`forecast\`); once a stream has fetched three windows, the`,
    `   measured number. Each becomes about ${
      results?.forecast?.rows_per_record ?? 1
    } rows: the race, its runners, and for each runner horse, jockey, trainer,`,
    "   owner, sire, dam, damsire and pedigree.",
    "3. Windows: one day each for racecards, because the endpoint accepts one date; for results as many days as fill ten pages",
    "   (lib/plan/auto_window.ts).",
    "4. Requests: the number of pages that the records of a window fill; the last page is half full on average.",
    `5. Time: requests divided by the tightest limit. Streams of a group run side by side and share`,
    `   ${
      formatRate(tightest(job.source.limits) ?? Infinity)
    }; groups run one after the other. Latency does not count, because several requests are in flight at once.`,
    "",
    "lib/plan/forecast.ts contains the arithmetic. tests/journeys/fewer_requests_test.ts compares it with the windows that a run",
    "actually cuts over ten years of the sandbox; the two differ by less than a tenth.",
    "",
    "## What they do not include",
    "",
    "- Retries, and responses that take longer than the limit allows for; `deno task doctor` shows the response time.",
    "- Writing to the database, which is several times faster than the API (docs/benchmarks.md).",
    `- \`--with horse_profiles\`: a request for each horse that no racecard has described, at ${
      formatRate(profiles)
    }, so`,
    `  ${
      formatNumber(profiles * 3600)
    } horses an hour. \`--check-status --with horse_profiles\` counts them.`,
    "- `--region-codes gb ire`, which returns fewer races: fewer pages of results, and the same number of racecards.",
    "  `--check-status --region-codes gb ire` uses what runs with these codes have measured, once there are any.",
    "- A faster plan of the API: change `limits` of `source` in config/racing.yaml, and run `deno task docs`.",
  ];
}

function rangeCells(job: Job, [what, first, last]: (typeof RANGES)[number]): string[] {
  const range = rangeFrom(first, last);
  const survey = forecast(job, () => range);
  const days = (range.to - range.from) / MINUTES_PER_DAY;
  return cells(what, formatWindow(range), survey, days * 2);
}

/** Yesterday, and as many days before as a stream's `settle` says may still change. */
function updateCells(job: Job): string[] {
  const { to } = rangeFrom(LAST_DAY, LAST_DAY);
  const settleDays = (name: string) => Math.ceil(lastAgeMs(job.streams[name]?.settle) / 86_400_000);
  const days = (name: string) => Math.max(1, settleDays(name));
  const events = Object.keys(job.streams).filter((name) => job.streams[name]!.window !== undefined);
  const survey = forecast(
    job,
    (name) => ({ from: to - days(name) * MINUTES_PER_DAY, to }),
    events,
  );
  const asked = events.reduce((sum, name) => sum + days(name), 0);
  return cells("the daily update", "", survey, asked);
}

function cells(what: string, dates: string, survey: Survey, dayByDay: number): string[] {
  return [
    what,
    dates,
    formatNumber(survey.requests),
    formatSeconds(survey.seconds),
    formatNumber(survey.rows),
    formatNumber(dayByDay),
  ];
}

function streamRows(job: Job, range: Window): string[][] {
  const { streams } = forecast(job, () => range);
  return Object.entries(streams).map(([name, totals]) => {
    const stream = job.streams[name]!;
    const own = rangeOf(stream, range);
    const limit = tightest([...job.source.limits, ...stream.limits]);
    return [
      name,
      own === undefined ? "" : formatWindow(own),
      formatNumber(totals.windows),
      formatNumber(totals.requests),
      totals.requests === 0 || limit === undefined ? "" : formatRate(limit),
      formatSeconds(totals.seconds),
    ];
  });
}

/** The forecast of streams over ranges, with nothing done and nothing measured. */
function forecast(
  job: Job,
  rangeFor: (stream: string) => Window,
  streams = selectStreams(job, { groups: [], only: [], with: [], without: [] }),
): Survey {
  return surveyOf(
    job,
    new Map(streams.map((name) => {
      const stream = job.streams[name]!;
      const range = rangeOf(stream, rangeFor(name));
      const left = range === undefined
        ? { minutes: 0, windows: stream.window === undefined ? 1 : 0 }
        : { minutes: range.to - range.from, windows: countWindows([range], stream) };
      return [name, forecastStream(stream, NOTHING, left, undefined)];
    })),
  );
}

function rangeFrom(first: string, last: string): Window {
  return { from: parseCivil(first)!, to: parseCivil(last)! + MINUTES_PER_DAY };
}

function firstDayOf(job: Job, stream: string): string {
  const from = job.streams[stream]?.start ?? 0;
  return formatWindow({ from, to: from + MINUTES_PER_DAY });
}

function table([header, ...rows]: string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header!), line(header!.map((_, at) => at < 2 ? "---" : "---:")), ...rows.map(line)];
}
