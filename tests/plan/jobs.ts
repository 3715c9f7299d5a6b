// Creates jobs for tests of plans, checkpoints and runs: whatever a test does not set is the simplest that works.
import type { Job } from "../../lib/config/schema/job.ts";
import { jobSchema } from "../../lib/config/schema/job_schema.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import type { Window } from "../../lib/plan/time/window.ts";

/** A job of these streams; each has a request and one table unless it says otherwise. */
export function jobOf(
  streams: Record<string, Record<string, unknown>>,
  job: Record<string, unknown> = {},
): Job {
  const parsed = jobSchema.parse({
    job: "test",
    source: "http://127.0.0.1:1",
    tables: { things: { key: "id", columns: { id: "text", name: "text" } } },
    streams: Object.fromEntries(
      Object.entries(streams).map(([name, stream]) => [name, {
        rows: "things",
        ...("values" in stream ? {} : { request: `/${name}?from={from}` }),
        ...stream,
      }]),
    ),
    ...job,
  });
  return { ...parsed, file: "test.yaml" };
}

/** The position of a date. */
export function at(text: string): number {
  return parseCivil(text)!;
}

/** The range from a first day up to the day that follows the last. */
export function days(from: string, to: string): Window {
  return { from: at(from), to: at(to) };
}

/** All that an async iterable yields. */
export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}
