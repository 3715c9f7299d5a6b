// Owns the dates that a probe asks for: a window such as a run would ask for, from one day on. Pure.
// Invariant: it never reaches beyond today, as many sources refuse dates that are still to come.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { civilAt, type CivilMinute, MINUTES_PER_DAY, startOfDay } from "../plan/time/civil.ts";
import { type Window, windowEnd } from "../plan/time/window.ts";

/**
 * The window of a stream that begins at `from`, or yesterday, of which the source surely has heard; null for a
 * stream without windows. A fixed window has its declared length, an `auto` one is a day or its shortest.
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
