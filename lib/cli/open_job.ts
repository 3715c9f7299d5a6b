// Opens the resources that commands share: the job file, the target and the checkpoint store. Commands
// close them with `using`; nothing is opened at import.
import type { Job } from "../config/schema/job.ts";
import { readJob } from "../config/read_job.ts";
import { secretValues } from "../config/schema/secret.ts";
import { catchUp } from "../checkpoint/catch_up.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openKv } from "../checkpoint/open_kv.ts";
import { openTarget } from "../upsert/open_target.ts";
import { parsePostgresUrl } from "../upsert/postgres/url.ts";
import type { Target } from "../upsert/write/target.ts";
import { hideSecrets, passwordsOf } from "./output.ts";
import { asStarted } from "./own_commands.ts";
import { readText } from "./read_text.ts";
import { defaultJob, namedJob } from "./default_job.ts";
import { readSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { fitText } from "./terminal/fit_text.ts";

/** Reads an environment variable. */
export function env(name: string): string | undefined {
  return Deno.env.get(name);
}

/**
 * The job file of a command: the one that its command line names, else the one that the launcher chose.
 * It is read before the other flags, which depend on the job.
 *
 * @throws {Failure} of kind `configuration` when there is none, or several to choose from.
 */
export function jobFileOf(argv: readonly string[]): string {
  return namedJob(argv) ?? defaultJob(env);
}

/** Prints a text to stdout, with its commands in the form in which this one was started. */
export function print(text: string): void {
  console.log(fitText(asStarted(text, namedJob(Deno.args)), Deno.stdout));
}

/**
 * Reads a job file.
 *
 * @throws {Failure} of kind `configuration` with all its problems.
 */
export async function openJob(file: string, readEnv = env): Promise<Job> {
  hideSecrets(passwordsOf(readEnv("DATABASE_URL")));
  const job = await readJob(file, { readText, env: readEnv });
  hideSecrets(secretValues(job, readEnv));
  return job;
}

/** Reports on stderr why a command takes time. */
export function onWait(message: string): void {
  console.error(fitText(`note: ${message}`, Deno.stderr));
}

/** What a command reports while it opens the database. */
export function opening({ databaseUrl } = readSettings(env)): string {
  if (databaseUrl.startsWith("pglite:")) return `opening the database ${databaseUrl} ...`;
  try {
    return `connecting to ${parsePostgresUrl(databaseUrl).label} ...`;
  } catch {
    return "opening the database ...";
  }
}

/** A target and a checkpoint store, open. */
export interface Stores extends AsyncDisposable {
  /** The settings the stores were opened with. */
  readonly settings: Settings;
  /** The database that rows are written to. */
  readonly target: Target;
  /** The store of checkpoints. */
  readonly kv: Deno.Kv;
  /**
   * The checkpoint of a job under the target's stamp, up to date with the target; what it learns is stored if
   * the caller holds the job's lock.
   */
  checkpoint(job: Job, isLocked?: boolean): Promise<Checkpoint>;
}

/**
 * Opens the target and the checkpoint store of the settings. A run passes the signal that stops it, and waits
 * for a database that cannot be reached; any other command fails at once.
 */
export async function openStores(
  settings: Settings = readSettings(env),
  signal?: AbortSignal,
): Promise<Stores> {
  // Concurrently: connecting to the database is slow, and every command waits for both.
  const [target, kv] = await both(
    openTarget(settings.databaseUrl, {
      onWait,
      waitsForServer: signal !== undefined,
      ...(signal === undefined ? {} : { signal }),
    }),
    openKv(settings.kvPath),
  );
  return {
    settings,
    target,
    kv,
    async checkpoint({ job }, isLocked = false) {
      const checkpoint = new Checkpoint(kv, target.id, job);
      await catchUp({ job, checkpoint, target }, { isStored: isLocked });
      return checkpoint;
    },
    async [Symbol.asyncDispose]() {
      kv.close();
      await target[Symbol.asyncDispose]();
    },
  };
}

/** Opens both; if one fails, closes the other and throws the error. */
async function both(target: Promise<Target>, kv: Promise<Deno.Kv>): Promise<[Target, Deno.Kv]> {
  const [openedTarget, openedKv] = await Promise.allSettled([target, kv]);
  if (openedTarget.status === "fulfilled" && openedKv.status === "fulfilled") {
    return [openedTarget.value, openedKv.value];
  }
  if (openedKv.status === "fulfilled") openedKv.value.close();
  if (openedTarget.status === "rejected") throw openedTarget.reason;
  await openedTarget.value[Symbol.asyncDispose]();
  throw (openedKv as PromiseRejectedResult).reason;
}
