// Formats the forecast of `--check-status`: a line per stream, then the total.
import type { Survey } from "../../checkpoint/survey.ts";
import type { Job } from "../../config/schema/job.ts";
import type { Window } from "../../plan/time/window.ts";
import { rangeOf } from "../../plan/needed.ts";
import {
  formatCount,
  formatNumber,
  formatSeconds,
  formatWindow,
} from "../../report/text/format.ts";
import { formatCompletion } from "../../report/text/wait.ts";
import { fitTable } from "./fit_table.ts";

const HEADER = [
  "stream",
  "dates",
  "windows",
  "done",
  "left",
  "requests",
  "rows",
  "time",
  "time left",
];

/** Columns that are left out where there is little room, the first one first. */
const DROP = ["time", "windows", "done", "dates", "rows"];

/** The forecast as aligned lines; its table fits into `width` cells. */
export function surveyLines(
  job: Job,
  range: Window,
  survey: Survey,
  nowMs: number,
  width?: number,
): string[] {
  const rows = Object.entries(survey.streams).map(([name, totals]) => {
    const own = rangeOf(job.streams[name]!, range);
    return [name, own === undefined ? "-" : formatWindow(own), ...cells(totals)];
  });
  return [
    ...fitTable([HEADER, ...rows, ["all", "", ...cells(survey)]], { width, drop: DROP }),
    "",
    `left: ${leftText(survey, nowMs)}`,
    "Requests and rows are forecast from the plan, the limits and the measurements of earlier runs.",
  ];
}

/** Requests, rows and time that are left, with the date of completion where it is a day or more ahead. */
export function leftText(survey: Omit<Survey, "streams">, nowMs: number): string {
  const { requests_left, rows_left, seconds_left, at_least } = survey;
  const done = formatCompletion(seconds_left, nowMs + 1_000 * seconds_left);
  const forecast = at_least ? "at least" : "about";
  return `${forecast} ${formatCount(requests_left, "request")}, ${
    formatCount(rows_left, "row")
  }, ` +
    `${formatSeconds(seconds_left)} at the allowed rate${done}`;
}

function cells(totals: Omit<Survey, "streams">): string[] {
  return [
    formatNumber(totals.windows),
    formatNumber(totals.done),
    formatNumber(totals.left),
    formatNumber(totals.requests),
    formatNumber(totals.rows),
    formatSeconds(totals.seconds),
    formatSeconds(totals.seconds_left),
  ];
}
