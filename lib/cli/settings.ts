// Owns the settings from the environment: the locations of the database, the checkpoint and the logs. Only
// this file knows their names and defaults. launch.ts reads .env.local and .env, and limits which
// variables a command can read.

/** Settings of a command. */
export interface Settings {
  /** `postgres://...` or `pglite:PATH`. */
  readonly databaseUrl: string;
  /** File or `https://` server of the checkpoint; undefined on Deno Deploy. */
  readonly kvPath: string | undefined;
  /** Folder of the logs; undefined on Deno Deploy, which keeps no files. */
  readonly logsFolder: string | undefined;
  /** Folder or `s3://bucket/prefix` of the archive, instead of the one that the job names. */
  readonly archive?: string | undefined;
}

/** Names of the variables that Hindcast itself reads. */
export const SETTING_NAMES = [
  "DATABASE_URL",
  "BACKFILL_KV",
  "BACKFILL_LOGS",
  "BACKFILL_CONFIG",
  "BACKFILL_ARCHIVE",
] as const;

/** The variable with the password of the console. */
export const CONSOLE_PASSWORD = "HINDCAST_CONSOLE_PASSWORD";

/** Variables of the console: where it listens, and the password that other machines need. */
export const CONSOLE_NAMES = ["HINDCAST_CONSOLE_PORT", CONSOLE_PASSWORD] as const;

/** Locations unless the environment sets others. */
export const DEFAULTS = {
  databaseUrl: "pglite:./data/db",
  kvPath: "./data/checkpoints.db",
  logsFolder: "./logs",
} as const;

/** Locations of the demo's database and checkpoint: never those of a real backfill. */
export const DEMO_SETTINGS = {
  DATABASE_URL: "pglite:./data/demo/db",
  BACKFILL_KV: "./data/demo/checkpoints.db",
} as const;

/** Reads the settings from an environment. */
export function readSettings(env: (name: string) => string | undefined): Settings {
  return {
    databaseUrl: nonEmpty(env("DATABASE_URL")) ?? DEFAULTS.databaseUrl,
    kvPath: nonEmpty(env("BACKFILL_KV")) ?? (isOnDeploy(env) ? undefined : DEFAULTS.kvPath),
    logsFolder: nonEmpty(env("BACKFILL_LOGS")) ??
      (isOnDeploy(env) ? undefined : DEFAULTS.logsFolder),
    archive: nonEmpty(env("BACKFILL_ARCHIVE")),
  };
}

/** Whether this is Deno Deploy, which has its own Deno KV and no disk. */
export function isOnDeploy(env: (name: string) => string | undefined): boolean {
  return nonEmpty(env("DENO_DEPLOYMENT_ID")) !== undefined;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
