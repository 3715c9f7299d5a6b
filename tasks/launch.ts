// Owns the start of a command: it works out what the command may do with this job and these settings,
// and starts it in a process of its own with exactly those permissions (permissions.ts). It does no work
// of the command itself, opens no socket and passes signals on. It imports next to nothing, because
// every command waits for it.
//
// The launcher itself may read, see the environment and start programs. `--allow-run=deno` would be no
// narrower: whoever may start Deno may start it with any permission, and the name would find another
// Deno than the running one, or under npx a wrapper that keeps signals to itself.
import { passSignals } from "../lib/cli/launch/pass_signals.ts";
import { type Needs, permissions } from "../lib/cli/launch/permissions.ts";
import { programArguments } from "../lib/cli/launch/program.ts";
import { DEMO_SETTINGS } from "../lib/cli/settings.ts";

const COMMANDS: Readonly<Record<string, Needs>> = {
  backfill: { source: true, target: true, kv: true, logs: true, lock: true },
  status: { target: true, kv: true },
  errors: { target: true, kv: true, lock: true },
  verify: { target: true, kv: true },
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
    settings: DEMO_SETTINGS,
  },
};

/** The files that settings are read from, the later over the earlier; what is set already wins over both. */
const ENV_FILES = [".env", ".env.local"];

/** Lets glibc give the memory of answers and batches back once they are freed: 30 MB less at the peak. */
export const MEMORY_SETTINGS = { MALLOC_MMAP_THRESHOLD_: "131072" };

/** What an interrupted command exits with; exit.ts says it to the commands, and imports more than a launcher should. */
const INTERRUPTED = 130;
const LEFT =
  "ended at once; what was committed is kept: deno task backfill --resume goes on from it";

if (import.meta.main) Deno.exit(await launch(Deno.args));

async function launch([command = "", ...args]: readonly string[]): Promise<number> {
  const signals = passSignals(INTERRUPTED, () => console.error(LEFT));
  const needs = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (needs === undefined) {
    console.error(`error: Cannot launch "${command}": there is no such command`);
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
  const flags = await permissions(needs, args, env);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, ...programArguments(command), ...args],
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  return await signals.until(child);
}

/** What a command may do, as flags of `deno run`; for tests and the guide. */
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
