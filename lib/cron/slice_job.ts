// Changes how a job is fetched within one slice of an update: with few windows in flight, and with shorter
// windows after slices that finished none. It never changes what is fetched, only how it is divided. Pure.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { tightest } from "../plan/forecast.ts";
import { MINUTES_PER_DAY } from "../plan/time/civil.ts";
import type { WindowLength } from "../plan/time/duration.ts";
import { minutesOf } from "../plan/time/window.ts";

/** Response time, in seconds, that the number of windows in flight compensates for. */
const LATENCY_SECONDS = 2;

/** Divisor of the window length at each cut: five cuts turn a year into a day. */
const SHARE = 4;

/** Length in minutes from which `auto` windows without a maximum are cut. */
const UNBOUNDED = 64 * MINUTES_PER_DAY;

/** The job as a slice fetches it after so many cuts. Fewer windows in flight end sooner. */
export function sliceJob(job: Job, cuts: number): Job {
  const { concurrency, limits } = job.source;
  const rate = tightest(limits);
  const enough = rate === undefined ? concurrency : Math.max(2, Math.ceil(rate * LATENCY_SECONDS));
  const inFlight = Math.max(1, Math.floor(Math.min(concurrency, enough) / 2 ** cuts));
  const source = { ...job.source, concurrency: inFlight };
  if (cuts === 0) return { ...job, source };
  const streams = Object.entries(job.streams).map(([name, stream]) => [name, cut(stream, cuts)]);
  return { ...job, source, streams: Object.fromEntries(streams) };
}

/** Whether a further cut would change nothing. */
export function isShortest(job: Job, cuts: number): boolean {
  const shape = ({ source, streams }: Job) =>
    JSON.stringify([source.concurrency, Object.values(streams).map(({ window }) => window)]);
  return shape(sliceJob(job, cuts)) === shape(sliceJob(job, cuts + 1));
}

/** Shortens the windows of a stream: fixed ones down to a day, `auto` ones down to their minimum. */
function cut(stream: Stream, cuts: number): Stream {
  const { window } = stream;
  if (window === undefined) return stream;
  if (window.auto) {
    const longest = window.max === undefined ? UNBOUNDED : minutesOf(window.max);
    const minutes = Math.max(minutesOf(window.min), Math.floor(longest / SHARE ** cuts));
    return { ...stream, window: { ...window, max: wholeLength(minutes, window.min) } };
  }
  const minutes = minutesOf(window.length);
  if (minutes <= MINUTES_PER_DAY) return stream;
  const days = Math.max(1, Math.floor(minutes / MINUTES_PER_DAY / SHARE ** cuts));
  return { ...stream, window: { ...window, length: { unit: "day", count: days } } };
}

/** A length in whole days, or in multiples of a minimum that is shorter than a day. */
function wholeLength(minutes: number, min: WindowLength): WindowLength {
  if (min.unit !== "minute") {
    return { unit: "day", count: Math.max(1, Math.floor(minutes / MINUTES_PER_DAY)) };
  }
  return { unit: "minute", count: Math.floor(minutes / min.count) * min.count };
}
