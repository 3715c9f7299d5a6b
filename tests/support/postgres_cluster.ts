// Owns one data folder of PostgreSQL and its process: created, started, stopped, removed.
// Never opens a connection, and needs nothing but Deno and a Unix shell. Invariant: no server and no
// folder outlives the test process by more than a few seconds, even after `kill -9`: a shell
// started beside each of them waits for that.
import { join } from "node:path";
import { placePrograms } from "./postgres_programs.ts";

/** How to shut down: wait for clients, disconnect them, or die as in a power cut. */
export type StopMode = "smart" | "fast" | "immediate";

/** A data folder and the programs that serve it. */
export interface Cluster {
  folder: string;
  programs: string;
  dataDir: string;
  user: { uid: number; gid: number } | undefined;
}

/** The only role; every local client is trusted to be it. */
export const SUPERUSER = "hindcast";

/** PostgreSQL refuses to run as root; this is `nobody` on every Linux. */
const NOBODY = { uid: 65534, gid: 65534 };
const START_TIMEOUT_SECONDS = 60;
const INITDB = ["-U", SUPERUSER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];

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
 * Creates a data folder.
 *
 * @param settings added to the configuration
 */
export async function createCluster(settings: Record<string, string>): Promise<Cluster> {
  const cluster = await createFolder();
  await run(cluster, "initdb", ["-D", cluster.dataDir, ...INITDB]);
  await configure(cluster, { ...SETTINGS, ...settings });
  return cluster;
}

/** Creates a data folder for a standby that replicates the server at `port`, whose process must be stopped. */
export async function createStandby({ dataDir }: Cluster, port: number): Promise<Cluster> {
  const standby = await createFolder();
  await new Deno.Command("cp", { args: ["-a", dataDir, standby.dataDir] }).output();
  await Deno.writeTextFile(join(standby.dataDir, "standby.signal"), "");
  await configure(standby, {
    primary_conninfo: `host=127.0.0.1 port=${port} user=${SUPERUSER}`,
    wal_retrieve_retry_interval: "100ms",
  });
  return standby;
}

async function createFolder(): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "hindcast-postgres-" });
  await new Deno.Command("sh", { args: ["-c", GUARD, "guard", `${Deno.pid}`, folder] }).output();
  const user = (await Deno.stat(folder)).uid === 0 ? NOBODY : undefined;
  const programs = await placePrograms(join(folder, "programs"));
  if (user) await Deno.chown(folder, user.uid, user.gid);
  return { folder, programs, dataDir: join(folder, "data"), user };
}

async function configure(cluster: Cluster, settings: Record<string, string>): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  const file = join(cluster.dataDir, "postgresql.conf");
  await Deno.writeTextFile(file, lines.join(""), { append: true });
}

/**
 * Starts the server; returns when it accepts connections.
 *
 * @throws {Error} with the server's log when it does not
 */
export async function startCluster(cluster: Cluster, port: number): Promise<void> {
  const log = join(cluster.dataDir, "server.log");
  const wait = ["-w", "-t", `${START_TIMEOUT_SECONDS}`];
  try {
    await run(cluster, "pg_ctl", [
      ...["start", "-D", cluster.dataDir, ...wait],
      ...["-l", log, "-o", `-p ${port}`],
    ]);
  } catch (cause) {
    throw new Error(`Cannot start PostgreSQL: ${await Deno.readTextFile(log)}`, { cause });
  }
}

/** Stops the server; returns when its process is gone. */
export async function stopCluster(cluster: Cluster, mode: StopMode): Promise<void> {
  await run(cluster, "pg_ctl", ["stop", "-D", cluster.dataDir, "-w", "-m", mode]);
}

/** Makes a standby a primary; returns when it accepts writes. */
export async function promoteCluster(cluster: Cluster): Promise<void> {
  await run(cluster, "pg_ctl", ["promote", "-D", cluster.dataDir, "-w"]);
}

/** Stops the server if it runs and removes everything. */
export async function removeCluster(cluster: Cluster): Promise<void> {
  await stopCluster(cluster, "immediate").catch(() => {});
  await Deno.remove(cluster.folder, { recursive: true });
}

async function run(cluster: Cluster, program: string, args: string[]): Promise<void> {
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
