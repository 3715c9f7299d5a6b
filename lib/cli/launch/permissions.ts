// Owns the answer to what a command may do: the hosts of the job's API and of the database, the files
// of the job, of the checkpoint, of the embedded database and of the logs, and the variables that any
// of these name. Everything follows from the job file and the settings, so that another API needs no
// broader permissions than its own hosts. It opens nothing but the job's files.
import { parsePostgresUrl } from "../../upsert/postgres/url.ts";
import { DEFAULT_JOB, readSettings, SETTING_NAMES } from "../settings.ts";
import { type Environment, type JobAccess, readJobAccess } from "./job_access.ts";

/** What a command touches. */
export interface Needs {
  /** Asks the job's API. */
  readonly source?: boolean;
  /** Talks to the database; `fed`: only where the job's requests are repeated for a query on it. */
  readonly target?: boolean | "fed";
  /** Opens the checkpoint. */
  readonly kv?: boolean;
  /** Moves the checkpoint's file, or begins its folder anew. */
  readonly kvFolder?: boolean;
  /** Writes logs. */
  readonly logs?: boolean;
  /** Takes a lock, in which the name of this machine is written. */
  readonly lock?: boolean;
  /** Listens on 127.0.0.1: on the port of the status page, or on any. */
  readonly serve?: "status" | "any";
  /** Takes the job file as its first argument, too. */
  readonly file?: boolean;
  /** Settings that it has whatever the environment says. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The lists of a command's permissions. */
interface Grants {
  readonly net: Set<string>;
  readonly read: Set<string>;
  readonly write: Set<string>;
  readonly env: Set<string>;
  readonly sys: Set<string>;
}

/** Port of the status page unless `PORT` says otherwise. */
const STATUS_PORT = "8000";

/** Variables of terminals and of schedules, besides the settings and what the job names. */
const COMMON_NAMES = ["NO_COLOR", "TERM"];
const CRON_NAMES = [
  "PORT",
  "BACKFILL_SCHEDULE",
  "BACKFILL_BUDGET",
  "DENO_DEPLOYMENT_ID",
  "DENO_TIMELINE",
];

/** Few objects are held for long: a small young generation saves 75 MB and costs no time. */
const SMALL_YOUNG = "--max-semi-space-size=4";
/**
 * For commands that run a job: V8 lets a heap that may not grow beyond 1 GiB grow less before it collects
 * it, which saves 70 MB and costs a tenth of the client's time (docs/benchmarks.md).
 */
export const RUN_HEAP = `${SMALL_YOUNG},--max-old-space-size=1024`;

/** The permissions of a command with these arguments in this environment, as flags of `deno run`. */
export async function permissions(
  needs: Needs,
  args: readonly string[],
  env: Environment,
): Promise<string[]> {
  const job = await readJobAccess(jobFileOf(args, needs.file === true), needs.source === true, env);
  const { net, read, write, env: names, sys } = grantsOf(needs, job, env);
  return [
    "--quiet",
    "--no-prompt",
    ...flag("allow-net", net),
    ...flag("allow-read", read),
    ...flag("allow-write", write),
    ...flag("allow-env", names),
    "--ignore-env",
    ...flag("allow-sys", sys),
    `--v8-flags=${needs.logs ? RUN_HEAP : SMALL_YOUNG}`,
  ];
}

function grantsOf(needs: Needs, job: JobAccess, env: Environment): Grants {
  const settings = readSettings((name) => env[name]);
  const grants: Grants = {
    net: new Set(job.hosts),
    read: new Set(job.files),
    write: new Set(),
    env: new Set([...SETTING_NAMES, ...COMMON_NAMES, ...job.variables]),
    sys: new Set(needs.lock ? ["hostname"] : []),
  };
  const asksTarget = needs.target === "fed" ? job.isFed : needs.target === true;
  if (asksTarget) addTarget(settings.databaseUrl, grants, env);
  if (needs.kv && settings.kvPath !== undefined) {
    addKv(settings.kvPath, grants, needs.kvFolder === true);
  }
  if (needs.logs && settings.logsFolder !== undefined) addBoth(grants, settings.logsFolder);
  if (needs.serve === "any") grants.net.add("127.0.0.1");
  if (needs.serve === "status") {
    const port = env.PORT || STATUS_PORT;
    if (/^\d{1,5}$/.test(port)) grants.net.add(`127.0.0.1:${port}`);
    for (const name of CRON_NAMES) grants.env.add(name);
  }
  return grants;
}

/** The job file that a command line names; open_job.ts reads it the same way. */
function jobFileOf(args: readonly string[], mayBeFirst: boolean): string {
  const at = args.findIndex((arg) => arg === "--config" || arg.startsWith("--config="));
  if (at < 0 && mayBeFirst && args[0]?.startsWith("-") === false) return args[0];
  const value = args[at] === "--config" ? args[at + 1] : args[at]?.slice("--config=".length);
  return at < 0 || value === undefined ? DEFAULT_JOB : value;
}

function addBoth(grants: Grants, path: string): void {
  grants.read.add(path);
  grants.write.add(path);
}

function addTarget(url: string, grants: Grants, env: Environment): void {
  if (!url.startsWith("pglite:")) return addServer(url, grants);
  addBoth(grants, url.slice("pglite:".length));
  grants.read.add(`${denoFolder(env)}/npm/registry.npmjs.org/@electric-sql/pglite`);
  grants.read.add(`${import.meta.dirname}/../../../node_modules/@electric-sql/pglite`);
}

/** A host and port, or a socket in a folder of this machine; of a URL that cannot be read nothing. */
function addServer(url: string, grants: Grants): void {
  let address;
  try {
    address = parsePostgresUrl(url);
  } catch {
    return;
  }
  const { host, port, sslRootCert } = address;
  if (host.startsWith("/")) addSocket(grants, `${host}/.s.PGSQL.${port}`);
  else grants.net.add(`${host.includes(":") ? `[${host}]` : host}:${port}`);
  if (sslRootCert !== undefined && sslRootCert !== "system") grants.read.add(sslRootCert);
}

/** Deno asks for all three. */
function addSocket(grants: Grants, path: string): void {
  grants.net.add(`unix:${path}`);
  addBoth(grants, path);
}

/** Where Deno keeps packages: PGlite reads its WebAssembly from there. */
function denoFolder(env: Environment): string {
  if (env.DENO_DIR) return env.DENO_DIR;
  switch (Deno.build.os) {
    case "windows":
      return `${env.LOCALAPPDATA ?? ""}/deno`;
    case "darwin":
      return `${env.HOME ?? ""}/Library/Caches/deno`;
    default:
      return `${env.XDG_CACHE_HOME || `${env.HOME ?? ""}/.cache`}/deno`;
  }
}

/** The file alone where its folder exists; the folder where it is to be made or the file to be moved. */
function addKv(path: string, grants: Grants, moves: boolean): void {
  if (/^https?:/.test(path)) {
    if (URL.canParse(path)) grants.net.add(new URL(path).host);
    return;
  }
  const folder = path.replace(/[/\\]?[^/\\]*$/, "") || ".";
  addBoth(grants, moves || !isFolder(folder) ? folder : path);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** One flag with its list; a comma of a path is doubled, and an empty list gives no permission at all. */
function flag(name: string, values: ReadonlySet<string>): string[] {
  if (values.size === 0) return [];
  return [`--${name}=${[...values].map((value) => value.replaceAll(",", ",,")).join(",")}`];
}
