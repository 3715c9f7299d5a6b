// The PostgreSQL servers that tests use: real ones, on free ports of 127.0.0.1, removed afterwards. Never touches a
// server that it did not start, except the one that HINDCAST_TEST_POSTGRES_URL names, where it only creates databases.
import postgres from "postgres";
import {
  type Cluster,
  createCluster,
  createStandby,
  promoteCluster,
  removeCluster,
  startCluster,
  stopCluster,
  type StopMode,
  SUPERUSER,
} from "./postgres_cluster.ts";

/** A server for a test's databases. */
export interface Databases {
  /** `postgres://hindcast@127.0.0.1:PORT/postgres`; every local client is trusted. */
  readonly url: string;
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>;
}

/** A server, running or stopped, that can be started again on the same data and port. */
export interface PostgresServer extends Databases, AsyncDisposable {
  readonly port: number;
  readonly dataDir: string;
  /** Stops the server, by default `fast`; returns when its process is gone. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts a stopped server; returns when it accepts connections. */
  start(): Promise<void>;
  /** Starts a standby that replicates this server, which is stopped while the standby is created. */
  startStandby(): Promise<Standby>;
}

/** A server that replicates another until it is promoted. */
export interface Standby extends PostgresServer {
  /** Makes it a primary; returns when it accepts writes. */
  promote(): Promise<void>;
}

const MAX_PORTS_TRIED = 3;
const PORT_TAKEN = "Address already in use";
const SHARED_URL = "HINDCAST_TEST_POSTGRES_URL";

/**
 * Starts a server for tests that stop it or need their own settings; takes one to two seconds.
 *
 * @param settings added to the configuration, such as `{ fsync: "on" }`
 * @throws {Error} with the server's log when it does not start
 */
export async function startPostgres(
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  const cluster = await createCluster(settings);
  try {
    return serverOf(cluster, await startOnFreePort(cluster));
  } catch (error) {
    await removeCluster(cluster);
    throw error;
  }
}

let shared: Promise<Databases> | undefined;

/**
 * The server that all test files of a process share: it starts at the first call and ends soon after the process. Set
 * `HINDCAST_TEST_POSTGRES_URL` to a superuser's URL to use a server of your own.
 */
export function sharedPostgres(): Promise<Databases> {
  return shared ??= joinOrStart();
}

/** Test files do not share modules, but they share the environment of their process. */
async function joinOrStart(): Promise<Databases> {
  const url = Deno.env.get(SHARED_URL);
  if (url) return { url, createDatabase: () => createDatabase(url) };
  const server = await startPostgres();
  Deno.env.set(SHARED_URL, server.url);
  return server;
}

function serverOf(cluster: Cluster, port: number): PostgresServer {
  const url = `postgres://${SUPERUSER}@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    dataDir: cluster.dataDir,
    createDatabase: () => createDatabase(url),
    stop: (mode = "fast") => stopCluster(cluster, mode),
    start: () => startCluster(cluster, port),
    startStandby: () => startStandby(cluster, port),
    [Symbol.asyncDispose]: () => removeCluster(cluster),
  };
}

async function startStandby(primary: Cluster, port: number): Promise<Standby> {
  await stopCluster(primary, "fast");
  const cluster = await createStandby(primary, port);
  try {
    await startCluster(primary, port);
    const server = serverOf(cluster, await startOnFreePort(cluster));
    return { ...server, promote: () => promoteCluster(cluster) };
  } catch (error) {
    await removeCluster(cluster);
    throw error;
  }
}

/** Another process may take the port between the choice and the start; then another is tried. */
async function startOnFreePort(cluster: Cluster): Promise<number> {
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    try {
      await startCluster(cluster, port);
      return port;
    } catch (error) {
      if (attempt >= MAX_PORTS_TRIED || !String(error).includes(PORT_TAKEN)) throw error;
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
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
