// A place in which the project's commands run as a user runs them, each in a separate process:
// a job file, a database, a checkpoint and logs that no other test shares. It also reads what is
// in the database afterwards. Invariant: its folder is gone when its scope ends.
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import type { RunningTask, RunOptions, TaskOptions, TaskResult } from "../support/run_task.ts";
import { runTask, spawnTask } from "../support/run_task.ts";
import { tempDir } from "../support/temp.ts";
import { copyPglite } from "./pglite_template.ts";

/** The two kinds of database. */
export const KINDS: readonly ("postgres" | "pglite")[] = ["postgres", "pglite"];

/** Password of the API in every site; a search for it must find nothing. */
export const PASSWORD = 'p@ss/wörd "9f3c" 100%';

/** A place to run commands in. */
export interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly kvPath: string;
  readonly logs: string;
  /** The path of something in the folder. */
  file(...names: string[]): string;
  /** Runs a command to its end, on the site's job unless the arguments name another. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<TaskResult>;
  /** Starts a command. */
  spawn(command: string, args?: readonly string[], options?: TaskOptions): RunningTask;
  /** All rows of the job's tables, as JSON, in the order of their keys; without `updated_at`. */
  rows(): Promise<Record<string, unknown[]>>;
}

/** Creates a site for a job; `files` are put beside it. */
export async function openSite(
  job: string,
  options: {
    /** An empty one of a kind, an embedded one that does not exist yet, or an existing one. */
    database?: "postgres" | "pglite" | "new pglite" | { url: string };
    env?: Record<string, string>;
    files?: Record<string, string>;
  } = {},
): Promise<Site> {
  const dir = tempDir();
  const file = dir.file("job.yaml");
  for (const [name, text] of Object.entries({ "job.yaml": job, ...options.files })) {
    await Deno.writeTextFile(dir.file(name), text);
  }
  const databaseUrl = await databaseFor(options.database ?? "postgres", dir.file("db"));
  const env = {
    DATABASE_URL: databaseUrl,
    BACKFILL_KV: dir.file("checkpoints.db"),
    BACKFILL_LOGS: dir.file("logs"),
    METER_PASSWORD: PASSWORD,
    ...options.env,
  };
  const withEnv = (more: RunOptions = {}) => ({ ...more, env: { ...env, ...more.env } });
  const withJob = (args: readonly string[]) =>
    args.includes("--config") ? [...args] : ["--config", file, ...args];
  return {
    folder: dir.path,
    databaseUrl,
    kvPath: env.BACKFILL_KV,
    logs: env.BACKFILL_LOGS,
    file: dir.file,
    run: (command, args = [], more) => runTask(command, withJob(args), withEnv(more)),
    spawn: (command, args = [], more) => spawnTask(command, withJob(args), withEnv(more)),
    rows: async () => {
      await using target = await openTarget(databaseUrl);
      return await rowsOf(target);
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function databaseFor(
  database: "postgres" | "pglite" | "new pglite" | { url: string },
  folder: string,
): Promise<string> {
  if (typeof database === "object") return database.url;
  if (database === "postgres") return await (await sharedPostgres()).createDatabase();
  if (database === "pglite") await copyPglite(folder);
  return `pglite:${folder}`;
}

const TABLES_SQL = `SELECT table_name FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name NOT LIKE 'hindcast%' ORDER BY table_name`;

/** All rows of the tables that are not Hindcast's own; duplicates would show. */
export async function rowsOf(target: Target): Promise<Record<string, unknown[]>> {
  const { rows } = await target.query(TABLES_SQL);
  const tables: [string, unknown[]][] = [];
  for (const [name] of rows) {
    const sql = `SELECT to_jsonb(t) - 'updated_at' FROM "${name}" AS t
ORDER BY (to_jsonb(t) - 'updated_at')::text COLLATE "C"`;
    const { rows } = await target.query(sql);
    tables.push([String(name), rows.map(([row]) => row)]);
  }
  return Object.fromEntries(tables);
}
