// Owns the entry for programs that run the daily update themselves, such as the main.ts of a project on Deno
// Deploy. The program's process belongs to it: it reads the environment and ends the process at a signal.
import type { Job } from "../../config/schema/job.ts";
import { passedParams } from "../../config/schema/params.ts";
import type { GivenOptions } from "../run_options.ts";
import { serveUpdates } from "./serve.ts";

/** Options of `serve`. */
export interface ServeOptions {
  /** Names of the streams to keep up to date. Defaults to all that are not optional. */
  readonly streams?: readonly string[];
  /** Values of the job's parameters. Defaults to those in the job file. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * Keeps a job up to date: registers the crons of the daily update and serves the status page, as
 * `hindcast cron` does. Call it at the top level of the entry module, because Deno Deploy looks for crons
 * there. Settings come from the environment: `DATABASE_URL`, `BACKFILL_SCHEDULE`, `BACKFILL_BUDGET` and the
 * variables of the job. On Deno Deploy the checkpoint is in the app's KV database, and only the
 * production timeline writes.
 *
 * An invalid job file or setting ends the process with exit code 2.
 *
 * @example The whole main.ts of an app
 * ```ts ignore
 * import { serve } from "@hindcast/hindcast/deploy";
 *
 * serve("jobs/shop.yaml");
 * ```
 */
export function serve(file: string, options: ServeOptions = {}): void {
  serveUpdates(file, (job) => given(job, options));
}

function given(job: Job, { streams = [], params = {} }: ServeOptions): GivenOptions {
  return {
    ...{ start: undefined, end: undefined, groups: [], with: [], without: [] },
    only: streams,
    params: passedParams(job.params, params),
  };
}
