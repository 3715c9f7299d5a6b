import { assertEquals, assertStringIncludes } from "@std/assert";
import postgres from "postgres";
import { examineCheckpoint } from "../../lib/doctor/examine_checkpoint.ts";
import { examineTarget } from "../../lib/doctor/examine_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

const SIGNAL = new AbortController().signal;

Deno.test("examineTarget() reports version, privileges and stamp, and leaves nothing behind", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  const items = await examineTarget(url, SIGNAL);
  assertEquals(items.map(({ name, ok }) => [name, ok]), [
    ["database", true],
    ["rights", true],
    ["stamp", true],
  ]);
  assertStringIncludes(items[0]!.found, "PostgreSQL 1");
  assertStringIncludes(items[2]!.found, "none yet");
  const sql = postgres(url, { max: 1 });
  const [left] =
    await sql`SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'`;
  await sql.end();
  assertEquals(left?.tables, 0);
});

Deno.test("examineTarget() prints the GRANT that is needed when the user may not create tables", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  const sql = postgres(url, { max: 1 });
  const role = `reader_${crypto.randomUUID().slice(0, 8)}`;
  await sql.unsafe(`CREATE ROLE ${role} LOGIN`);
  await sql.end();
  const items = await examineTarget(Object.assign(new URL(url), { username: role }).href, SIGNAL);
  const rights = items.find((item) => item.name === "rights");
  assertEquals(rights?.ok, false);
  assertEquals(rights?.do, `GRANT CREATE ON SCHEMA "public" TO "${role}"`);
});

Deno.test("examineTarget() names the address that does not respond, without the password", async () => {
  const [item] = await examineTarget("postgres://someone:pa55word@127.0.0.1:1/none", SIGNAL);
  assertEquals([item?.name, item?.ok], ["database", false]);
  assertStringIncludes(item!.found, "127.0.0.1:1");
  assertEquals(JSON.stringify(item).includes("pa55word"), false);
});

Deno.test("examineCheckpoint() writes, reads and removes a value", async () => {
  using dir = tempDir();
  const path = dir.file("folder", "checkpoints.db");
  const item = await examineCheckpoint(path);
  assertEquals([item.ok, item.found], [true, `${path} can be read and written`]);
  const kv = await Deno.openKv(path);
  const left = await Array.fromAsync(kv.list({ prefix: ["hindcast", "doctor"] }));
  kv.close();
  assertEquals(left, []);
});

Deno.test("examineCheckpoint() says what to do about a file that is not a checkpoint", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("checkpoints.db"), "something else ".repeat(20));
  const item = await examineCheckpoint(dir.file("checkpoints.db"));
  assertEquals(item.ok, false);
  assertStringIncludes(item.do!, "deno task checkpoint --rebuild");
});
