// Reports what the streams of a run have to do, before anything is requested. Values that a stream of an earlier
// stage fetches are counted once it has. Invariant: the plan of a stream is reported again only if it has changed.
import { type PlanSource } from "./checkpoint/open_plan.ts";
import { surveyOf, surveyStreams, type Totals } from "./checkpoint/survey.ts";
import type { Job } from "./config/schema/job.ts";
import { rangeOf } from "./plan/needed.ts";
import { bindingRate, type LimitsUse } from "./plan/time/quota_seconds.ts";
import { requestsPerSecond, withoutReserve } from "./plan/time/rate.ts";
import type { Listener } from "./report/event.ts";
import { formatWindow } from "./report/text/format.ts";

/** What plans are computed from, and who receives them. */
export interface PlannedRun extends PlanSource {
  /** Receives the plans. */
  readonly listen: Listener;
  /** How much of the limits is already used, for the forecast. Defaults to nothing. */
  readonly limitsUse?: LimitsUse | undefined;
}

/** Shown instead of dates for a stream that is read until it ends. */
const FEED = "feed, to its end";

/** The plans of one run. */
export class Plans {
  readonly #run: PlannedRun;
  /** Windows and done windows of each stream, as they were reported. */
  readonly #reported = new Map<string, string>();

  /** Nothing is reported yet. */
  constructor(run: PlannedRun) {
    this.#run = run;
  }

  /** Reports the plan of each stream. */
  async announce(streams: readonly string[]): Promise<void> {
    const { job, limitsUse, listen } = this.#run;
    const forecasts = await surveyStreams(this.#run, streams);
    const { streams: totals } = surveyOf(job, forecasts, limitsUse);
    for (const [name, { minutesLeft }] of forecasts) {
      const { left, done, requests_left } = totals[name]!;
      const counts = JSON.stringify([left, done, requests_left]);
      if (this.#reported.get(name) === counts) continue;
      this.#reported.set(name, counts);
      listen(planned(this.#run, name, totals[name]!, minutesLeft));
    }
  }

  /** Reports the plans of streams again whose values earlier stages may have fetched. */
  async renew(streams: readonly string[]): Promise<void> {
    const fed = streams.filter((name) => hasQuery(this.#run.job, name));
    if (fed.length > 0) await this.announce(fed);
  }
}

function planned(run: PlannedRun, name: string, totals: Totals, minutes: number) {
  const { job, range, wallNow } = run;
  const stream = job.streams[name]!;
  const { left, done, requests_left, seconds_left, at_least } = totals;
  const own = rangeOf(stream, range);
  return {
    kind: "stream_planned",
    stream: name,
    range: stream.since !== undefined ? FEED : own === undefined ? null : formatWindow(own),
    windows: left,
    skipped: done,
    minutes,
    requests: requests_left,
    seconds: seconds_left,
    doneAtMs: wallNow() + 1_000 * seconds_left,
    requestsPerSecond: paceOf(run, name, requests_left),
    exact: stream.since === undefined && !stream.window?.auto,
    atLeast: at_least,
  } as const;
}

function hasQuery(job: Job, name: string): boolean {
  return Object.values(job.streams[name]!.for_each ?? {}).some((values) => "query" in values);
}

/** The rate at which a stream's requests are sent: the pace, or the quota where that is what takes longest. */
function paceOf({ job, limitsUse }: PlannedRun, name: string, left: number): number | null {
  const { limits, reserve, burst } = job.source;
  const { limits: own, weight } = job.streams[name]!;
  const requests = Math.max(1, left * weight);
  const rate = bindingRate([
    { rates: withoutReserve(limits, reserve), burst, requests },
    { rates: own, stream: name, requests },
  ], limitsUse);
  return rate === undefined ? null : requestsPerSecond(rate);
}
