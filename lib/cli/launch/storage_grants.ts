// Owns what access to the places of data requires: the database, the checkpoint and the archive. It adds hosts,
// paths and variables to lists; permissions.ts turns these into flags. It opens nothing.
import { parseS3, S3_VARIABLES, s3Address } from "../../archive/store/s3_address.ts";
import { parsePostgresUrl } from "../../upsert/postgres/url.ts";
import { IS_BUNDLED, packageFile } from "../package_files.ts";
import { type Environment, hostOf } from "./job_access.ts";

/** The lists of a command's permissions. */
export interface Grants {
  /** Hosts, with a port where one is known. */
  readonly net: Set<string>;
  /** Paths to read. */
  readonly read: Set<string>;
  /** Paths to write. */
  readonly write: Set<string>;
  /** Names of variables. */
  readonly env: Set<string>;
  /** Facts of the operating system, such as `hostname`. */
  readonly sys: Set<string>;
}

/** Grants reading and writing a path. */
export function addBoth(grants: Grants, path: string): void {
  grants.read.add(path);
  grants.write.add(path);
}

/** Grants the database: its server, or the folder of an embedded one and the files that PGlite loads. */
export function addTarget(url: string, grants: Grants, env: Environment): void {
  if (!url.startsWith("pglite:")) return addServer(url, grants);
  const folder = url.slice("pglite:".length);
  if (folder !== "") addBoth(grants, folder);
  if (IS_BUNDLED) return void grants.read.add(packageFile("lib/bundle"));
  grants.read.add(`${denoFolder(env)}/npm/registry.npmjs.org/@electric-sql/pglite`);
  grants.read.add(`${import.meta.dirname}/../../../node_modules/@electric-sql/pglite`);
}

/** Grants hosts and ports, or Unix sockets; nothing for a URL that cannot be parsed. */
function addServer(url: string, grants: Grants): void {
  let address;
  try {
    address = parsePostgresUrl(url);
  } catch {
    return;
  }
  const { hosts, sslRootCert } = address;
  for (const { host, port } of hosts) {
    if (host.startsWith("/")) addSocket(grants, `${host}/.s.PGSQL.${port}`);
    else grants.net.add(`${host.includes(":") ? `[${host}]` : host}:${port}`);
  }
  if (sslRootCert !== undefined && sslRootCert !== "system") grants.read.add(sslRootCert);
}

/** Grants the archive, and the separate module that the thread that compresses loads. */
export function addArchive(
  location: string,
  use: "read" | "write",
  grants: Grants,
  env: Environment,
): void {
  if (use === "write") grants.read.add(packageFile(IS_BUNDLED ? "lib/bundle" : "lib"));
  const bucket = parseS3(location)?.bucket;
  if (bucket === undefined) {
    return use === "write" ? addBoth(grants, location) : void grants.read.add(location);
  }
  for (const name of S3_VARIABLES) grants.env.add(name);
  try {
    const host = hostOf(s3Address(bucket, (name) => env[name]).url);
    if (host !== undefined) grants.net.add(host);
  } catch { /* the command says what is wrong with the endpoint */ }
}

/** Deno requires all three for a Unix socket. */
function addSocket(grants: Grants, path: string): void {
  grants.net.add(`unix:${path}`);
  addBoth(grants, path);
}

/** Deno's cache folder, from which PGlite reads its WebAssembly. */
function denoFolder(env: Environment): string {
  if (env.DENO_DIR) return env.DENO_DIR;
  switch (Deno.build.os) {
    case "windows":
      return `${env.LOCALAPPDATA ?? ""}/deno`;
    case "darwin":
      return `${env.HOME || homeFolder()}/Library/Caches/deno`;
    default:
      return `${env.XDG_CACHE_HOME || `${env.HOME || homeFolder()}/.cache`}/deno`;
  }
}

/**
 * The home folder that Deno uses where HOME is not set, as under cron and systemd: of the system's users
 * the first one with a readable Deno cache, because the launcher may not look up its own user.
 */
function homeFolder(): string {
  try {
    const users = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":"));
    return users.find(([, , , , , home = ""]) => isFolder(`${home}/.cache/deno/npm`))?.[5] ?? "";
  } catch {
    return "";
  }
}

/** Grants the file if its folder exists; the folder if it must be created or the file is to be moved. */
export function addKv(path: string, grants: Grants, moves: boolean): void {
  if (/^https?:/.test(path)) {
    grants.env.add("DENO_KV_ACCESS_TOKEN");
    const host = hostOf(path);
    if (host !== undefined) grants.net.add(host);
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
