// The test bundle of journeys on the command line: a sandbox, a database, a checkpoint file and a logs
// folder, and the settings that make a spawned `deno task` use them.
import type { SandboxOptions } from "../../lib/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { type RunOptions, runTask, type TaskResult } from "../support/run_task.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

/** A place in which commands run as a user runs them. */
export interface Commands extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly folder: TempDir;
  /** Folder of the logs. */
  readonly logs: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command line, such as `backfill --resume`, to its end. */
  run(line: string, options?: RunOptions): Promise<TaskResult>;
}

/** Opens a place; the sandbox has no limit unless its options say so. */
export async function setupCommands(options: SandboxOptions = {}): Promise<Commands> {
  const folder = tempDir();
  const sandbox = await startSandbox({ limit: 0, ...options });
  const env = {
    RACING_API_URL: sandbox.url,
    RACING_API_USERNAME: sandbox.username,
    RACING_API_PASSWORD: sandbox.password,
    DATABASE_URL: await (await sharedPostgres()).createDatabase(),
    BACKFILL_KV: folder.file("checkpoints.db"),
    BACKFILL_LOGS: folder.file("logs"),
  };
  return {
    sandbox,
    folder,
    logs: env.BACKFILL_LOGS,
    env,
    run: (line, { env: more, ...rest } = {}) => {
      const [name, ...args] = line.split(" ").filter((word) => word !== "");
      return runTask(name!, args, { ...rest, env: { ...env, ...more } });
    },
    [Symbol.asyncDispose]: async () => {
      await sandbox[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The one JSON value that a command printed, and nothing else. */
// deno-lint-ignore no-explicit-any -- its shape is what the tests are about
export function onlyJson({ stdout }: TaskResult): any {
  if (stdout.trim().split("\n").length !== 1) throw new Error(`Expected one line: ${stdout}`);
  return JSON.parse(stdout);
}
