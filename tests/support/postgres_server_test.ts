import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { retry } from "@std/async/retry";
import postgres from "postgres";
import { sharedPostgres, startPostgres } from "./postgres_server.ts";
import { REPOSITORY } from "./repository.ts";

async function query(url: string, text: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    return [...await sql.unsafe(text)];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

Deno.test("sharedPostgres() runs queries in UTF-8 and UTC", async () => {
  const { url } = await sharedPostgres();
  assertMatch(url, /^postgres:\/\/hindcast@127\.0\.0\.1:\d+\/postgres$/);
  const settings =
    "SELECT current_setting('server_encoding') AS e, current_setting('timezone') AS z";
  assertEquals(await query(url, settings), [{ e: "UTF8", z: "UTC" }]);
});

Deno.test("sharedPostgres() returns the same server on every call", async () => {
  assertEquals((await sharedPostgres()).url, (await sharedPostgres()).url);
});

Deno.test("createDatabase() creates an empty database for each call", async () => {
  const server = await sharedPostgres();
  const [one, other] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  assertNotEquals(one, other);
  await query(one, "CREATE TABLE t (n int)");
  assertEquals(await query(other, "SELECT to_regclass('t') AS t"), [{ t: null }]);
});

Deno.test("startPostgres() keeps data and port over a crash, and leaves nothing when disposed", async () => {
  const server = await startPostgres({ fsync: "on" });
  const url = await server.createDatabase();
  await query(url, "CREATE TABLE t AS SELECT 7 AS n");
  await query(url, "CHECKPOINT");
  await server.stop("immediate");
  await assertRejects(() => query(url, "SELECT 1"));
  await server.start();
  assertEquals(await query(url, "SELECT n FROM t"), [{ n: 7 }]);
  await server.stop();
  {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: server.port });
    await assertRejects(() => server.start(), Error, "Address already in use");
  }
  await server.start();
  assertEquals(await query(url, "SELECT current_setting('fsync') AS f"), [{ f: "on" }]);
  await server[Symbol.asyncDispose]();
  await assertRejects(() => Deno.stat(server.dataDir), Deno.errors.NotFound);
});

Deno.test("startPostgres() leaves no server and no folder when the test process is killed", async () => {
  const script = `import { startPostgres } from "./tests/support/postgres_server.ts";
    const { dataDir, url } = await startPostgres();
    console.log(JSON.stringify({ dataDir, url }));
    await new Promise(() => setInterval(() => {}, 1000));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: REPOSITORY,
    stdout: "piped",
  }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const { dataDir, url } = JSON.parse(value!);
  assertEquals(await query(url, "SELECT 1 AS n"), [{ n: 1 }]);
  child.kill("SIGKILL");
  await retry(() => assertThrows(() => Deno.statSync(dataDir), Deno.errors.NotFound), {
    minTimeout: 100,
    multiplier: 1,
    jitter: 0,
    maxAttempts: 100,
  });
  await assertRejects(() => query(url, "SELECT 1"));
});

Deno.test("startPostgres() reports the log when the server does not start", async () => {
  const error = await assertRejects(() => startPostgres({ no_such_setting: "1" }), Error);
  assertMatch(error.message, /^Cannot start PostgreSQL: [^]*no_such_setting/);
});
