// Starts a command: determines the permissions that it requires for this job and these settings
// (permissions.ts), and runs it in its own process with exactly those. It does no work of the command,
// opens no socket, and forwards signals. It imports as little as possible, because every command waits
// for it.
//
// The launcher itself may read files and the environment and run programs. `--allow-run=deno` would not be
// narrower: a process that may run Deno may run it with any permission, and the name could resolve to
// another Deno or, under npx, to a wrapper that does not forward signals.
import denoJson from "../deno.json" with { type: "json" };
import { suggest } from "../lib/did_you_mean.ts";
import { usageText } from "../lib/cli/launch/usage.ts";
import { passSignals } from "../lib/cli/launch/pass_signals.ts";
import { jobFileOf, type Needs, permissions } from "../lib/cli/launch/permissions.ts";
import { programArguments } from "../lib/cli/launch/program.ts";
import { defaultJob, JOB_SETTING, namedJob } from "../lib/cli/default_job.ts";
import { readEnvFiles, readJobEnvFiles } from "../lib/cli/launch/env_files.ts";
import { childEnvironment } from "../lib/cli/launch/environment.ts";
import { asStarted, PREFIX } from "../lib/cli/own_commands.ts";
import { packageFile } from "../lib/cli/package_files.ts";
import type { Failure } from "../lib/failure.ts";
import { DEFAULTS, DEMO_SETTINGS } from "../lib/cli/settings.ts";

/** The job of the repository itself: of the demo, and of commands there when the user has no job. */
const REPOSITORY_JOB = "config/racing.yaml";

const COMMANDS: Readonly<Record<string, Needs>> = {
  backfill: { source: true, target: true, kv: true, logs: true, lock: true },
  status: { target: true, kv: true },
  errors: { target: true, kv: true, lock: true },
  verify: { target: true, kv: true },
  query: { target: true, jobless: true },
  checkpoint: { target: true, kv: true, kvFolder: true, lock: true },
  doctor: { source: true, target: true, kv: true, logs: true, lock: true },
  probe: { source: true, target: "requests", file: true },
  cron: { source: true, target: true, kv: true, logs: true, lock: true, serve: "status" },
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

/** Commands whose permissions follow from no job: those of their tasks in deno.json. */
export const FIXED: Readonly<Record<string, readonly string[]>> = {
  check: ["--allow-read", "--allow-env"],
  init: ["--allow-read", "--allow-write=.", "--ignore-env"],
  new: ["--allow-read", "--allow-write=.", "--ignore-env"],
  sandbox: ["--allow-net=127.0.0.1", "--allow-read=recordings,../shared/racing-api/recordings"],
};

/** Makes glibc return the memory of freed responses and batches: 30 MB less at the peak. */
export const MEMORY_SETTINGS = { MALLOC_MMAP_THRESHOLD_: "131072" };

/** Exit code of an interrupted command, as in exit.ts, which imports more than a launcher should. */
const INTERRUPTED = 130;
const LEFT = "killed; committed rows are kept; continue with deno task backfill --resume";

async function launch([command = "--help", ...args]: readonly string[]): Promise<number> {
  if (/^(--help|-h|help)$/.test(command)) {
    return say(usageText(PREFIX));
  }
  if (/^(--version|-V)$/.test(command)) return say(`hindcast ${denoJson.version}`);
  const signals = passSignals(INTERRUPTED, () => console.error(asStarted(LEFT, namedJob(args))));
  if (Object.hasOwn(FIXED, command)) {
    const flags = ["--quiet", "--no-prompt", ...FIXED[command]!];
    return await signals.until(start(command, flags, args, Deno.env.toObject()));
  }
  const needs = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (needs === undefined) {
    const near = suggest(command, PROGRAM_NAMES);
    const hint = near === undefined ? "See --help" : `Did you mean "${near}"?`;
    console.error(`error: Cannot start "${command}": unknown command\nhint: ${hint}`);
    return 2;
  }
  let env: Record<string, string>;
  let files: Readonly<Record<string, string>>;
  try {
    files = await readEnvFiles();
    env = { ...MEMORY_SETTINGS, ...files, ...Deno.env.toObject(), ...needs.settings };
    if (!needs.jobless && namedJob(args) === undefined) {
      env[JOB_SETTING] = defaultJob((name) => env[name], REPOSITORY_JOB);
    }
    const ofJob = await readJobEnvFiles(jobFileOf(args, needs.file === true, env));
    files = { ...ofJob, ...files };
    env = { ...ofJob, ...env };
  } catch (error) {
    return refuse(error as Failure);
  }
  const fromFiles = new Set(Object.keys(files));
  const { flags, variables, withheld } = await permissions(needs, args, env, fromFiles);
  warn(env, withheld);
  return await signals.until(start(command, flags, args, childEnvironment(env, variables)));
}

function refuse({ message, hint }: Failure): number {
  console.error([`error: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])].join("\n"));
  return 2;
}

function start(
  command: string,
  flags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, ...programArguments(command), ...args],
    clearEnv: true,
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

function say(text: string): number {
  console.log(text);
  return 0;
}

/** The permissions of a command, as flags of `deno run`; for tests and the guide. */
export async function flagsOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const needs = COMMANDS[command] ?? {};
  const settings = { ...env, ...needs.settings };
  return (await permissions(needs, args, settings, new Set())).flags;
}

/** The names of the commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The names of all commands, those with fixed permissions too. */
export const PROGRAM_NAMES: readonly string[] = [...COMMAND_NAMES, ...Object.keys(FIXED)];

/** Reports settings that would otherwise be ignored in silence. */
function warn(env: Readonly<Record<string, string>>, withheld: readonly string[]): void {
  if (env.DATABASE_URL === "") {
    console.error(`warning: DATABASE_URL is empty; using ${DEFAULTS.databaseUrl}`);
  }
  for (const name of withheld) {
    console.error(
      `warning: the job does not receive the variable "${name}": name it in "variables" of the job, or set it in .env.local`,
    );
  }
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
