// Starts a command: determines the permissions that it requires for this job and these settings
// (permissions.ts), and runs it in its own process with exactly those. It does no work of the command,
// opens no socket, and forwards signals. It imports as little as possible, because every command waits
// for it.
import type { Failure } from "../../failure.ts";
import { readEnvFiles, readJobEnvFiles } from "./env_files.ts";
import { asStarted, PREFIX } from "../own_commands.ts";
import { defaultJob, JOB_SETTING, namedJob } from "../default_job.ts";
import denoJson from "../../../deno.json" with { type: "json" };
import { suggest } from "../../did_you_mean.ts";
import { usageText } from "./usage.ts";
import { firstLine } from "./first_line.ts";
import { passSignals } from "./pass_signals.ts";
import { jobFileOf, type Needs, type Permissions, permissions } from "./permissions.ts";
import { programArguments } from "./program.ts";
import { helperNames } from "./helper_names.ts";
import { childEnvironment } from "./environment.ts";
import { DEFAULTS } from "../settings.ts";
import { fitText } from "../terminal/fit_text.ts";
import { tracesUrl } from "../trace_settings.ts";
import {
  FIXED,
  fixedFlags,
  MEMORY_SETTINGS,
  namingJob,
  needsOf,
  PROGRAM_NAMES,
  REPOSITORY_JOB,
  WITHOUT_JOB,
} from "./needs.ts";

/** Exit code of an interrupted command, as in exit.ts, which imports more than a launcher should. */
const INTERRUPTED = 130;
const LEFT = "killed; committed rows are kept; continue with deno task backfill --resume";

/** Starts the command that a command line names; resolves to its exit code. */
export async function launch([command = "--help", ...given]: readonly string[]): Promise<number> {
  if (command === "help" && given[0] !== undefined) return await launch([given[0], "--help"]);
  if (/^(--help|-h|help)$/.test(command)) return say(usageText(PREFIX));
  if (/^(--version|-V|version)$/.test(command)) return say(`hindcast ${denoJson.version}`);
  const needs = needsOf(command, given);
  const args = needs === undefined ? given : namingJob(given, needs, Deno.env.get(JOB_SETTING));
  const signals = passSignals(INTERRUPTED, () => console.error(asStarted(LEFT, namedJob(args))));
  if (Object.hasOwn(FIXED, command)) {
    const flags = ["--quiet", ...fixedFlags(command, given)];
    return await signals.until(start(command, flags, given, Deno.env.toObject()));
  }
  if (needs === undefined) return refuse(unknownCommand(command));
  let prepared: Prepared;
  try {
    prepared = await prepare(command, needs, args);
  } catch (error) {
    return refuse(error as Failure);
  }
  const { env, granted: { flags, variables, withheld, warnings } } = prepared;
  warn(env, withheld);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const child = start(command, flags, args, childEnvironment(env, variables));
  const helpers = command === "backfill" ? await startHelpers(args, prepared) : [];
  return await signals.until(child, helpers);
}

/** What a command is started with. */
interface Prepared {
  readonly env: Readonly<Record<string, string>>;
  /** The variables that come from files. */
  readonly fromFiles: ReadonlySet<string>;
  readonly hasJob: boolean;
  readonly granted: Permissions;
}

async function prepare(
  command: string,
  needs: Needs,
  args: readonly string[],
): Promise<Prepared> {
  const ownFiles = await readEnvFiles();
  const own: Record<string, string> = {
    ...{ ...MEMORY_SETTINGS, ...ownFiles, ...Deno.env.toObject(), ...needs.settings },
  };
  own.HINDCAST_TRACES = tracesUrl((name) => own[name]) ?? "";
  if (!needs.jobless && namedJob(args) === undefined) own[JOB_SETTING] = jobSetting(own);
  const file = jobFileOf(args, own);
  const ofJob = await readJobEnvFiles(file);
  const env = { ...ofJob, ...own };
  const fromFiles = new Set(Object.keys({ ...ofJob, ...ownFiles }));
  const hasJob = needs.jobless === true || file !== "";
  const line = hasJob ? firstLine(command, args, env) : undefined;
  if (line !== undefined) say(fitText(line, Deno.stdout));
  const granted = await permissions(hasJob ? needs : WITHOUT_JOB, args, env, fromFiles);
  return { env, fromFiles, hasJob, granted };
}

/** Starts the processes that share the run of a backfill with the first one. */
async function startHelpers(
  args: readonly string[],
  { env, fromFiles, hasJob }: Prepared,
): Promise<Deno.ChildProcess[]> {
  const names = hasJob ? helperNames(args) : [];
  // The backfill itself refuses to share an embedded database; a helper could open it first.
  const isEmbedded = (env.DATABASE_URL || DEFAULTS.databaseUrl).startsWith("pglite:");
  if (names.length === 0 || isEmbedded) return [];
  const { flags, variables } = await permissions(needsOf("worker", args)!, args, env, fromFiles);
  const job = namedJob(args);
  const own = job === undefined ? [] : ["--config", job];
  return names.map((name) =>
    start("worker", flags, [...own, "--name", name], childEnvironment(env, variables))
  );
}

/** The job file of a command that names none; empty if there is none or more than one, which the command reports. */
function jobSetting(env: Readonly<Record<string, string>>): string {
  try {
    return defaultJob((name) => env[name], REPOSITORY_JOB);
  } catch {
    return "";
  }
}

function unknownCommand(command: string): Pick<Failure, "message" | "hint"> {
  const near = suggest(command, PROGRAM_NAMES);
  const hint = near === undefined ? "See --help" : `Did you mean "${near}"?`;
  return { message: `Cannot start "${command}": unknown command`, hint };
}

function refuse({ message, hint }: Pick<Failure, "message" | "hint">): number {
  const lines = [`error: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  console.error(asStarted(lines.join("\n"), undefined));
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

/** Prints a text; returns the exit code. */
function say(text: string): number {
  try {
    console.log(text);
    return 0;
  } catch (error) {
    console.error(`error: Cannot write the output: ${(error as Error).message}`);
    return 1;
  }
}

/** Reports settings that would otherwise be silently ignored. */
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
