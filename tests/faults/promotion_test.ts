// The primary of a database dies and its standby is promoted, while a run writes and while one starts. Replication is
// asynchronous and interrupted, so that the standby lacks the last commits: they are fetched again.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { type PostgresServer, type Standby, startPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { openBench } from "./in_process.ts";
import { longTest } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { openSql } from "./sql.ts";

const [FIRST, LAST] = ["2024-01-01", "2024-02-19"];
const DAYS = daysOf(FIRST, LAST).concat(LAST);
const HOLDER = { run: "r", host: "h", pid: 1 };
const RETRY_FOR_MS = 60_000;

/** A primary and its standby, and a database of both. */
async function startPair() {
  const primary = await startPostgres();
  const databaseUrl = await primary.createDatabase();
  const standby = await primary.startStandby();
  const at = (server: PostgresServer) =>
    Object.assign(new URL(databaseUrl), { port: String(server.port) }).href;
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
  return {
    primary,
    standby,
    primaryUrl: at(primary),
    standbyUrl: at(standby),
    /** Names both servers. */
    url: `${databaseUrl.replace(/@[^/]+/, `@${hosts}`)}?target_session_attrs=read-write`,
    async [Symbol.asyncDispose]() {
      await standby[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

type Pair = Awaited<ReturnType<typeof startPair>>;

/** Resolves when a query returns a row. */
async function until(url: string, sql: string): Promise<void> {
  await using session = openSql(url);
  while ((await session.run(sql)).length === 0) await delay(10);
}

const windowsAt = async (url: string) => {
  await using session = openSql(url);
  return Number((await session.run("SELECT count(*) AS n FROM hindcast_windows"))[0]!.n);
};

/** Waits until the standby has what was committed, and lets it receive no more; returns the windows that it has. */
async function interruptReplication({ primaryUrl, standbyUrl }: Pair): Promise<number> {
  await until(standbyUrl, "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
  await using standby = openSql(standbyUrl);
  await standby.run("ALTER SYSTEM SET primary_conninfo = ''");
  await standby.run("SELECT pg_reload_conf()");
  await until(primaryUrl, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_replication)");
  await until(
    standbyUrl,
    "SELECT 1 WHERE pg_last_wal_replay_lsn() >= coalesce(pg_last_wal_receive_lsn(), '0/0')",
  );
  return await windowsAt(standbyUrl);
}

/** Promotes the standby once a session of Hindcast has reached it. */
async function promoteOnceReached({ standbyUrl, standby }: Pair & { standby: Standby }) {
  await until(
    standbyUrl,
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'hindcast' AND backend_type = 'client backend'",
  );
  await standby.promote();
}

longTest(
  "backfill() goes on by itself on a standby that is promoted, and fetches what the failover lost",
  async () => {
    await using pair = await startPair();
    await using api = startMeters();
    const kept = Promise.withResolvers<number>();
    let killed: Promise<void> | undefined;
    api.spoil = async ({ number }) => {
      if (number === 20) kept.resolve(await interruptReplication(pair));
      if (number >= 20) await kept.promise;
      if (number < 40) return;
      killed ??= (async () => {
        const windows = await kept.promise;
        await until(pair.primaryUrl, `SELECT 1 FROM hindcast_windows HAVING count(*) > ${windows}`);
        await pair.primary.stop("immediate");
      })();
      await killed;
    };
    await using bench = await openBench(meterJob(api.url), {
      url: pair.url,
      retryForMs: RETRY_FOR_MS,
    });
    const running = bench.run(FIRST, LAST);
    await kept.promise;
    while (killed === undefined) await delay(10);
    await killed;
    await promoteOnceReached(pair);
    const { summary, error, events } = await running;
    assertEquals([summary.outcome, error], ["done", undefined]);
    assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
    assertEquals(await windowsAt(pair.standbyUrl), DAYS.length);
    const warned = events.filter((event) => event.kind === "warning").map(({ message }) => message);
    assert(
      warned.some((message) => message.startsWith("The database failed over")),
      String(warned),
    );
    const twice = DAYS.filter((day) => api.timesAsked().get(day)! > 1);
    assert(twice.length > 0, String(twice));
    const again = await bench.run(FIRST, LAST, { resume: true });
    assertEquals([again.summary.outcome, again.summary.requests], ["done", 0]);
  },
);

longTest(
  "a run that starts during a promotion waits, and fetches what the failover lost",
  async () => {
    await using pair = await startPair();
    await using api = startMeters();
    using folder = tempDir();
    const options = { url: pair.url, retryForMs: RETRY_FOR_MS, kvPath: folder.file("kv.db") };
    const job = meterJob(api.url);
    let kept: number;
    {
      await using bench = await openBench(job, options);
      assertEquals((await bench.run(FIRST, "2024-01-10")).summary.outcome, "done");
      kept = await interruptReplication(pair);
      assertEquals((await bench.run(FIRST, LAST, { resume: true })).summary.outcome, "done");
    }
    await pair.primary.stop("immediate");
    const opening = openBench(job, options);
    await promoteOnceReached(pair);
    await using bench = await opening;
    const before = api.timesAsked();
    const { summary, error } = await bench.run(FIRST, LAST, { resume: true });
    assertEquals([summary.outcome, error], ["done", undefined]);
    assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
    const times = api.timesAsked();
    const fetched = DAYS.filter((day) => times.get(day)! > before.get(day)!);
    assertEquals(fetched, DAYS.slice(kept));
  },
);

Deno.test("lock() refuses a standby of a running primary at once, and waits for one whose primary is gone", async () => {
  await using pair = await startPair();
  await until(pair.standbyUrl, "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
  const waits: string[] = [];
  const told = Promise.withResolvers<void>();
  const onWait = (message: string) => {
    waits.push(message);
    told.resolve();
  };
  {
    await using target = await openTarget(pair.standbyUrl, { onWait });
    const failure = await assertRejects(() => target.lock("job", HOLDER), Failure, "is a standby");
    assertEquals([failure.kind, failure.hint?.includes("use the primary")], ["target", true]);
    assertEquals(waits, []);
  }
  let stamp: string;
  {
    await using target = await openTarget(pair.url, { onWait });
    await using _lock = await target.lock("job", HOLDER);
    stamp = target.id;
    assertEquals(waits, []);
  }
  await using primary = openSql(pair.primaryUrl);
  const [at] = await primary.run("SELECT pg_current_wal_lsn() AS lsn");
  await until(pair.standbyUrl, `SELECT 1 WHERE pg_last_wal_replay_lsn() >= '${at!.lsn}'`);
  await pair.primary.stop("immediate");
  await until(pair.standbyUrl, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_wal_receiver)");
  await using target = await openTarget(pair.url, { onWait });
  assertEquals(target.id, stamp);
  const locking = target.lock("job", HOLDER);
  await told.promise;
  assertMatch(waits[0]!, /is a standby, which is read-only: waiting for its promotion/);
  await pair.standby.promote();
  await using _lock = await locking;
  assertEquals(waits.length, 1);
  // Checkpoints of the old primary may be ahead of it.
  assertEquals([target.id === stamp, target.id === ""], [false, false]);
});
