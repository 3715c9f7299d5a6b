// Determines the permissions of a command: the hosts of the API and of the database, the files of the
// job, the checkpoint, the embedded database and the logs, and the environment variables that these name.
// They are derived from the job file and the settings, so that no API requires broader permissions than
// its own hosts. It opens only the job's files.
import { PROXY_NAMES } from "../../fetch/http/proxy.ts";
import { JOB_PLACES, JOB_SETTING, namedJob } from "../default_job.ts";
import { CONSOLE_NAMES, CONSOLE_PASSWORD, readSettings, SETTING_NAMES } from "../settings.ts";
import { LOOK_VARIABLES } from "../terminal/look.ts";
import { TRACE_NAMES } from "../trace_settings.ts";
import { type Environment, hostOf, type JobAccess } from "./job_access.ts";
import { readAccessApart } from "./parse_apart.ts";
import { addArchive, addBoth, addKv, addTarget, type Grants } from "./storage_grants.ts";

/** What a command requires; what is absent is not permitted. */
export interface Needs {
  /** Sends requests to the API of the job. */
  readonly source?: boolean;
  /** Connects to the database; `requests`: only if requests repeat for the rows of a query on it, or count against limits. */
  readonly target?: boolean | "requests";
  /** Opens the checkpoint. */
  readonly kv?: boolean;
  /** Moves the checkpoint file, or recreates its folder. */
  readonly kvFolder?: boolean;
  /** Writes logs. */
  readonly logs?: boolean;
  /** Reads the archive, or also keeps responses in it. */
  readonly archive?: "read" | "write";
  /** Takes the lock of the job, which records the host name. */
  readonly lock?: boolean;
  /** Listens: on the port of the status page, where the console does (with or without flags), or on any port. */
  readonly serve?: "status" | "console" | "run console" | "any";
  /** Also accepts the job file as its first argument. */
  readonly file?: boolean;
  /** Reads no job. */
  readonly jobless?: boolean;
  /** Looks for a job where one may be. */
  readonly jobPlaces?: boolean;
  /** Settings that override the environment. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Default port of the status page; `PORT` overrides it. */
const STATUS_PORT = "8000";

/** Default port of the console; `--port` and `HINDCAST_CONSOLE_PORT` override it. */
const CONSOLE_PORT = "8001";

/** Variables for terminals and schedules, in addition to the settings and those that the job names. */
const COMMON_NAMES = [...LOOK_VARIABLES, "HINDCAST_COMMAND"];
const CRON_NAMES = [
  "PORT",
  "BACKFILL_SCHEDULE",
  "BACKFILL_BUDGET",
  "DENO_DEPLOYMENT_ID",
  "DENO_TIMELINE",
];

/** Few objects live long: a small young generation saves 75 MB and costs no time. */
const SMALL_YOUNG = "--max-semi-space-size=4";
/**
 * For commands that run a job: with a limit of 1 GiB, V8 collects the heap earlier, which saves 70 MB and
 * costs a tenth of the client's time (docs/benchmarks.md).
 */
export const RUN_HEAP = `${SMALL_YOUNG},--max-old-space-size=1024`;
/** The rows of a file come without pause: a larger young generation takes 20 MB and saves an eighth of the time. */
const FILE_HEAP = "--max-semi-space-size=16,--max-old-space-size=1024";

/** What a command may do. */
export interface Permissions {
  /** The permissions, as flags of `deno run`. */
  readonly flags: string[];
  /** Names of the environment variables that it may read. */
  readonly variables: readonly string[];
  /** Names of variables that the job uses and that are set, but not offered to it. */
  readonly withheld: readonly string[];
  /** What the user should know about them. */
  readonly warnings: readonly string[];
}

/**
 * The permissions of a command with these arguments in this environment; `fromFiles` names the variables
 * that come from .env and .env.local.
 *
 * @throws {Failure} of kind `configuration` for a path that Deno cannot be given.
 */
export async function permissions(
  needs: Needs,
  args: readonly string[],
  env: Environment,
  fromFiles: ReadonlySet<string>,
): Promise<Permissions> {
  const file = jobFileOf(args, env);
  const job = await readAccessApart({
    file,
    withHosts: needs.source === true || needs.archive !== undefined,
    env,
    fromFiles,
  });
  const { net, read, write, env: names, sys } = grantsOf(needs, job, env);
  if (needs.source === true) addTraces({ net, env: names }, env);
  if (needs.serve === "console") addConsole({ net, env: names }, args, env);
  if (needs.serve === "run console") addConsole({ net, env: names }, [], env);
  const readable = await withoutCommas(read, env);
  const writable = await withoutCommas(write, env);
  const flags = [
    "--quiet",
    "--no-prompt",
    ...flag("allow-net", net),
    ...flag("allow-read", readable.paths),
    ...flag("allow-write", writable.paths),
    ...flag("allow-env", names),
    "--ignore-env",
    ...flag("allow-sys", sys),
    `--v8-flags=${needs.logs ? job.readsFiles ? FILE_HEAP : RUN_HEAP : SMALL_YOUNG}`,
  ];
  const warnings = [...new Set([...readable.warnings, ...writable.warnings])];
  return { flags, variables: [...names], withheld: job.withheld, warnings };
}

function grantsOf(needs: Needs, job: JobAccess, env: Environment): Grants {
  const settings = readSettings((name) => env[name]);
  const grants: Grants = {
    net: new Set(needs.source === true ? job.hosts : []),
    read: new Set(needs.jobPlaces ? JOB_PLACES : job.files.filter((file) => file !== "")),
    write: new Set(),
    env: new Set([
      ...[...SETTING_NAMES, ...COMMON_NAMES, ...job.variables],
      ...(needs.source === true ? PROXY_NAMES : []),
    ]),
    sys: new Set(needs.lock ? ["hostname"] : []),
  };
  const usesTarget = needs.target === "requests" ? job.needsTarget : needs.target === true;
  if (usesTarget) addTarget(settings.databaseUrl, grants, env);
  if (needs.kv && settings.kvPath !== undefined) {
    addKv(settings.kvPath, grants, needs.kvFolder === true);
  }
  if (needs.logs && settings.logsFolder !== undefined) addBoth(grants, settings.logsFolder);
  const archive = settings.archive ?? job.archive;
  if (needs.archive !== undefined && archive !== undefined) {
    addArchive(archive, needs.archive, grants, env);
  }
  if (needs.serve === "any") grants.net.add("127.0.0.1");
  if (needs.serve === "status") {
    const port = env.PORT || STATUS_PORT;
    if (/^\d{1,5}$/.test(port)) grants.net.add(`127.0.0.1:${port}`);
    for (const name of CRON_NAMES) grants.env.add(name);
    grants.env.add(CONSOLE_PASSWORD);
  }
  return grants;
}

/** The job file that a command line or the environment names; empty if neither does. */
export function jobFileOf(args: readonly string[], env: Environment): string {
  return namedJob(args) ?? env[JOB_SETTING] ?? "";
}

/** The collector of spans, if traces are requested: `launch` sets HINDCAST_TRACES then. */
function addTraces({ net, env: names }: Pick<Grants, "net" | "env">, env: Environment): void {
  const host = hostOf(env.HINDCAST_TRACES ?? "");
  if (host === undefined) return;
  net.add(host);
  for (const name of TRACE_NAMES) names.add(name);
}

/** The address that the console listens on, as the command line or the environment gives it. */
function addConsole(
  { net, env: names }: Pick<Grants, "net" | "env">,
  args: readonly string[],
  env: Environment,
): void {
  const port = valueOf(args, "--port") || env.HINDCAST_CONSOLE_PORT || CONSOLE_PORT;
  const hostname = valueOf(args, "--hostname") ?? "127.0.0.1";
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (/^\d{1,5}$/.test(port) && /^[\w.:[\]-]+$/.test(host)) net.add(`${host}:${port}`);
  for (const name of CONSOLE_NAMES) names.add(name);
}

/** The value of a flag on a command line, the last one if it is repeated. */
function valueOf(args: readonly string[], flag: string): string | undefined {
  const values = args.flatMap((arg, at) =>
    arg === flag ? args[at + 1] ?? [] : arg.startsWith(`${flag}=`) ? arg.slice(flag.length + 1) : []
  );
  return values.at(-1);
}

/** The paths as Deno accepts them; one with a comma is rare, and every command waits for what is imported here. */
async function withoutCommas(
  paths: ReadonlySet<string>,
  env: Environment,
): Promise<{ paths: ReadonlySet<string>; warnings: string[] }> {
  if (![...paths].some((path) => path.includes(","))) return { paths, warnings: [] };
  const { withoutComma } = await import("./comma_path.ts");
  const granted = [...paths].map((path) =>
    path.includes(",") ? withoutComma(path, env.HOME) : { path, warning: undefined }
  );
  return {
    paths: new Set(granted.map(({ path }) => path)),
    warnings: granted.flatMap(({ warning }) => warning ?? []),
  };
}

/** One flag with its list; an empty list grants nothing. */
function flag(name: string, values: ReadonlySet<string>): string[] {
  return values.size === 0 ? [] : [`--${name}=${[...values].join(",")}`];
}
