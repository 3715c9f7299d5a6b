// Faults of a server and its network while rows are written: nothing is lost, nothing is duplicated,
// nothing hangs, and what cannot be resolved is reported.
import { assert, assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres, startPostgres } from "../support/postgres_server.ts";
import { startProxy } from "./proxy.ts";
import { shapeOf, tableOf, windowOf } from "./shapes.ts";

const table = tableOf({ id: "integer", name: "text" });
const shape = shapeOf("things", table);

function rows(count: number, name: string): (string | null)[][] {
  return Array.from({ length: count }, (_, at) => [String(at), `${name} ${at}`]);
}

/** A prepared target on a new database, and a second client to disturb it. */
async function setUp() {
  const url = await (await sharedPostgres()).createDatabase();
  const target = await openTarget(url, { retryForMs: 20_000 });
  await target.prepare({ things: table });
  const other = postgres(url, { onnotice: () => {}, max: 3 });
  return {
    url,
    target,
    other,
    async [Symbol.asyncDispose]() {
      await other.end();
      await target[Symbol.asyncDispose]();
    },
  };
}

async function assertWritten(target: Target, count: number, name: string): Promise<void> {
  const { rows: found } = await target.query(
    "SELECT count(*), count(*) FILTER (WHERE name = $1 || ' ' || id) FROM things",
    { parameters: [name] },
  );
  assertEquals(found, [[count, count]]);
}

Deno.test("write() continues when the connection is terminated in the middle of a batch", async () => {
  await using test = await setUp();
  const { target, other } = test;
  const writing = target.write([{ shape, rows: rows(20_000, "a") }], [windowOf()]);
  let killed = 0;
  while (killed === 0) {
    const found = await other`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'hindcast' AND state = 'active' AND datname = current_database()`;
    killed = found.length;
  }
  await writing;
  await assertWritten(target, 20_000, "a");
  assertEquals((await Array.fromAsync(target.readLedger("job"))).length, 1);
});

Deno.test("write() repeats a commit whose response was lost, without changing anything", async () => {
  await using test = await setUp();
  await using proxy = startProxy(Number(new URL(test.url).port));
  const url = new URL(test.url);
  url.port = String(proxy.port);
  await using target = await openTarget(url.href);
  await target.prepare({ things: table });
  await target.write([], [windowOf({ from: "2023-12-31" })]);
  proxy.mute();
  const writing = target.write([{ shape, rows: rows(100, "a") }], [windowOf()]);
  while ((await test.other`SELECT FROM things`).length < 100);
  proxy.cut();
  const { counts } = await writing;
  assertEquals(counts.get("things"), { inserted: 0, updated: 0, unchanged: 100 });
  await assertWritten(target, 100, "a");
});

Deno.test("write() waits for a server that restarts, and reports one that does not", async () => {
  await using server = await startPostgres();
  await using target = await openTarget(server.url, { retryForMs: 20_000 });
  await target.prepare({ things: table });
  await using lock = await target.lock("job", { run: "r", host: "h", pid: 1 });
  assert(lock);
  await target.write([{ shape, rows: rows(10, "a") }], []);
  await server.stop("immediate");
  const writing = target.write([{ shape, rows: rows(100, "b") }], [windowOf()]);
  await server.start();
  await writing;
  await assertWritten(target, 100, "b");

  await using hasty = await openTarget(server.url, { retryForMs: 0 });
  await hasty.prepare({ things: table });
  await server.stop();
  const failure = await assertRejects(
    () => hasty.write([{ shape, rows: rows(10, "c") }], []),
    Failure,
    "Cannot write rows: ",
  );
  assertEquals(failure.kind, "target");
  assert(failure.hint?.includes("--resume"));
});

Deno.test("write() stops waiting for a server when the run is stopped", async () => {
  await using server = await startPostgres();
  const stop = new AbortController();
  await using target = await openTarget(server.url, { retryForMs: 600_000, signal: stop.signal });
  await target.prepare({ things: table });
  await server.stop();
  const writing = target.write([{ shape, rows: rows(10, "a") }], []);
  stop.abort();
  await assertRejects(() => writing, Failure, "Cannot write rows");
});

Deno.test("write() recovers from a deadlock with another writer", async () => {
  await using test = await setUp();
  const { target, other } = test;
  await target.write([{ shape, rows: rows(1000, "a") }], []);
  await other.unsafe(
    "ALTER DATABASE " + new URL(test.url).pathname.slice(1) + " SET deadlock_timeout = '50ms'",
  );
  let writing: Promise<unknown> | undefined;
  await other.begin(async (sql) => {
    await sql`SET LOCAL deadlock_timeout = '10s'`;
    await sql`UPDATE things SET name = 'held' WHERE id = 999`;
    writing = target.write([{ shape, rows: rows(1000, "b") }], []);
    await waitForLock(other);
    await sql`UPDATE things SET name = 'held' WHERE id = 0`;
  });
  await writing;
  await assertWritten(target, 1000, "b");
});

Deno.test("write() does not fail when another writer inserts the same keys meanwhile", async () => {
  await using test = await setUp();
  const { target, other } = test;
  let writing: Promise<unknown> | undefined;
  await other.begin(async (sql) => {
    await sql`INSERT INTO things (id, name) VALUES (5, 'theirs'), (6, 'b 6')`;
    writing = target.write([{ shape, rows: rows(10, "b") }], []);
    await waitForLock(other);
  });
  const { counts } = await writing as Awaited<ReturnType<Target["write"]>>;
  assertEquals(counts.get("things"), { inserted: 8, updated: 1, unchanged: 1 });
  await assertWritten(target, 10, "b");
});

Deno.test("write() merges what it cannot copy directly into the table", async () => {
  await using test = await setUp();
  const { target } = test;
  await target.write([{ shape, rows: rows(10, "a") }], []);
  const { counts } = await target.write([{ shape, rows: rows(20, "a") }], [windowOf()]);
  assertEquals(counts.get("things"), { inserted: 10, updated: 0, unchanged: 10 });
  await assertWritten(target, 20, "a");
});

Deno.test("write() repeats a statement that was cancelled on the server", async () => {
  await using test = await setUp();
  const { target, other } = test;
  let writing: Promise<unknown> | undefined;
  await other.begin(async (sql) => {
    await sql`LOCK TABLE things IN ACCESS EXCLUSIVE MODE`;
    writing = target.write([{ shape, rows: rows(10, "a") }], []);
    await waitForLock(other);
    await other`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'hindcast' AND state = 'active' AND datname = current_database()`;
  });
  await writing;
  await assertWritten(target, 10, "a");
});

Deno.test("query() and stream() reconnect after their connection was lost", async () => {
  await using test = await setUp();
  const { target, other } = test;
  await target.write([{ shape, rows: rows(10, "a") }], []);
  const kill = () =>
    other`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'hindcast' AND datname = current_database()`;
  await kill();
  assertEquals(await target.countRows(["things"]), { things: 10 });
  await kill();
  assertEquals((await Array.fromAsync(target.stream("SELECT id FROM things"))).length, 10);
  let read = 0;
  for await (const _ of target.stream("SELECT id FROM things")) {
    await kill();
    read++;
  }
  assertEquals(read, 10);
});

Deno.test("openTarget() reports what is wrong with a server, never the password", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = nobody.addr;
  nobody.close();
  const failure = await assertRejects(
    () => openTarget(`postgres://me:hunter2@127.0.0.1:${port}/db`, { retryForMs: 0 }),
    Failure,
    `Cannot connect to postgres://me@127.0.0.1:${port}/db: connect ECONNREFUSED`,
  );
  assertEquals(failure.kind, "target");
  assertEquals(Deno.inspect(failure, { depth: 9 }).includes("hunter2"), false);

  const url = new URL(await (await sharedPostgres()).createDatabase());
  url.password = "hunter2";
  url.pathname = "/no_such_database";
  const missing = await assertRejects(
    () => openTarget(url.href),
    Failure,
    "does not exist (3D000)",
  );
  assert(missing.hint?.startsWith("Create the database"));
  assertEquals(Deno.inspect(missing, { depth: 9 }).includes("hunter2"), false);
});

/** Waits until some session of Hindcast waits for another's lock. */
async function waitForLock(sql: postgres.Sql): Promise<void> {
  for (;;) {
    const found = await sql`SELECT FROM pg_stat_activity WHERE application_name = 'hindcast'
      AND wait_event_type = 'Lock' AND datname = current_database()`;
    if (found.length > 0) return;
  }
}
