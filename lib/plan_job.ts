// Owns the plan of a job for programs: what is left to fetch and how long it takes, without a request.
// It opens the database and the checkpoint, and closes both; it takes no lock and writes nothing.
import { catchUp } from "./checkpoint/catch_up.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { openKv } from "./checkpoint/open_kv.ts";
import { type Survey, surveyOf, surveyStreams } from "./checkpoint/survey.ts";
import { readJob } from "./config/read_job.ts";
import { defaultParams, passedParams } from "./config/schema/params.ts";
import { planOf, type RunJobOptions, textReader } from "./job_options.ts";
import { readLimitsUse } from "./checkpoint/limits_use.ts";
import { openTarget } from "./upsert/open_target.ts";

/**
 * Plans a job: windows, requests and seconds that are left, by stream and in all. Sends no request.
 *
 * @throws {Failure} as `runJob` does, except `refused`.
 */
export async function planJob(file: string, options: RunJobOptions): Promise<Survey> {
  const env = (name: string) => options.variables?.[name];
  const job = await readJob(file, { readText: textReader(options), env });
  const { range, streams } = planOf(job, options, Date.now());
  await using target = await openTarget(options.database);
  using kv = await openKv(options.checkpoint);
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  await catchUp({ job: job.job, checkpoint, target }, { isStored: false });
  const input = {
    job,
    params: { ...defaultParams(job.params), ...passedParams(job.params, options.params ?? {}) },
    range,
    resume: options.resume ?? true,
    checkpoint,
    target,
    wallNow: Date.now,
  };
  const use = await readLimitsUse(job, { target, env, nowMs: Date.now() });
  return surveyOf(job, await surveyStreams(input, streams), use);
}
