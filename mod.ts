/**
 * Hindcast as a library: brings the whole history of a date-queryable, rate-limited API into PostgreSQL.
 *
 * {@linkcode runJob} does everything in one call. The other exports are its parts, for programs that
 * need to open or inspect them on their own. Nothing here reads the environment, prints, or exits.
 *
 * @example Backfill a job and report what happened
 * ```ts ignore
 * import { runJob } from "@hindcast/hindcast";
 *
 * const summary = await runJob("jobs/shop.yaml", { database: "postgres://localhost/shop" });
 * console.log(summary.outcome, summary.windows.done);
 * ```
 *
 * @module
 */
export { runJob } from "./lib/run_job.ts";
export { planJob } from "./lib/plan_job.ts";
export type { RunJobOptions } from "./lib/job_options.ts";
export type { Survey } from "./lib/checkpoint/survey.ts";
export { inspectJob, type JobReading, readJob, type ReadJobDeps } from "./lib/config/read_job.ts";
export type { Job } from "./lib/config/schema/job.ts";
export { Failure, type FailureKind } from "./lib/failure.ts";
export { openTarget } from "./lib/upsert/open_target.ts";
export type { OpenOptions } from "./lib/upsert/write/open_options.ts";
export type { QueryOptions } from "./lib/upsert/write/query.ts";
export type { LockHolder, Target, Written } from "./lib/upsert/write/target.ts";
export { Checkpoint } from "./lib/checkpoint/checkpoint.ts";
export type { RunRecord } from "./lib/checkpoint/run_log.ts";
export { openKv } from "./lib/checkpoint/open_kv.ts";
export { type ApiClient, openApi } from "./lib/fetch/api_client.ts";
export type { ApiDependencies } from "./lib/fetch/api_connection.ts";
export { type Clock, monotonicClock } from "./lib/fetch/rate/clock.ts";
export { fetchPages, type Page } from "./lib/fetch/fetch_pages.ts";
export type { FetchEvent } from "./lib/fetch/fetch_event.ts";
export type { Listener, RunEvent } from "./lib/report/event.ts";
export type { Subject } from "./lib/report/text/subject.ts";
export type { Outcome, Summary } from "./lib/report/summary.ts";
export type { WriteCounts } from "./lib/upsert/sql/write_counts.ts";
