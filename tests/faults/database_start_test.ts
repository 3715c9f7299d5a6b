// A run starts while the database restarts, is out of connections or is read-only: a transient state is waited out
// and reported, any other is reported at once.
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { examineTarget } from "../../lib/doctor/examine_target.ts";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres, startPostgres } from "../support/postgres_server.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

const HOLDER = { run: "r", host: "h", pid: 1 };

const TAGS = (url: string) =>
  `job: tags
start: 2025-10-01
source: { url: "${url}" }
tables: { things: { key: id, columns: { id: integer, day: date, tags: "text[]" } } }
streams: { things: { request: /things, rows: things } }
`;

Deno.test("openTarget() waits for a server that restarts, and reports the wait once", async () => {
  await using server = await startPostgres();
  await server.stop("immediate");
  const told = Promise.withResolvers<string>();
  const waits: string[] = [];
  const opening = openTarget(server.url, {
    retryForMs: 60_000,
    onWait: (message) => {
      waits.push(message);
      told.resolve(message);
    },
  });
  assertMatch(await told.promise, /is not available, waiting up to 60 s: connect ECONNREFUSED/);
  await server.start();
  await using target = await opening;
  await using _lock = await target.lock("job", HOLDER);
  assertEquals(waits.length, 1);
});

Deno.test("openTarget() waits for a free connection", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using other = openSql(url);
  const role = `few_${crypto.randomUUID().slice(0, 8)}`;
  await other.run(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 0`);
  const told = Promise.withResolvers<string>();
  const full = url.replace("hindcast@", `${role}@`);
  const refused = await assertRejects(() => openTarget(full, { waitsForServer: false }), Failure);
  assertStringIncludes(refused.hint!, "ALTER ROLE name CONNECTION LIMIT");
  const opening = openTarget(full, { onWait: told.resolve });
  assertMatch(await told.promise, /too many connections for role/);
  await other.run(`ALTER ROLE ${role} CONNECTION LIMIT 5`);
  await (await opening)[Symbol.asyncDispose]();
  await other.run(`DROP ROLE ${role}`);
});

Deno.test("openTarget() does not wait for a database that does not exist, nor when waiting is disabled", async () => {
  const url = new URL(await (await sharedPostgres()).createDatabase());
  const waits: string[] = [];
  const onWait = (message: string) => void waits.push(message);
  const wrong = Object.assign(new URL(url), { pathname: "/no_such_database" });
  await assertRejects(() => openTarget(wrong.href, { onWait }), Failure, "Cannot connect to");
  const nobody = "postgres://me@127.0.0.1:1/db";
  await assertRejects(() => openTarget(nobody, { onWait, waitsForServer: false }), Failure);
  assertEquals(waits, []);
});

Deno.test("lock() reports at once that a database is read-only", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using other = openSql(url);
  const name = new URL(url).pathname.slice(1);
  await other.run(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  const waits: string[] = [];
  await using target = await openTarget(url, { onWait: (message) => void waits.push(message) });
  const failure = await assertRejects(() => target.lock("job", HOLDER), Failure, "is read-only");
  assertEquals([failure.kind, failure.hint], [
    "target",
    `ALTER ROLE ${new URL(url).username} SET default_transaction_read_only = off`,
  ]);
  assertEquals(waits, []);
  const rights = (await examineTarget(url, new AbortController().signal))[1]!;
  assertEquals([rights.name, rights.ok, rights.do], ["rights", false, failure.hint]);
});

Deno.test("a database whose encoding cannot hold every character is refused before anything is written", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using other = openSql(url);
  const name = `latin_${crypto.randomUUID().slice(0, 8)}`;
  await other.run(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  const latin = Object.assign(new URL(url), { pathname: `/${name}` }).href;
  {
    await using target = await openTarget(latin);
    const failure = await assertRejects(() => target.lock("job", HOLDER), Failure, "LATIN1");
    assertStringIncludes(failure.hint!, "ENCODING 'UTF8'");
    const rights = (await examineTarget(latin, new AbortController().signal))[1]!;
    assertEquals([rights.ok, rights.do], [false, failure.hint]);
  }
  await other.run(`DROP DATABASE ${name} WITH (FORCE)`);
});

Deno.test("a role's settings for quotation and arrays do not change what is written", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using other = openSql(url);
  const name = new URL(url).pathname.slice(1);
  await other.run(`ALTER DATABASE ${name} SET quote_all_identifiers = on`);
  await other.run(`ALTER DATABASE ${name} SET array_nulls = off`);
  await using api = serve(() => Response.json([{ id: 1, day: "2025-10-01", tags: ["a", null] }]));
  await using site = await openSite(TAGS(api.url), { database: { url } });
  for (const _ of [1, 2]) {
    const { code, stdout, stderr } = await site.run("backfill", ["--start-date", "2025-10-01"]);
    assertEquals([code, stderr], [0, ""], stdout);
  }
  assertEquals(await site.rows(), { things: [{ id: 1, day: "2025-10-01", tags: ["a", null] }] });
});
