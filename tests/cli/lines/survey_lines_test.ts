import { rangeOf } from "../../../lib/cli/run_options.ts";
import { assertEquals } from "@std/assert";
import type { Survey } from "../../../lib/checkpoint/survey.ts";
import { surveyLines } from "../../../lib/cli/lines/survey_lines.ts";
import { jobOf } from "../../plan/jobs.ts";

const JOB = jobOf({
  courses: {},
  racecards: { window: "day", start: "2023-01-23" },
  results: { window: "auto" },
});

const totals = (windows: number, done: number, seconds: number) => ({
  windows,
  done,
  left: windows - done,
  requests: windows,
  requests_left: windows - done,
  rows: windows * 420,
  rows_left: (windows - done) * 420,
  seconds,
  seconds_left: seconds / 2,
  at_least: false,
});

Deno.test("surveyLines() has a line per stream, with its own dates, and one for all", () => {
  const survey: Survey = {
    ...totals(1366, 666, 683),
    streams: {
      courses: totals(1, 1, 0.5),
      racecards: totals(1365, 665, 682.5),
      results: totals(0, 0, 0),
    },
  };
  const options = {
    start: "2022-01-01",
    end: "2025-10-18",
    groups: [],
    only: [],
    with: [],
    without: [],
    params: {},
  };
  assertEquals(surveyLines(JOB, rangeOf(options), survey, 0), [
    "stream     dates                     windows  done  left  requests     rows  time         time left",
    "courses    -                               1     1     0         1      420  0.5 s        0.3 s",
    "racecards  2023-01-23 .. 2025-10-18    1,365   665   700     1,365  573,300  11 min 23 s  5 min 41 s",
    "results    2022-01-01 .. 2025-10-18        0     0     0         0        0  0.0 s        0.0 s",
    "all                                    1,366   666   700     1,366  573,720  11 min 23 s  5 min 42 s",
    "",
    "left: about 700 requests, 294,000 rows, 5 min 42 s at the allowed rate",
    "Requests and rows are forecast from the plan, the limits and the measurements of earlier runs.",
  ]);
});
