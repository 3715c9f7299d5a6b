// Owns what `backfill --resume` does where a run of the job is in progress: it joins that run as `worker`
// does, if the run fetches what the options request. It starts no run.
import type { Job } from "../../config/schema/job.ts";
import type { Failure } from "../../failure.ts";
import type { CrewPlan } from "../../run_crew.ts";
import { lookPauseMs } from "../../coordinate/look_pause.ts";
import { readHolder } from "../../upsert/job_holder.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { WorkerTable } from "../../upsert/worker_table.ts";
import { env, onWait } from "../open_job.ts";
import type { GivenOptions } from "../run_options.ts";
import { readSettings } from "../settings.ts";
import { work } from "./worker.ts";

/** Time within which a process that has taken the job records its run. */
const RECORDED_WITHIN_MS = 10_000;

/**
 * Joins the run that holds the job's lock; resolves to the exit code.
 *
 * @throws {Failure} the given one where there is no such run, or it fetches something else.
 */
export async function joinRun(job: Job, given: GivenOptions, locked: Failure): Promise<number> {
  const plan = await planOfRun(job);
  // An update fetches other dates than the backfill that is to be continued.
  const isOther = plan === undefined || plan.update !== undefined || !isAskedFor(given, plan);
  if (isOther) throw locked;
  console.error("note: a run of this job is in progress; joining it");
  return await work(job, { name: `${Deno.hostname()}:${Deno.pid}`, waitSeconds: 0 });
}

/** The plan of the run in progress; a process that has just taken the job has not recorded its run yet. */
async function planOfRun({ job }: Job): Promise<CrewPlan | undefined> {
  await using target = await openTarget(readSettings(env).databaseUrl, { onWait });
  await target.prepare({});
  const table = new WorkerTable(target, job);
  const untilMs = performance.now() + RECORDED_WITHIN_MS;
  for (let looks = 0;; looks++) {
    const open = await table.openRun();
    if (open !== undefined || performance.now() >= untilMs) {
      return open?.plan as CrewPlan | undefined;
    }
    const holder = await readHolder(target, job);
    if (holder === undefined || holder.isUpdate) return undefined;
    if (looks === 0) console.error(`note: waiting for the run of ${holder.where} to start`);
    await new Promise((resolve) => setTimeout(resolve, lookPauseMs(looks)));
  }
}

/** Whether a run fetches what options select; those that were not given select nothing. */
function isAskedFor(given: GivenOptions, { options }: CrewPlan): boolean {
  const differs = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(options[name]);
  const { params, ...others } = given;
  const named = Object.entries(others).filter(([, value]) =>
    value !== undefined && value.length > 0
  );
  const ofRun = (options.params ?? {}) as Record<string, unknown>;
  return !named.some(differs) &&
    !Object.entries(params).some(([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(ofRun[name])
    );
}
