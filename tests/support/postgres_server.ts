// Owns throwaway PostgreSQL servers on 127.0.0.1: their folders, ports and processes.
// Never touches a server it did not start, and needs nothing but Deno and a Unix shell.
// Invariant: no server and no folder outlives the test process by more than a few seconds, even
// after `kill -9`: a shell started beside each server waits for that.
import { join } from "node:path";
import postgres from "postgres";
import { placePrograms } from "./postgres_programs.ts";

/** How to shut down: wait for clients, disconnect them, or die as in a power cut. */
export type StopMode = "smart" | "fast" | "immediate";

/** A server that is there for a test's databases. */
export interface Databases {
  /** `postgres://hindcast@127.0.0.1:PORT/postgres`; every local client is trusted. */
  readonly url: string;
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
}

/** A server, running or stopped, that can be started again on the same data and port. */
export interface PostgresServer extends Databases, AsyncDisposable {
  readonly port: number;
  readonly dataDir: string;
  /** Stops the server, `fast` unless said; returns when its process is gone. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts a stopped server; returns when it accepts connections. */
  start(): Promise<void>;
}

interface Cluster {
  folder: string;
  programs: string;
  dataDir: string;
  user: { uid: number; gid: number } | undefined;
}

/** PostgreSQL refuses to run as root; this is `nobody` on every Linux. */
const NOBODY = { uid: 65534, gid: 65534 };
const SUPERUSER = "hindcast";
const MAX_PORTS_TRIED = 3;
const PORT_TAKEN = "Address already in use";
const START_TIMEOUT_SECONDS = 60;

/** Fast rather than durable, and the same whatever the machine's own settings are. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  shared_buffers: "32MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** Kills the server and removes the folder when the process is gone; ends when the folder is. */
const GUARD = `(
  trap '' HUP
  while kill -0 "$1" && [ -d "$2" ]; do sleep 1; done
  kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")" && sleep 1
  rm -rf "$2"
) </dev/null >/dev/null 2>&1 &`;

/**
 * Starts a server for tests that stop it or need their own settings; takes one to two seconds.
 *
 * @param settings added to the configuration, such as `{ fsync: "on" }`
 * @throws {Error} with the server's log when it does not start
 */
export async function startPostgres(
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  const cluster = await createCluster({ ...SETTINGS, ...settings });
  try {
    return serverOf(cluster, await startOnFreePort(cluster));
  } catch (error) {
    await remove(cluster);
    throw error;
  }
}

let shared: Promise<Databases> | undefined;

/**
 * The server that all test files of a process share, started when first asked for. Set
 * `HINDCAST_TEST_POSTGRES_URL` to a superuser's URL to use a server of your own.
 */
export function sharedPostgres(): Promise<Databases> {
  return shared ??= joinOrStart();
}

/** Test files do not share modules, but they share the environment of their process. */
async function joinOrStart(): Promise<Databases> {
  const url = Deno.env.get("HINDCAST_TEST_POSTGRES_URL");
  if (url) return { url, createDatabase: () => createDatabase(url) };
  const server = await startPostgres();
  Deno.env.set("HINDCAST_TEST_POSTGRES_URL", server.url);
  return server;
}

async function createCluster(settings: Record<string, string>): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "hindcast-postgres-" });
  const dataDir = join(folder, "data");
  const user = (await Deno.stat(folder)).uid === 0 ? NOBODY : undefined;
  await new Deno.Command("sh", { args: ["-c", GUARD, "guard", `${Deno.pid}`, folder] }).output();
  const programs = await placePrograms(join(folder, "programs"));
  if (user) await Deno.chown(folder, user.uid, user.gid);
  const cluster = { folder, programs, dataDir, user };
  await run(
    cluster,
    "initdb",
    "-D",
    dataDir,
    "-U",
    SUPERUSER,
    "--auth=trust",
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C",
  );
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  await Deno.writeTextFile(join(dataDir, "postgresql.conf"), lines.join(""), { append: true });
  return cluster;
}

function serverOf(cluster: Cluster, port: number): PostgresServer {
  const url = `postgres://${SUPERUSER}@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    dataDir: cluster.dataDir,
    createDatabase: () => createDatabase(url),
    stop: (mode = "fast") => stop(cluster, mode),
    start: () => start(cluster, port),
    [Symbol.asyncDispose]: () => remove(cluster),
  };
}

/** Another process may take the port between the choice and the start; then another is tried. */
async function startOnFreePort(cluster: Cluster): Promise<number> {
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    try {
      await start(cluster, port);
      return port;
    } catch (error) {
      if (attempt >= MAX_PORTS_TRIED || !`${error}`.includes(PORT_TAKEN)) throw error;
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function start(cluster: Cluster, port: number): Promise<void> {
  const log = join(cluster.folder, "data", "server.log");
  try {
    await run(
      cluster,
      "pg_ctl",
      "start",
      "-D",
      cluster.dataDir,
      "-l",
      log,
      "-w",
      "-t",
      `${START_TIMEOUT_SECONDS}`,
      "-o",
      `-p ${port}`,
    );
  } catch (cause) {
    throw new Error(`Cannot start PostgreSQL: ${await Deno.readTextFile(log)}`, { cause });
  }
}

async function stop(cluster: Cluster, mode: StopMode): Promise<void> {
  await run(cluster, "pg_ctl", "stop", "-D", cluster.dataDir, "-w", "-m", mode);
}

async function remove(cluster: Cluster): Promise<void> {
  await stop(cluster, "immediate").catch(() => {});
  await Deno.remove(cluster.folder, { recursive: true });
}

async function run(cluster: Cluster, program: string, ...args: string[]): Promise<void> {
  const command = new Deno.Command(join(cluster.programs, program), {
    args,
    cwd: cluster.folder,
    clearEnv: true,
    env: { LC_ALL: "C", TZ: "UTC" },
    stdin: "null",
    ...cluster.user,
  });
  const { success, stderr } = await command.output();
  if (success) return;
  throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr).trim()}`);
}

async function createDatabase(url: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const sql = postgres(url, { max: 1 });
  try {
    await sql`CREATE DATABASE ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
