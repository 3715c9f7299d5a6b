// Owns the opening of what commands share: the job file, the target and the checkpoint store. What is
// opened here is closed by `using` in the command; nothing is opened at import.
import type { Job } from "../config/schema/job.ts";
import { readJob } from "../config/read_job.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openKv } from "../checkpoint/open_kv.ts";
import { openTarget } from "../upsert/open_target.ts";
import type { Target } from "../upsert/write/target.ts";
import { readText } from "./read_text.ts";
import { DEFAULT_JOB, readSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";

/** Reads an environment variable; one that this command may not read is not set. */
export function env(name: string): string | undefined {
  return Deno.env.get(name);
}

/** The job file that a command line names, before its other flags are understood. */
export function jobFileOf(argv: readonly string[]): string {
  const at = argv.findIndex((arg) => arg === "--config" || arg.startsWith("--config="));
  const value = argv[at] === "--config" ? argv[at + 1] : argv[at]?.slice("--config=".length);
  return at < 0 || value === undefined ? DEFAULT_JOB : value;
}

/**
 * Reads a job file.
 *
 * @throws {Failure} of kind `configuration` with all its problems.
 */
export function openJob(file: string, readEnv = env): Promise<Job> {
  return readJob(file, { readText, env: readEnv });
}

/** A target and a checkpoint store, open. */
export interface Stores extends AsyncDisposable {
  /** The settings the stores were opened with. */
  readonly settings: Settings;
  /** The database that rows are written to. */
  readonly target: Target;
  /** The store of checkpoints. */
  readonly kv: Deno.Kv;
  /** The checkpoint of a job under the target's stamp. */
  checkpoint(job: Job): Checkpoint;
}

/** Opens the target and the checkpoint store that the environment names; `signal` ends waiting for the target. */
export async function openStores(
  settings: Settings = readSettings(env),
  signal?: AbortSignal,
): Promise<Stores> {
  // Side by side: the database takes its time to answer, and every command waits for both.
  const [target, kv] = await both(
    openTarget(settings.databaseUrl, signal === undefined ? {} : { signal }),
    openKv(settings.kvPath),
  );
  return {
    settings,
    target,
    kv,
    checkpoint: (job) => new Checkpoint(kv, target.id, job.job),
    async [Symbol.asyncDispose]() {
      kv.close();
      await target[Symbol.asyncDispose]();
    },
  };
}

/** Both, open; where one cannot be opened the other is closed and the first one's error is thrown. */
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
