// Everything that a target does, through a real pgbouncer in transaction mode with other clients in it.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { OpenOptions } from "../../lib/upsert/write/open_options.ts";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { startHolder } from "./holder.ts";
import { shapeOf, tableOf, windowOf } from "./shapes.ts";

const table = tableOf({ id: "integer", name: "text" });
const shape = shapeOf("things", table);
const holder = { run: "run-1", host: "here", pid: 4711 };

function rows(count: number, name: string): (string | null)[][] {
  return Array.from({ length: count }, (_, at) => [String(at), `${name} ${at}`]);
}

async function setUp() {
  const direct = await (await sharedPostgres()).createDatabase();
  const pooler = await startPooler(direct);
  const sql = postgres(direct, { max: 1, onnotice: () => {} });
  return {
    direct,
    url: pooler.url,
    sql,
    open: (options: OpenOptions = {}, query = "") => openTarget(pooler.url + query, options),
    async [Symbol.asyncDispose]() {
      await sql.end();
      await pooler[Symbol.asyncDispose]();
    },
  };
}

function pooledTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name} (pgbouncer)`, ignore: !HAS_PGBOUNCER, fn });
}

pooledTest("write() counts as on a direct connection, batch after batch", async () => {
  await using test = await setUp();
  await using target = await test.open();
  await target.prepare({ things: table });
  await using _lock = await target.lock("job", holder);
  const counts = async (...given: Parameters<typeof rows>) => {
    const { counts } = await target.write([{ shape, rows: rows(...given) }], [windowOf()]);
    return counts.get("things");
  };
  assertEquals(await counts(2000, "a"), { inserted: 2000, updated: 0, unchanged: 0 });
  assertEquals(await counts(3000, "a"), { inserted: 1000, updated: 0, unchanged: 2000 });
  assertEquals(await counts(3000, "a"), { inserted: 0, updated: 0, unchanged: 3000 });
  assertEquals(await counts(3000, "b"), { inserted: 0, updated: 3000, unchanged: 0 });
  assertEquals((await Array.fromAsync(target.readLedger("job"))).length, 1);
});

pooledTest("a run leaves no setting, lock, cursor or table on a pooled connection", async () => {
  await using test = await setUp();
  const left = () =>
    test.sql`SELECT (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locks,
      (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't') AS tables`;
  {
    await using target = await test.open();
    await target.prepare({ things: table });
    await using _lock = await target.lock("job", holder);
    await target.write([{ shape, rows: rows(100, "a") }], []);
    await target.write([{ shape, rows: rows(200, "a") }], []);
    await Array.fromAsync(target.stream("SELECT * FROM things"));
    assertEquals([...await left()], [{ locks: 0, tables: 0 }]);
  }
  const pooled = postgres(test.url, { max: 4, prepare: false });
  const found = await Promise.all(
    Array.from({ length: 20 }, () =>
      pooled`SELECT name FROM pg_settings WHERE source = 'session'
      AND name NOT IN ('application_name', 'client_encoding', 'TimeZone', 'DateStyle')
      UNION ALL SELECT name FROM pg_cursors WHERE name LIKE 'hindcast%'`),
  );
  await pooled.end();
  assertEquals(found.flatMap((rows) => [...rows]), []);
  assertEquals([...await left()], [{ locks: 0, tables: 0 }]);
});

pooledTest("lock() refuses a second run, and lets the next one start at once", async () => {
  await using test = await setUp();
  await using one = await test.open();
  await using other = await test.open();
  const waits: string[] = [];
  await using third = await test.open({ onWait: (message) => waits.push(message) });
  {
    await using _held = await one.lock("job", holder);
    const failures = await Promise.all(
      [other, third].map((target) =>
        assertRejects(() => target.lock("job", { ...holder, pid: 5 }), Failure)
      ),
    );
    for (const failure of failures) {
      assertEquals(failure.kind, "locked");
      assertMatch(failure.message, /is being run by pid 4711 on here since /);
    }
    assertEquals(waits.length, 1);
  }
  waits.length = 0;
  await using _next = await third.lock("job", holder);
  assertEquals(waits, []);
});

pooledTest("lock() takes over from a killed process within one lease, and reports it", async () => {
  await using test = await setUp();
  const waits: string[] = [];
  await using target = await test.open({ onWait: (message) => waits.push(message) });
  await using killed = await startHolder(test.url);
  await killed.kill();
  const [before] = await test.sql`SELECT token, lease_until FROM hindcast_locks`;
  await using _lock = await target.lock("job", holder);
  const [after] = await test.sql`SELECT token, since >= ${before!.lease_until} AS late
    FROM hindcast_locks`;
  assert(after!.token !== before!.token);
  assertEquals(after!.late, true);
  assertEquals(waits.length, 1);
  assertMatch(waits[0]!, /which may have been killed: waiting up to 1?\d s for it to respond$/);
});

pooledTest("lock() through a pooler is refused while a direct connection holds it", async () => {
  await using test = await setUp();
  await using direct = await openTarget(test.direct);
  await using pooled = await test.open();
  await using _held = await direct.lock("job", holder);
  await assertRejects(() => pooled.lock("job", holder), Failure, "is being run by pid 4711");
});

pooledTest("write() fails once another run has the lock", async () => {
  await using test = await setUp();
  await using one = await test.open();
  await using other = await test.open();
  await one.prepare({ things: table });
  await using _one = await one.lock("job", holder);
  await test.sql`UPDATE hindcast_locks SET lease_until = now()`;
  await using _other = await other.lock("job", { ...holder, pid: 5 });
  const failure = await assertRejects(
    () => one.write([{ shape, rows: rows(10, "a") }], [windowOf()]),
    Failure,
    'the lock of job "job" was taken over by pid 5 on here since ',
  );
  assertEquals(failure.kind, "locked");
  assertEquals(await one.countRows(["things"]), { things: 0 });
});

pooledTest("stream() yields 100,000 rows while others use the pool", async () => {
  await using test = await setUp();
  await using target = await test.open();
  let sum = 0;
  for await (const { n } of target.stream("SELECT n FROM generate_series(1, 100000) AS n")) {
    sum += Number(n);
  }
  assertEquals(sum, 5000050000);
});

pooledTest("?schema= and ?options= hold in every transaction", async () => {
  await using test = await setUp();
  await test.sql.unsafe('CREATE SCHEMA "my sales"');
  for (const query of ["?schema=my%20sales", "?options=-c%20search_path%3D%22my%5C%20sales%22"]) {
    await using target = await test.open({}, query);
    await target.prepare({ things: table });
    await using _lock = await target.lock("job", holder);
    await target.write([{ shape, rows: rows(10, "a") }], [windowOf()]);
    assertEquals(await target.countRows(["things"]), { things: 10 });
    const { rows: [row] } = await target.query("SELECT current_schema()", { readOnly: true });
    assertEquals(row, ["my sales"]);
  }
  const tables = await test.sql`SELECT DISTINCT schemaname FROM pg_tables
    WHERE tablename LIKE 'hindcast%' OR tablename = 'things'`;
  assertEquals([...tables], [{ schemaname: "my sales" }]);
});
