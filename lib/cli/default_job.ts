// Chooses the job file of a command that names none, from the user's folder. It reads the names of files,
// never their contents.
import { Failure } from "../failure.ts";
import { quoted } from "./own_commands.ts";

/** The help text of `--config`. */
export const JOB_ABOUT = "Job file. Default: hindcast.yaml, or the only file in jobs/.";

/** The setting that names the job file. */
export const JOB_SETTING = "BACKFILL_CONFIG";

/** The folder of a user's jobs. */
const FOLDER = "jobs";

/** The files that are the job of their folder. */
const FILES = ["hindcast.yaml", "hindcast.yml"];

/** Where a job is looked for. */
export const JOB_PLACES: readonly string[] = [...FILES, FOLDER];

/**
 * The job file of a command that names none: the setting `BACKFILL_CONFIG`, else `hindcast.yaml`, else
 * the only file in `jobs/`, else `fallback`.
 *
 * @throws {Failure} of kind `configuration` when there are several jobs, or none.
 */
export function defaultJob(env: (name: string) => string | undefined, fallback?: string): string {
  const named = env(JOB_SETTING);
  if (named !== undefined && named !== "") return named;
  const own = FILES.find(isFile);
  if (own !== undefined) return own;
  const jobs = jobsOf(FOLDER);
  if (jobs.length === 1) return jobs[0]!;
  if (jobs.length > 1) throw severalJobs(jobs);
  if (fallback !== undefined && isFile(fallback)) return fallback;
  throw noJob();
}

/** The job file that a command line names with `--config`. */
export function namedJob(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((arg) => arg === "--config" || arg.startsWith("--config="));
  return argv[at] === "--config" ? argv[at + 1] : argv[at]?.slice("--config=".length);
}

/** Whether a command line requests help, which requires no job. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes("--help") || argv.includes("-h");
}

function noJob(): Failure {
  return new Failure(
    "configuration",
    "Cannot find a job: there is neither hindcast.yaml nor a file in jobs/",
    { hint: "Write one with deno task init, or name a file with --config FILE" },
  );
}

function severalJobs(jobs: readonly string[]): Failure {
  const names = jobs.length <= 10 ? jobs.join(", ") : `${jobs.slice(0, 10).join(", ")}, ...`;
  return new Failure("configuration", `Cannot choose a job: there are ${names}`, {
    hint: `Name one: --config ${quoted(jobs[0]!)}`,
  });
}

function jobsOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ name, isDirectory }) => !isDirectory && /\.ya?ml$/.test(name))
      .map(({ name }) => `${folder}/${name}`).sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
