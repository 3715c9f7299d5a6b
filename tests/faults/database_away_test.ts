// The database disappears, refuses, fills up or blocks while a backfill writes. A transient failure is
// waited out; any other stops the run with a clear message. The checkpoint is never ahead of the rows, and
// the next run completes them.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { Failure } from "../../lib/failure.ts";
import { chance } from "../support/chance.ts";
import { sharedPostgres, startPostgres } from "../support/postgres_server.ts";
import { type Bench, openBench } from "./in_process.ts";
import { figure, size } from "./long.ts";
import { daysOf, type MeterApi, meterJob, readingsOf, startMeters, tablesOf } from "./meter_api.ts";
import { openSql } from "./sql.ts";
import { tinyDisk } from "./tiny_disk.ts";

const [FIRST, LAST] = ["2024-01-01", size("2024-02-19", "2024-12-31")];
const DAYS = daysOf(FIRST, LAST).concat(LAST);
type Tables = Record<string, unknown[]>;

/** Asserts that every day that is done in the checkpoint has all its rows in the database. */
async function assertNotAhead(bench: Bench): Promise<number> {
  const { rows } = await bench.target.query("SELECT day::text, count(*) FROM readings GROUP BY 1");
  const held = new Map(rows.map(([day, count]) => [String(day), Number(count)]));
  const coverage = bench.checkpoint.coverage({ stream: "readings", scope: "", each: "{}" });
  const tracks = bench.checkpoint.tracks("readings", "");
  const covered = tracks.length === 0 ? coverage : bench.checkpoint.coverage(tracks[0]!);
  let done = 0;
  for (const day of DAYS) {
    const from = parseCivil(day)!;
    if (covered.within({ from, to: from + 1440 }).length === 0) continue;
    done++;
    assertEquals(held.get(day) ?? 0, readingsOf(day).length, day);
  }
  return done;
}

async function assertCompletes(bench: Bench): Promise<void> {
  const { summary, error } = await bench.run(FIRST, LAST, { resume: true });
  assertEquals([summary.outcome, error], ["done", undefined]);
  assertEquals(await bench.rows(), tablesOf(DAYS) as Tables);
}

/** Asserts that the run ended with this failure of the target, and kept what was done. */
async function assertStopped(
  bench: Bench,
  { summary, error }: Awaited<ReturnType<Bench["run"]>>,
  says: { message: string; hint: string },
): Promise<void> {
  assert(error instanceof Failure, String(error));
  assertEquals([summary.outcome, error.kind], ["failed", "target"], error.message);
  assertStringIncludes(error.message, says.message);
  assertStringIncludes(error.hint ?? "", says.hint);
  await assertNotAhead(bench);
}

/** Runs an action at the 20th request while the API does not respond, so that more is still to be written. */
function inTheMiddle(api: MeterApi, action: () => Promise<unknown>): void {
  let acted: Promise<unknown> | undefined;
  const before = api.asked.length;
  api.spoil = async ({ number }) => {
    if (number === before + 20) acted = action();
    await acted;
  };
}

Deno.test("backfill() waits for a server that stops and starts again, and misses nothing", async () => {
  await using server = await startPostgres();
  await using api = startMeters();
  for (const mode of ["fast", "immediate"] as const) {
    const url = await server.createDatabase();
    await using bench = await openBench(meterJob(api.url), { url, retryForMs: 30_000 });
    const stopped = Promise.withResolvers<void>();
    inTheMiddle(api, () => server.stop(mode).then(stopped.resolve));
    const running = bench.run(FIRST, LAST);
    await stopped.promise;
    await delay(100);
    await server.start();
    const { summary, error } = await running;
    assertEquals([summary.outcome, error], ["done", undefined], mode);
    assertEquals(await bench.rows(), tablesOf(DAYS) as Tables);
    assertEquals(await assertNotAhead(bench), DAYS.length);
  }
});

Deno.test("backfill() stops when the server does not come back, and continues when it does", async () => {
  await using server = await startPostgres();
  await using api = startMeters();
  const url = await server.createDatabase();
  await using bench = await openBench(meterJob(api.url), { url, retryForMs: 300 });
  inTheMiddle(api, () => server.stop("immediate"));
  const run = await bench.run(FIRST, LAST);
  await server.start();
  await assertStopped(bench, run, { message: "Cannot ", hint: "Check that the server runs" });
  await assertCompletes(bench);
});

Deno.test("backfill() continues when its connections are terminated repeatedly", async () => {
  await using api = startMeters(async () => void await delay(20));
  await using bench = await openBench(meterJob(api.url), { retryForMs: 30_000 });
  await using other = openSql(bench.databaseUrl);
  const random = chance("terminations");
  let terminated = 0;
  const terminating = (async () => {
    for (let times = size(5, 100); times > 0; times--) {
      await delay(random() * 200);
      terminated += await other.terminate();
    }
  })();
  const { summary, error } = await bench.run(FIRST, LAST);
  await terminating;
  assertEquals([summary.outcome, error], ["done", undefined]);
  // The last termination may have met a connection that was idle after the run.
  const rows = await bench.rows().catch(() => bench.rows());
  assertEquals(rows, tablesOf(DAYS) as Tables);
  figure(`${terminated} connections terminated during one backfill of ${DAYS.length} windows`);
});

Deno.test("backfill() stops and says what to do when the database becomes read-only", async () => {
  await using api = startMeters();
  await using bench = await openBench(meterJob(api.url));
  await using other = openSql(bench.databaseUrl);
  const name = new URL(bench.databaseUrl).pathname.slice(1);
  inTheMiddle(api, async () => {
    await other.run(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await other.terminate();
  });
  const run = await bench.run(FIRST, LAST);
  await other.run(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  await other.terminate();
  await assertStopped(bench, run, { message: "read-only", hint: "use the primary" });
  await assertCompletes(bench);
});

Deno.test("backfill() stops at once when the privilege to write is revoked", async () => {
  await using api = startMeters();
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  await using other = openSql(databaseUrl);
  const role = `writer_${crypto.randomUUID().slice(0, 8)}`;
  await other.run(`CREATE ROLE ${role} LOGIN; GRANT ALL ON SCHEMA public TO ${role}`);
  const url = databaseUrl.replace("hindcast@", `${role}@`);
  const owner = async (name: string) => {
    for (const table of ["meters", "readings"]) {
      await other.run(`ALTER TABLE ${table} OWNER TO ${name}`);
    }
  };
  {
    await using bench = await openBench(meterJob(api.url), { url });
    inTheMiddle(api, () => owner("hindcast"));
    const run = await bench.run(FIRST, LAST);
    await owner(role);
    await assertStopped(bench, run, { message: "permission denied", hint: "Grant the user" });
    await assertCompletes(bench);
  }
  await other.run(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

Deno.test("backfill() stops and says what to do when the disk of a table is full", async () => {
  await using server = await startPostgres();
  await using disk = await tinyDisk(256);
  await using api = startMeters();
  const url = await server.createDatabase();
  await using bench = await openBench(meterJob(api.url), { url });
  assertEquals((await bench.run(FIRST, FIRST)).summary.outcome, "done");
  await using other = openSql(url);
  if (disk === undefined) await fullByTrigger(other);
  else {
    await disk.giveTo(server.dataDir);
    await other.run(`CREATE TABLESPACE tiny LOCATION '${disk.path}'`);
    await other.run("ALTER TABLE readings SET TABLESPACE tiny");
  }
  const run = await bench.run(FIRST, LAST);
  await assertStopped(bench, run, { message: "(53100)", hint: "Free disk space" });
  if (disk === undefined) await other.run("DROP TRIGGER full_disk ON readings");
  else await other.run("ALTER TABLE readings SET TABLESPACE pg_default");
  await assertCompletes(bench);
  if (disk !== undefined) await other.run("DROP TABLESPACE tiny");
});

/** If no disk can be mounted, a trigger raises the error of a full disk. */
async function fullByTrigger(other: ReturnType<typeof openSql>): Promise<void> {
  await other.run(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM readings) > 300 THEN
      RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN new;
  END $$`);
  await other.run(
    "CREATE TRIGGER full_disk BEFORE INSERT ON readings EXECUTE FUNCTION full_disk()",
  );
}

Deno.test("backfill() repeats a batch that was the victim of a deadlock with another writer", async () => {
  await using api = startMeters();
  await using bench = await openBench(meterJob(api.url), { retryForMs: 30_000 });
  assertEquals((await bench.run(FIRST, LAST)).summary.outcome, "done");
  await using other = openSql(bench.databaseUrl);
  await other.run("UPDATE meters SET name = 'x'; UPDATE readings SET note = 'x'");
  // The other session locks a reading, and the run a meter; then each waits for the other. The session that
  // waits first checks first, and is the victim.
  await other.run("BEGIN; SET deadlock_timeout = '1min'; SELECT FROM readings FOR UPDATE");
  const running = bench.run(FIRST, LAST);
  await other.waits();
  const stuck = other.run("UPDATE meters SET name = 'y'");
  await stuck;
  await other.run("COMMIT");
  const { summary, error } = await running;
  assertEquals([summary.outcome, error], ["done", undefined]);
  const expected = tablesOf(DAYS) as { meters: { name: string }[]; readings: unknown[] };
  const rows = await bench.rows();
  assertEquals(rows.readings, expected.readings);
  const { rows: deadlocks } = await bench.target.query(
    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
  );
  assertEquals(deadlocks, [[1]]);
});
