// Opens the job that a command line names, and decides what is reported first where both the job and a flag are
// wrong. Apart from open_job.ts, because a service that has no command line must not need a parser of one.
import type { Job } from "../config/schema/job.ts";
import { type Flags, misspelledFlag } from "./arguments.ts";
import { asksForHelp } from "./default_job.ts";
import { jobFileOf, openJob } from "./open_job.ts";

/**
 * The job of a command line. Undefined where the command line asks for help and there is no job, or none
 * that can be read: help then describes `flags`, those that do not depend on the job.
 *
 * @throws {Failure} of kind `configuration` if the job is missing or invalid and no help is asked for; a
 * misspelled flag is reported first.
 */
export async function openJobOf(argv: readonly string[], flags: Flags): Promise<Job | undefined> {
  try {
    return await openJob(jobFileOf(argv));
  } catch (error) {
    if (asksForHelp(argv)) return undefined;
    throw misspelledFlag(argv, flags) ?? error;
  }
}
