// Owns a real pgbouncer in transaction mode in front of a server of the tests, with a client that keeps its
// few server connections busy. Tests skip by name where the program is absent (Debian: pgbouncer).
import postgres from "postgres";
import { tempDir } from "./temp.ts";

/** Whether pgbouncer is installed. */
export const HAS_PGBOUNCER: boolean = await new Deno.Command("pgbouncer", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

/** A running pgbouncer. */
export interface Pooler extends AsyncDisposable {
  /** The same database, through the pooler. */
  readonly url: string;
  /** Kills pgbouncer and starts it again; resolves when it accepts connections. */
  restart(): Promise<void>;
}

/** pgbouncer refuses to run as root; this is `nobody` on every Linux. */
const NOBODY = { uid: 65534, gid: 65534 };
const POOL_SIZE = 4;
const BUSY_CLIENTS = 2;

/** Starts pgbouncer in front of the database at `url`, with other clients connected unless `isQuiet`. */
export async function startPooler(url: string, { isQuiet = false } = {}): Promise<Pooler> {
  const server = new URL(url);
  const dir = tempDir();
  const port = freePort();
  await Deno.writeTextFile(dir.file("users.txt"), `"${server.username}" ""\n`);
  await Deno.writeTextFile(dir.file("b.ini"), config(server, port, dir.file("users.txt")));
  await Deno.chmod(dir.path, 0o755);
  const isRoot = (await Deno.stat(dir.path)).uid === 0;
  const start = () =>
    new Deno.Command("pgbouncer", {
      args: ["-q", dir.file("b.ini")],
      cwd: dir.path, // The folder of the repository may be closed to nobody.
      stdout: "null",
      stderr: "null",
      ...(isRoot ? NOBODY : {}),
    }).spawn();
  let child = start();
  const pooled = Object.assign(new URL(url), { port: String(port) }).href;
  await accepts(pooled);
  const busy = isQuiet ? () => Promise.resolve() : keepBusy(pooled);
  return {
    url: pooled,
    async restart() {
      child.kill("SIGKILL");
      await child.status;
      child = start();
      await accepts(pooled);
    },
    async [Symbol.asyncDispose]() {
      await busy();
      child.kill("SIGTERM");
      await child.status;
      await dir[Symbol.asyncDispose]();
    },
  };
}

function config(server: URL, port: number, users: string): string {
  return `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
unix_socket_dir =
`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function accepts(url: string): Promise<void> {
  for (let tries = 0;; tries++) {
    const sql = postgres(url, { max: 1, connect_timeout: 5, prepare: false });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

/** Short transactions, so that clients get another server connection each time. */
function keepBusy(url: string): () => Promise<void> {
  let isOver = false;
  const sql = postgres(url, { max: BUSY_CLIENTS, prepare: false, onnotice: () => {} });
  const clients = Array.from({ length: BUSY_CLIENTS }, async () => {
    while (!isOver) await sql.begin((sql) => sql`SELECT pg_sleep(0.005)`);
  });
  return async () => {
    isOver = true;
    await Promise.all(clients);
    await sql.end({ timeout: 1 });
  };
}
