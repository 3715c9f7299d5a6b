// Everyday features through a real pgbouncer in transaction mode that serves other clients too: workers, refresh
// tokens, an archive, vanished rows, changed responses, `?schema=`. Nothing of it stays on the connections that other
// clients get next.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import postgres from "postgres";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { daysOf, meterJob, type Reading, startMeters, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";
import { startTokenServer } from "./token_server.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-20"];
const DAYS = daysOf("2024-01-01", "2024-01-21");
/** Settings that pgbouncer itself sets for each client. */
const OF_POOLER = ["application_name", "client_encoding", "DateStyle", "TimeZone"];

/** What is left on the pooler's server connections. */
async function leftovers(url: string): Promise<Record<string, unknown>[]> {
  const pooled = new URL(url);
  pooled.search = "";
  const sql = postgres(pooled.href, { max: 8, prepare: false, onnotice: () => {} });
  try {
    const reads = Array.from(
      { length: 16 },
      () =>
        sql.begin((sql) =>
          sql`SELECT pg_backend_pid() AS pid, pg_sleep(0.05)::text,
          (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '') AS statements,
          (SELECT count(*)::int FROM pg_cursors WHERE name <> '') AS cursors,
          (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't') AS tables,
          (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks,
          (SELECT array_agg(name) FROM pg_settings WHERE source = 'session'
            AND name <> ALL (${OF_POOLER}) AND name <> 'standard_conforming_strings') AS settings`
        ),
    );
    const rows = (await Promise.all(reads)).flat();
    return [...new Map(rows.map(({ pid, pg_sleep: _, ...row }) => [pid, row])).values()];
  } finally {
    await sql.end();
  }
}

Deno.test({
  name:
    "workers, tokens, the archive, vanished rows and drift work through pgbouncer, and leave nothing on it",
  ignore: !HAS_PGBOUNCER,
  async fn() {
    let isSecond = false;
    await using tokens = startTokenServer();
    await using api = startMeters(({ authorization, from, page }) => {
      if (!tokens.accepts(authorization)) return new Response("no", { status: 401 });
      if (!isSecond) return undefined;
      const { readings, total } = page() as { readings: Reading[]; total: number };
      const gone = from === DAYS[3] ? 1 : 0;
      const changed = readings.slice(gone).map((reading) => ({ ...reading, colour: "red" }));
      return { total: total - gone, readings: changed };
    });
    const direct = await (await sharedPostgres()).createDatabase();
    const owner = postgres(direct, { max: 1, onnotice: () => {} });
    await owner`CREATE SCHEMA "my sales"`;
    await owner.end();
    await using pooler = await startPooler(direct);
    const oauth2 = `{ token_url: "${tokens.url}/token", client_id: me, ` +
      'client_secret: "${METER_PASSWORD}", refresh_token: "${METER_REFRESH}" }';
    const job = meterJob(api.url).replace(/auth: .*/, `auth: { oauth2: ${oauth2} }`)
      .replace("  readings:\n    key: id\n", "  readings:\n    key: id\n    vanished: mark\n");
    const url = `${pooler.url}?schema=my%20sales`;
    await using site = await openSite(job, {
      database: { url },
      env: { METER_REFRESH: tokens.first, BACKFILL_ARCHIVE: "" },
    });
    const env = { BACKFILL_ARCHIVE: site.file("archive") };
    const done = async (command: string, ...args: string[]) => {
      const { code, stdout, stderr } = await site.run(command, args, { env, timeoutMs: 120_000 });
      assertEquals([command, code], [command, 0], stdout + stderr);
      const nothing = { statements: 0, cursors: 0, tables: 0, locks: 0, settings: null };
      assertEquals(await leftovers(url), Array(4).fill(nothing));
      return stdout;
    };
    await done("backfill", ...ARGS, "--workers", "2");
    const expected = tablesOf(DAYS) as Record<string, unknown[]>;
    const unmarked = async () =>
      JSON.parse(
        JSON.stringify(
          await site.rows(),
          (key, value) => key === "vanished_at" ? undefined : value,
        ),
      );
    assertEquals(await unmarked(), expected);
    isSecond = true;
    assertStringIncludes(await done("backfill", ...ARGS), "1 row vanished");
    assertMatch(await done("status"), /colour/);
    await done("verify");
    await done("checkpoint", "--rebuild");
    const before = api.asked.length;
    await done("backfill", ...ARGS, "--from-archive");
    assertEquals([api.asked.length, tokens.requests.length, tokens.reuses], [before, 1, 0]);
    assertEquals(await unmarked(), expected);
  },
});
