import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import postgres from "postgres";
import { Failure } from "../../../lib/failure.ts";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../../support/postgres_server.ts";
import { startHolder } from "../holder.ts";
import { shapeOf, tableOf, windowOf } from "../shapes.ts";

const table = tableOf({ id: "integer" });
const rows = { shape: shapeOf("things", table), rows: [["1"]] };
const holder = { run: "run-1", host: "here", pid: 4711 };

async function setUp() {
  const url = await (await sharedPostgres()).createDatabase();
  const [one, other] = [await openTarget(url), await openTarget(url)];
  const sql = postgres(url, { onnotice: () => {}, max: 2 });
  await one.prepare({ things: table });
  await other.prepare({ things: table });
  return {
    url,
    one,
    other,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end();
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

/** Ends the session that holds the advisory lock. */
async function endLockSession(sql: postgres.Sql): Promise<void> {
  await sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
}

Deno.test("lock() refuses a second run of a job and reports who holds it since when", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  const failure = await assertRejects(() => test.other.lock("job", { ...holder, pid: 5 }), Failure);
  assertEquals(failure.kind, "locked");
  assertMatch(
    failure.message,
    /^Cannot start: job "job" is being run by pid 4711 on here since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
  );
  assert(failure.hint !== undefined);
});

Deno.test("lock() lets another job run at the same time, and the same job afterwards", async () => {
  await using test = await setUp();
  const lock = await test.one.lock("job", holder);
  await using _beside = await test.other.lock("another", holder);
  await Promise.all([test.one.write([rows], []), test.other.write([rows], [])]);
  await lock[Symbol.asyncDispose]();
  await using _after = await test.other.lock("job", holder);
  await test.other.write([rows], []);
});

Deno.test("lock() takes over from a process that was killed", async () => {
  await using test = await setUp();
  await using other = await startHolder(test.url);
  const failure = await assertRejects(() => test.one.lock("job", holder), Failure);
  assertEquals(failure.message.includes(`by pid ${other.pid} on here since `), true);
  await other.kill();
  for (let tries = 0;; tries++) {
    try {
      await using _ = await test.one.lock("job", holder);
      break;
    } catch (error) {
      // The server needs a moment to see that the connection is gone.
      if (tries > 100) throw error;
    }
  }
  await test.one.write([rows], []);
});

Deno.test("write() continues when its lock's connection was lost and nobody took the lock", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  await endLockSession(test.sql);
  for (let id = 0; id < 3; id++) await test.one.write([{ ...rows, rows: [[String(id)]] }], []);
  assertEquals(await test.one.countRows(["things"]), { things: 3 });
  await assertRejects(() => test.other.lock("job", holder), Failure, "is being run by");
});

Deno.test("write() writes nothing once another run has taken the lock", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  await test.one.write([rows], []);
  await test.sql`UPDATE hindcast_locks SET lease_until = now()`;
  await using _taken = await test.other.lock("job", { ...holder, pid: 5 });
  const failure = await assertRejects(
    () => test.one.write([{ ...rows, rows: [["2"]] }], [windowOf()]),
    Failure,
  );
  assertEquals(failure.kind, "locked");
  assertEquals(await test.other.countRows(["things"]), { things: 1 });
  assertEquals(await Array.fromAsync(test.other.readLedger("job")), []);
});

Deno.test("write() fails because of the token when a lost connection has not been noticed", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  await test.sql`UPDATE hindcast_locks SET token = gen_random_uuid() WHERE job = 'job'`;
  const failure = await assertRejects(
    () => test.one.write([rows], []),
    Failure,
    "was taken over by",
  );
  assertEquals(failure.kind, "locked");
  assertEquals(await test.one.countRows(["things"]), { things: 0 });
});

Deno.test("a write in progress keeps its lock until its commit, however long it takes", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  await using third = await openTarget(test.url);
  let writing: Promise<unknown> | undefined;
  let taking: Promise<unknown> | undefined;
  await test.sql.begin(async (sql) => {
    // The write gets as far as its guard and waits there; its lease ends meanwhile.
    await sql`UPDATE hindcast_locks SET lease_until = now() - interval '1 second'`;
    writing = test.one.write([rows], []);
    taking = third.lock("job", { ...holder, pid: 5 });
    taking.catch(() => {});
    await waitsForRow(test.sql, 2);
  });
  const [wrote, took] = await Promise.allSettled([writing!, taking!]);
  const { rows: [row] } = await test.other.query("SELECT pid FROM hindcast_locks");
  // The first one has it; never both.
  assertEquals([wrote.status, took.status].sort(), ["fulfilled", "rejected"]);
  assertEquals(row, [took.status === "fulfilled" ? 5 : 4711]);
  const { things } = await test.other.countRows(["things"]);
  assertEquals(things, wrote.status === "fulfilled" ? 1 : 0);
  if (took.status === "fulfilled") await (took.value as AsyncDisposable)[Symbol.asyncDispose]();
});

async function waitsForRow(sql: postgres.Sql, sessions: number): Promise<void> {
  for (let found = 0; found < sessions;) {
    found = (await sql`SELECT FROM pg_stat_activity WHERE application_name = 'hindcast'
      AND wait_event_type = 'Lock' AND datname = current_database()`).length;
  }
}

Deno.test("releasing a lock does not touch the lock of the run that took it over", async () => {
  await using test = await setUp();
  const first = await test.one.lock("job", holder);
  await test.sql`UPDATE hindcast_locks SET lease_until = now()`;
  await using _second = await test.other.lock("job", { ...holder, pid: 5 });
  await first[Symbol.asyncDispose]();
  const [row] = await test.sql`SELECT pid::int, lease_until > now() AS live FROM hindcast_locks`;
  assertEquals({ ...row }, { pid: 5, live: true });
  await test.other.write([rows], []);
});

Deno.test("lock() of a job in another schema is a different lock", async () => {
  await using test = await setUp();
  await test.sql`CREATE SCHEMA elsewhere`;
  await using elsewhere = await openTarget(`${test.url}?schema=elsewhere`);
  await using _one = await test.one.lock("job", holder);
  await using _other = await elsewhere.lock("job", { ...holder, pid: 5 });
  await using third = await openTarget(`${test.url}?schema=elsewhere`);
  await assertRejects(() => third.lock("job", holder), Failure, "is being run by pid 5");
});

Deno.test("the heartbeat keeps a lock while nothing is written and its connection breaks", async () => {
  await using test = await setUp();
  await using _ = await test.one.lock("job", holder);
  const lease = async () =>
    String((await test.sql`SELECT lease_until FROM hindcast_locks`)[0]!.lease_until);
  const before = await lease();
  await endLockSession(test.sql);
  // A broken connection makes the next heartbeat due at once.
  while (await lease() === before) await delay(20);
  const [row] = await test.sql`SELECT EXISTS (
    SELECT FROM pg_locks AS l JOIN hindcast_locks AS h ON l.pid = h.backend
    WHERE l.locktype = 'advisory' AND l.granted) AS alive`;
  assertEquals(row!.alive, true);
  await assertRejects(() => test.other.lock("job", holder), Failure, "is being run by pid 4711");
});
