// Creates jobs for tests of fetching: whatever a test does not set is the simplest that works.
import type { Job } from "../../lib/config/schema/job.ts";
import { jobSchema } from "../../lib/config/schema/job_schema.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import type { Unit } from "../../lib/fetch/http/unit.ts";

/** A job with one stream `things`, whose records go to one table. */
export function jobOf(
  source: string | Record<string, unknown>,
  stream: Record<string, unknown> = {},
  job: Record<string, unknown> = {},
): Job {
  const parsed = jobSchema.parse({
    job: "test",
    source,
    tables: { things: { key: "id", columns: { id: "bigint" } } },
    streams: { things: { request: "/things", rows: "things", records: "items", ...stream } },
    ...job,
  });
  return { ...parsed, file: "test.yaml" } as Job;
}

/** A unit of one day, or of the days given. */
export function unitOf(
  from = "2025-01-31",
  to = "2025-02-01",
  more: Partial<Unit> = {},
): Unit {
  return {
    window: { from: parseCivil(from)!, to: parseCivil(to)! },
    each: {},
    params: {},
    ...more,
  };
}
