// Opens the daily update with the settings of the environment: BACKFILL_SCHEDULE and BACKFILL_BUDGET, and where the
// database, the checkpoint and the logs are. Opening reads the job file and nothing else.
import { namedJob } from "../default_job.ts";
import { asStarted } from "../own_commands.ts";
import type { Access } from "../../console/guard.ts";
import type { Job } from "../../config/schema/job.ts";
import { Failure } from "../../failure.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import { env, openJob } from "../open_job.ts";
import type { GivenOptions } from "../run_options.ts";
import { hideSecret } from "../output.ts";
import { CONSOLE_PASSWORD, isOnDeploy, readSettings } from "../settings.ts";
import { CronService } from "./service.ts";

const BUDGET = "50s";
const SCHEDULE = "0 5 * * *";

/** When updates start, as in crontab, in UTC. */
export function schedule(): string {
  return env("BACKFILL_SCHEDULE") || SCHEDULE;
}

/** Which streams and parameters of a job are kept up to date. */
export type Select = (job: Job) => GivenOptions;

/**
 * Opens the update of a job file.
 *
 * @throws {Failure} of kind `configuration` if the job or a setting is invalid.
 */
export async function openService(
  file: string,
  select: Select,
  signal: AbortSignal,
): Promise<CronService> {
  const job = await openJob(file);
  return new CronService({
    job,
    given: select(job),
    settings: readSettings(env),
    schedule: schedule(),
    access: pageAccess(),
    budgetMs: budgetOf(env("BACKFILL_BUDGET") || BUDGET),
    signal,
    say,
  });
}

/** Who may see the page: on Deno Deploy, where the URL is public, only users with the password. */
function pageAccess(): Access {
  const password = env(CONSOLE_PASSWORD) || undefined;
  if (password !== undefined) hideSecret(password);
  return { hostname: isOnDeploy(env) ? undefined : "127.0.0.1", password };
}

/** Prints a line with the time. */
export function say(line: string): void {
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  console.log(`${time} ${asStarted(line, namedJob(Deno.args))}`);
}

function budgetOf(text: string): number {
  const budgetMs = parseDurationMs(text);
  if (budgetMs !== undefined && budgetMs > 0) return budgetMs;
  throw new Failure("configuration", `Cannot use BACKFILL_BUDGET: "${text}" is not a duration`, {
    hint: 'Set it to a duration such as "50s"',
  });
}
