// Owns the type of a job that was read and cross-checked, which the rest of the project works with. Only
// read_job.ts creates it.
import type { ParsedJob } from "./job_schema.ts";

/** A job: defaults filled, strings converted, references checked. Secrets are still `${NAME}`. */
export type Job = ParsedJob & {
  /** The file the job was read from, as it was given. */
  readonly file: string;
  /** The environment variables in the files of the job, in the order of their first use. */
  readonly usedVariables?: readonly string[];
  /** The environment variables that the job sends, by origin. */
  readonly sentVariables?: ReadonlyMap<string, readonly string[]>;
};
