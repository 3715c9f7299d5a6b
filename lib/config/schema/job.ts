// Owns the value that the rest of the project works on: a job whose file was read and whose parts were
// checked against each other. Made by read_job.ts only.
import type { ParsedJob } from "./job_schema.ts";

/** A job: defaults filled, texts converted, every name in it found. Secrets are still `${NAME}` texts. */
export type Job = ParsedJob & {
  /** The file the job was read from, as it was given. */
  readonly file: string;
  /** The environment variables that the job's files name, in the order of their first use. */
  readonly variables?: readonly string[];
};
