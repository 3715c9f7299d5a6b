// Owns the window that a probe requests: one such as a run would request, from a given day on. Pure. Invariant: it
// never reaches beyond today, because many APIs refuse dates in the future.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { civilAt, type CivilMinute, MINUTES_PER_DAY, startOfDay } from "../plan/time/civil.ts";
import { type Window, windowEnd } from "../plan/time/window.ts";

/**
 * The window of a stream that begins at `from`, by default yesterday, for which an API is likely to have data; null
 * for a stream without windows. A fixed window has its declared length; an `auto` window is a day, or its minimum.
 */
export function probeWindow(
  job: Pick<Job, "time_zone">,
  { window }: Pick<Stream, "window">,
  from: CivilMinute | undefined,
  nowMs: number,
): Window | null {
  if (window === undefined) return null;
  const today = startOfDay(civilAt(nowMs, job.time_zone));
  const start = from ?? today - MINUTES_PER_DAY;
  const end = window.auto
    ? Math.max(start + MINUTES_PER_DAY, windowEnd(start, window.min))
    : windowEnd(start, window.length);
  const tomorrow = today + MINUTES_PER_DAY;
  return { from: start, to: start < tomorrow ? Math.min(end, tomorrow) : end };
}
