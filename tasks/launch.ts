// Owns what a command may do. It reads the job file and the settings, works out the hosts, files and
// variables that this command needs with this job, and starts the command in a process of its own with
// exactly those permissions: another API needs no broader ones than its own hosts. It does no work of
// the command itself, opens no socket, and passes signals on.
import { parse } from "yaml";
import { parseEnv } from "node:util";
import { dirname, resolve } from "node:path";
import { DEFAULT_JOB, DEMO_SETTINGS, readSettings, SETTING_NAMES } from "./settings.ts";

/** What a command touches. */
interface Needs {
  readonly source?: boolean;
  readonly target?: boolean;
  readonly kv?: boolean;
  readonly logs?: boolean;
  /** Listens on 127.0.0.1. */
  readonly serve?: boolean;
  /** Settings that it has whatever the environment says. */
  readonly settings?: Readonly<Record<string, string>>;
}

const COMMANDS: Readonly<Record<string, Needs>> = {
  backfill: { source: true, target: true, kv: true, logs: true },
  status: { target: true, kv: true },
  errors: { target: true, kv: true },
  verify: { target: true, kv: true },
  checkpoint: { target: true, kv: true },
  doctor: { source: true, target: true, kv: true, logs: true },
  probe: { source: true, target: true },
  cron: { source: true, target: true, kv: true, logs: true, serve: true },
  demo: { target: true, kv: true, logs: true, serve: true, settings: DEMO_SETTINGS },
};

/** Largest job file looked at; what is larger is refused by the command with a message. */
const JOB_BYTES = 1 << 20;

if (import.meta.main) {
  const [command, ...args] = Deno.args;
  const needs = COMMANDS[command ?? ""];
  if (command === undefined || needs === undefined) {
    console.error(`error: Cannot launch "${command ?? ""}": there is no such command`);
    Deno.exit(2);
  }
  Deno.exit(await launch(command, needs, args));
}

async function launch(command: string, needs: Needs, args: readonly string[]): Promise<number> {
  const env = { ...readEnvironment(), ...needs.settings };
  const script = new URL(`./${command}.ts`, import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions(needs, jobFile(args), env), script, ...args],
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => pass(child, signal));
  }
  return (await child.status).code;
}

function pass(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch { /* it has ended already */ }
}

/** The environment with what .env.local and .env add; what is set wins, and .env.local before .env. */
function readEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const file of [".env", ".env.local"]) {
    try {
      Object.assign(env, parseEnv(Deno.readTextFileSync(file)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { ...env, ...Deno.env.toObject() };
}

function jobFile(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === "--config" || arg.startsWith("--config="));
  const value = args[at] === "--config" ? args[at + 1] : args[at]?.slice("--config=".length);
  return at < 0 || value === undefined ? DEFAULT_JOB : value;
}

/** The permissions of a command, as flags of `deno run`. */
export function permissions(
  needs: Needs,
  file: string,
  env: Readonly<Record<string, string>>,
): string[] {
  const settings = readSettings((name) => env[name]);
  const job = readJobText(file);
  const net = new Set<string>();
  const read = new Set([dirname(resolve(file))]);
  const write = new Set<string>();
  const variables = new Set<string>([...SETTING_NAMES, "NO_COLOR", "TERM", ...variablesOf(job)]);
  if (needs.source) { for (const host of hostsOf(job, env)) net.add(host); }
  if (needs.target) addTarget(settings.databaseUrl, net, read, write);
  if (needs.kv && settings.kvPath !== undefined) addKv(settings.kvPath, net, read, write);
  if (needs.logs) {
    read.add(resolve(settings.logsFolder));
    write.add(resolve(settings.logsFolder));
  }
  if (needs.serve) net.add("127.0.0.1");
  return [
    "--no-prompt",
    "--quiet",
    `--config=${new URL("../deno.json", import.meta.url).pathname}`,
    "--unstable-kv",
    "--unstable-cron",
    ...(net.size === 0 ? [] : [`--allow-net=${[...net].join(",")}`]),
    `--allow-read=${[...read].join(",")}`,
    ...(write.size === 0 ? [] : [`--allow-write=${[...write].join(",")}`]),
    `--allow-env=${[...variables].join(",")}`,
    "--ignore-env",
    "--allow-sys=hostname",
    "--v8-flags=--max-semi-space-size=4",
  ];
}

function readJobText(file: string): string {
  try {
    if (Deno.statSync(file).size > JOB_BYTES) return "";
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // the command says what is wrong with the file
  }
}

function variablesOf(text: string): string[] {
  return [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map((match) => match[1]!);
}

/** `host:port` of the URLs a job names: its source's, and where it fetches tokens. */
function hostsOf(text: string, env: Readonly<Record<string, string>>): string[] {
  let tree: unknown;
  try {
    tree = parse(text, { maxAliasCount: 10 });
  } catch {
    return [];
  }
  const source = field(tree, "source");
  const urls = [
    typeof source === "string" ? source : field(source, "url"),
    field(field(field(source, "auth"), "oauth2"), "token_url"),
  ];
  return urls.flatMap((url) => typeof url === "string" ? hostOf(substitute(url, env)) ?? [] : []);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function substitute(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, name: string, fallback: string | undefined) => env[name] || (fallback ?? ""),
  );
}

function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
}

function addTarget(url: string, net: Set<string>, read: Set<string>, write: Set<string>): void {
  if (!url.startsWith("pglite:")) {
    if (URL.canParse(url)) {
      const { hostname, port } = new URL(url);
      net.add(`${hostname}:${port || 5432}`);
    }
    return;
  }
  const folder = resolve(url.slice("pglite:".length));
  for (const path of [folder, `${folder}.lock`]) {
    read.add(path);
    write.add(path);
  }
  for (const cache of npmFolders()) read.add(`${cache}/@electric-sql/pglite`);
}

/** Where PGlite's package may lie: it reads its WebAssembly from there. */
function npmFolders(): string[] {
  const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  const { npmCache } = JSON.parse(new TextDecoder().decode(info.stdout)) as { npmCache: string };
  const modules = new URL("../node_modules", import.meta.url).pathname;
  return [`${npmCache}/registry.npmjs.org`, modules];
}

/** SQLite keeps two files beside the one it is given. */
function addKv(path: string, net: Set<string>, read: Set<string>, write: Set<string>): void {
  const host = hostOf(path);
  if (/^https?:/.test(path)) {
    if (host !== undefined) net.add(host);
    return;
  }
  const folder = dirname(resolve(path));
  read.add(folder);
  write.add(folder);
}
