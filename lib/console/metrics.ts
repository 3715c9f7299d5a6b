// Writes the state as metrics in the text format of Prometheus. Gauges are read from the stores, so they are correct
// whichever process runs the job; counters count what the runs of this process did. Pure.
// https://prometheus.io/docs/instrumenting/exposition_formats/
import type { Summary } from "../report/summary.ts";
import type { Job } from "../config/schema/job.ts";
import { instantOf } from "../plan/time/civil.ts";
import type { ConsoleState } from "./state/console_state.ts";
import type { Counts, Duration, RunCounters } from "./state/run_counters.ts";
import { bindingLimit } from "./state/binding_limit.ts";
import { shareOf } from "./state/run_progress.ts";

/** The media type of the format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter" | "summary";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** All metrics, labeled with the job (`job` itself is Prometheus's own label); those without a sample are left out. */
export function metricsText(job: Job, state: ConsoleState, counters: RunCounters): string {
  const metrics = [...gauges(job, state), ...quotas(state), ...countersOf(counters)];
  return metrics.filter(({ samples }) => samples.length > 0)
    .map((metric) => textOf(metric, { hindcast_job: state.job })).join("");
}

function gauges(job: Job, state: ConsoleState): Metric[] {
  const allowed = bindingLimit(job, new Map())?.allowed;
  const success = state.runs.find(({ endedAt, summary }) =>
    endedAt !== undefined && (summary as Summary | undefined)?.ok === true
  );
  return [
    gauge(
      "windows",
      "Windows of the requested range, done or left; failed and rejected ones are left.",
      windows(state),
    ),
    gauge(
      "coverage_lag_seconds",
      "Time from the end of coverage, or from the last reading of a feed, to now.",
      lags(state),
    ),
    gauge(
      "table_rows",
      "Rows in a table.",
      Object.entries(state.tables).map(([table, count]) => [{ table }, count]),
    ),
    ...runGauges(state),
    gauge(
      "allowed_requests_per_second",
      "Requests per second that the limits of the API allow.",
      allowed == null ? [] : [[{}, allowed]],
    ),
    gauge(
      "last_success_timestamp_seconds",
      "When the last run without a failed window ended.",
      success === undefined ? [] : [[{}, Date.parse(success.endedAt!) / 1000]],
    ),
  ];
}

function runGauges({ run }: ConsoleState): Metric[] {
  const isRunning = run !== undefined && !run.ended;
  const share = isRunning ? shareOf(run.streams) : null;
  // The last point is not over yet.
  const rate = isRunning ? run.rates.at(-2)?.perSecond ?? 0 : 0;
  return [
    gauge("run_in_progress", "Whether a run is in progress.", [[{}, isRunning ? 1 : 0]]),
    gauge(
      "run_progress_ratio",
      "Share of the windows of the run in progress that are done.",
      share === null ? [] : [[{}, share]],
    ),
    gauge("requests_per_second", "Requests per second of the run in progress.", [[{}, rate]]),
  ];
}

function lags({ streams, atMs, timeZone }: ConsoleState): Sample[] {
  return streams.flatMap(({ name, coverage, feeds }): Sample[] => {
    // A feed is covered up to when it was read; of several the one that was read first counts.
    const [read] = feeds.flatMap(({ read_at }) => read_at ?? []).sort();
    if (read !== undefined) {
      return [[{ stream: name }, Math.max(0, atMs - Date.parse(read)) / 1000]];
    }
    const end = coverage.at(-1)?.to;
    if (end === undefined) return [];
    const lagMs = Math.max(0, atMs - instantOf(end, timeZone));
    return [[{ stream: name }, lagMs / 1000]];
  });
}

function windows({ survey, entries, streams }: ConsoleState): Sample[] {
  return streams.flatMap(({ name: stream }): Sample[] => {
    const totals = survey?.streams[stream];
    const count = (kind: string) =>
      entries.filter((entry) => entry.stream === stream && entry.kind === kind).length;
    return [
      ...totals === undefined ? [] : [
        [{ stream, state: "done" }, totals.done] as const,
        [{ stream, state: "left" }, totals.left] as const,
      ],
      [{ stream, state: "failed" }, count("failed")],
      [{ stream, state: "rejected" }, count("rejected")],
    ];
  });
}

function quotas({ limits }: ConsoleState): Metric[] {
  const counted = limits.flatMap(({ limit, stream, account, used, allowed }) =>
    used === null
      ? []
      : [{ labels: { limit, stream: stream ?? "", account: account ?? "" }, used, allowed }]
  );
  return [
    gauge(
      "quota_requests",
      "Requests that a quota allows per period.",
      counted.map(({ labels, allowed }) => [labels, allowed]),
    ),
    gauge(
      "quota_left_requests",
      "Requests left in the current period of a quota.",
      counted.map(({ labels, used, allowed }) => [labels, Math.max(0, allowed - used)]),
    ),
  ];
}

function countersOf(counters: RunCounters): Metric[] {
  const { requests, refused, retries, responses, rows, rejected, fetches, writes } = counters;
  const fetched = [...fetches].flatMap(([stream, duration]) => summaryOf({ stream }, duration));
  return [
    counter("requests_total", "Requests sent.", by(["stream"], requests)),
    counter("responses_total", "Responses, by status.", by(["stream", "status"], responses)),
    counter(
      "refused_requests_total",
      "Requests that the API refused as too frequent.",
      by(["stream"], refused),
    ),
    counter("retried_requests_total", "Requests sent again.", by(["stream"], retries)),
    counter("rows_total", "Rows written, by table and kind.", by(["table", "kind"], rows)),
    counter("rejected_rows_total", "Rows that were rejected.", by(["stream"], rejected)),
    summary("fetch_seconds", "Time from a request to the end of its response.", fetched),
    summary("write_seconds", "Time of a batch's transaction.", summaryOf({}, writes)),
  ];
}

function by(names: readonly string[], counts: Counts): Sample[] {
  return [...counts].map(([key, count]) => {
    const values = names.length === 1 ? [key] : JSON.parse(key) as string[];
    return [Object.fromEntries(names.map((name, at) => [name, values[at]!])), count];
  });
}

function summaryOf(labels: Labels, { count, seconds }: Duration): Sample[] {
  return [[labels, seconds, "_sum"], [labels, count, "_count"]];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => (
  { name, help, samples, type: "gauge" }
);
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => (
  { name, help, samples, type: "counter" }
);
const summary = (name: string, help: string, samples: readonly Sample[]): Metric => (
  { name, help, samples, type: "summary" }
);

function textOf({ name, type, help, samples }: Metric, common: Labels): string {
  const full = `hindcast_${name}`;
  const lines = samples.map(([labels, value, suffix = ""]) => {
    const pairs = Object.entries({ ...common, ...labels })
      .map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${full}${suffix}{${pairs.join(",")}} ${value}\n`;
  });
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
