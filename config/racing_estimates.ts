// Owns docs/estimates.md: how long the racing job takes for a day, a month, a year, 2015 to now and 1988
// to now. It is computed from the job file with the arithmetic of `--check-status`, on an empty
// checkpoint and without a look at clock, database or source: the same job gives the same page.
import type { Survey } from "../lib/checkpoint/survey.ts";
import { surveyOf } from "../lib/checkpoint/survey.ts";
import type { Job } from "../lib/config/schema/job.ts";
import type { Extent } from "../lib/plan/forecast.ts";
import { forecastStream, tightest } from "../lib/plan/forecast.ts";
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
    `This page is made by \`deno task docs\` from the job \`${job.job}\`, and a test makes it again and fails`,
    `where it differs. "Now" is ${LAST_DAY}. For other dates, or what is left of a backfill that has begun, ask:`,
    "",
    "    deno task backfill --check-status --start-date 2015-01-01",
    "",
    "That sends no request; it uses the same arithmetic with what your runs have measured.",
  ];
}

function columnsExplained(job: Job): string[] {
  return [
    "*Requests* are pages. *Rows* are those of all tables together before they are merged: most horses and people",
    "are known already, so the tables grow by less. *Day by day* is what asking each endpoint for each day",
    `would take; windows of results hold up to ten pages instead, and racecards are not asked for before`,
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
    `1. Dates: of each stream those of the range for which the source has anything (\`start\` in the job file).`,
    `2. Records: ${
      perDay(results)
    } races a day, as the job file says (\`forecast\`); once a stream has fetched three windows, what`,
    `   was measured. Each is about ${
      results?.forecast?.rows_per_record ?? 1
    } rows: the race, its runners, and for each runner horse, jockey, trainer,`,
    "   owner, sire, dam, damsire and pedigree.",
    "3. Windows: racecards a day each, because the endpoint takes one date; results as many days as hold ten pages",
    "   (lib/plan/auto_window.ts).",
    "4. Requests: as many as the records of a window fill pages, the last of them half full on average.",
    `5. Time: requests divided by the tightest limit. Streams of a group run side by side and share`,
    `   ${
      formatRate(tightest(job.source.limits) ?? Infinity)
    }; groups run one after the other. Latency does not count: several requests are under way at once.`,
    "",
    "lib/plan/forecast.ts is the arithmetic, and tests/journeys/fewer_requests_test.ts holds it against the windows that a run",
    "really cuts over ten years of the sandbox: it keeps within a tenth.",
    "",
    "## What they leave out",
    "",
    "- Retries, and answers that take longer than the limit allows for: see `deno task doctor`.",
    "- The database, which takes rows several times faster than the API gives them (docs/benchmarks.md).",
    `- \`--with horse_profiles\`: a request for each horse that no racecard has described, at ${
      formatRate(profiles)
    }, so`,
    `  ${
      formatNumber(profiles * 3600)
    } horses an hour. \`--check-status --with horse_profiles\` counts them.`,
    "- `--region-codes gb ire` brings fewer races, so fewer pages of results, and as many racecards.",
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
  const settleDays = (name: string) => Math.ceil((job.streams[name]?.settle ?? 0) / 86_400_000);
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
