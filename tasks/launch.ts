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
import { type Needs, permissions } from "../lib/cli/launch/permissions.ts";
import { programArguments } from "../lib/cli/launch/program.ts";
import { defaultJob, JOB_SETTING, namedJob } from "../lib/cli/default_job.ts";
import { IS_BUNDLED, packageFile } from "../lib/cli/package_files.ts";
import type { Failure } from "../lib/failure.ts";
import { DEMO_SETTINGS } from "../lib/cli/settings.ts";

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
  probe: { source: true, target: "fed", file: true },
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
  sandbox: ["--allow-net=127.0.0.1", "--allow-read=recordings,../shared/racing-api/recordings"],
};

/** The files with settings; later ones override earlier ones, and the environment overrides both. */
const ENV_FILES = [".env", ".env.local"];

/** Makes glibc return the memory of freed responses and batches: 30 MB less at the peak. */
export const MEMORY_SETTINGS = { MALLOC_MMAP_THRESHOLD_: "131072" };

/** Exit code of an interrupted command, as in exit.ts, which imports more than a launcher should. */
const INTERRUPTED = 130;
const LEFT = "killed; committed rows are kept: deno task backfill --resume continues";

async function launch([command = "--help", ...args]: readonly string[]): Promise<number> {
  if (/^(--help|-h|help)$/.test(command)) {
    return say(usageText(IS_BUNDLED ? "hindcast" : "deno task"));
  }
  if (/^(--version|-V)$/.test(command)) return say(`hindcast ${denoJson.version}`);
  const signals = passSignals(INTERRUPTED, () => console.error(LEFT));
  if (Object.hasOwn(FIXED, command)) {
    const flags = ["--quiet", "--no-prompt", ...FIXED[command]!];
    return await signals.until(start(command, flags, args));
  }
  const needs = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (needs === undefined) {
    const near = suggest(command, PROGRAM_NAMES);
    const hint = near === undefined ? "See --help" : `Did you mean "${near}"?`;
    console.error(`error: Cannot start "${command}": unknown command\nhint: ${hint}`);
    return 2;
  }
  let env: Record<string, string>;
  try {
    env = {
      ...MEMORY_SETTINGS,
      ...await readEnvFiles(),
      ...Deno.env.toObject(),
      ...needs.settings,
    };
  } catch (error) {
    console.error(`error: Cannot read the settings: ${(error as Error).message}`);
    return 2;
  }
  if (!needs.jobless && namedJob(args) === undefined) {
    try {
      env[JOB_SETTING] = defaultJob((name) => env[name], REPOSITORY_JOB);
    } catch (error) {
      const { message, hint } = error as Failure;
      console.error(`error: ${message}\nhint: ${hint}`);
      return 2;
    }
  }
  const flags = await permissions(needs, args, env);
  return await signals.until(start(command, flags, args, env));
}

function start(
  command: string,
  flags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, ...programArguments(command), ...args],
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
export function flagsOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const needs = COMMANDS[command] ?? {};
  return permissions(needs, args, { ...env, ...needs.settings });
}

/** The names of the commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The names of all commands, those with fixed permissions too. */
export const PROGRAM_NAMES: readonly string[] = [...COMMAND_NAMES, ...Object.keys(FIXED)];

async function readEnvFiles(): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const file of ENV_FILES) {
    const text = readIfPresent(file);
    if (text === undefined) continue;
    const { parseEnv } = await import("node:util");
    Object.assign(env, parseEnv(text));
  }
  return env;
}

function readIfPresent(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
