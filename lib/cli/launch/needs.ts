// Declares what each command may access: what it needs from the job and the settings, or fixed permissions if
// it uses no job. permissions.ts turns needs into flags.
import { packageFile } from "../package_files.ts";
import { type Needs, permissions } from "./permissions.ts";
import { JOB_SETTING, namedJob } from "../default_job.ts";
import { DEMO_SETTINGS } from "../settings.ts";

/** The job of the repository itself: of the demo, and of commands there when the user has no job. */
export const REPOSITORY_JOB = "config/racing.yaml";

/** The needs of the commands whose permissions follow from a job. */
const COMMANDS: Readonly<Record<string, Needs>> = {
  backfill: { source: true, target: true, kv: true, logs: true, archive: "write", lock: true },
  worker: { source: true, target: true, logs: true, archive: "write", lock: true },
  status: { target: true, kv: true },
  errors: { target: true, kv: true, lock: true },
  verify: { target: true, kv: true },
  query: { target: true, jobless: true },
  archive: { target: true, archive: "write", lock: true },
  checkpoint: { target: true, kv: true, kvFolder: true, lock: true },
  doctor: { source: true, target: true, kv: true, logs: true, lock: true },
  probe: { source: true, target: "requests", file: true },
  console: { target: true, kv: true, serve: "console" },
  cron: {
    ...{ source: true, target: true, kv: true, logs: true, archive: "write", lock: true },
    serve: "status",
  },
  demo: {
    target: true,
    kv: true,
    kvFolder: true,
    logs: true,
    lock: true,
    serve: "any",
    settings: { ...DEMO_SETTINGS, [JOB_SETTING]: packageFile(REPOSITORY_JOB) },
  },
};

/** The needs of a command that has no job: it reads its flags, and reports what is wrong. */
export const WITHOUT_JOB: Needs = { jobPlaces: true };

/** Commands whose permissions follow from no job: those of their tasks in deno.json. */
export const FIXED: Readonly<Record<string, readonly string[]>> = {
  check: ["--allow-read", "--allow-env"],
  init: ["--allow-read", "--allow-write=.", "--allow-env=HINDCAST_COMMAND", "--ignore-env"],
  new: ["--allow-read", "--allow-write=.", "--allow-env=HINDCAST_COMMAND", "--ignore-env"],
  sandbox: ["--allow-net=127.0.0.1", "--allow-read=recordings,../shared/racing-api/recordings"],
};

/** The fixed permissions of a command with these arguments: `sandbox` may also read the archive that it plays back. */
export function fixedFlags(command: string, args: readonly string[]): string[] {
  // `init` asks for the permission to send its one request.
  const prompts = command === "init" ? [] : ["--no-prompt"];
  const at = args.findIndex((arg) => /^--archive(=|$)/.test(arg));
  const folder = args[at]?.split(/=(.*)/s)[1] ?? args[at + 1];
  if (command !== "sandbox" || at < 0 || folder === undefined) {
    return [...prompts, ...FIXED[command]!];
  }
  const readable = folder.replaceAll(",", ",,");
  return [...prompts, ...FIXED.sandbox!].map((flag) =>
    flag.startsWith("--allow-read=") ? `${flag},${readable}` : flag
  );
}

/** Makes glibc return the memory of freed responses and batches: 30 MB less at the peak. */
export const MEMORY_SETTINGS = { MALLOC_MMAP_THRESHOLD_: "131072" };

/** What a command requires: a console that may act, what a run does; a run with a console, its port;
 * a probe of the archive, no API. */
export function needsOf(command: string, args: readonly string[]): Needs | undefined {
  const needs = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (command === "console" && args.includes("--allow-actions")) {
    return { ...COMMANDS.backfill, ...needs };
  }
  if (command === "probe" && args.includes("--from-archive")) {
    return { ...needs, source: false, archive: "read" };
  }
  return command === "backfill" && args.includes("--console")
    ? { ...needs, serve: "run console" }
    : needs;
}

/**
 * The arguments with the job file as a flag, so that every command that is printed names it: it may also be the
 * first argument, or be set in the environment, perhaps for this command alone.
 */
export function namingJob(
  args: readonly string[],
  needs: Needs,
  setting: string | undefined,
): readonly string[] {
  if (needs.jobless || needs.settings !== undefined || namedJob(args) !== undefined) return args;
  const [first, ...rest] = args;
  if (needs.file && first?.startsWith("-") === false) return [`--config=${first}`, ...rest];
  return setting === undefined || setting === "" ? args : [`--config=${setting}`, ...args];
}

/** The permissions of a command, as flags of `deno run`; for tests and the guide. */
export async function flagsOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const needs = needsOf(command, args) ?? {};
  const settings = { ...env, ...needs.settings };
  const named = namingJob(args, needs, undefined);
  return (await permissions(needs, named, settings, new Set())).flags;
}

/** The names of the commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The names of all commands, those with fixed permissions too. */
export const PROGRAM_NAMES: readonly string[] = [...COMMAND_NAMES, ...Object.keys(FIXED)];
