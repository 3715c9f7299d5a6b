import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import postgres from "postgres";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../../support/postgres_server.ts";
import { tempDir } from "../../support/temp.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The stamp of a target before and after it is prepared. */
async function stampOf(url: string): Promise<[string, string]> {
  await using target = await openTarget(url);
  const before = target.id;
  await target.prepare({});
  return [before, target.id];
}

Deno.test("prepare() stamps a database once, and another database differently", async () => {
  const server = await sharedPostgres();
  const [one, other] = [await server.createDatabase(), await server.createDatabase()];
  const [before, stamp] = await stampOf(one);
  assertEquals(before, "");
  assertMatch(stamp, UUID);
  assertEquals(await stampOf(one), [stamp, stamp]);
  assertNotEquals((await stampOf(other))[1], stamp);
});

Deno.test("prepare() gives a copied or restored database a new stamp", async () => {
  const server = await sharedPostgres();
  const url = new URL(await server.createDatabase());
  const [, stamp] = await stampOf(url.href);
  const sql = postgres(server.url, { onnotice: () => {}, max: 1 });
  const copy = `${url.pathname.slice(1)}_copy`;
  await sql.unsafe(`CREATE DATABASE "${copy}" TEMPLATE "${url.pathname.slice(1)}"`);
  await sql.end();
  url.pathname = copy;
  const [before, own] = await stampOf(url.href);
  assertEquals(before, "");
  assertNotEquals(own, stamp);
  assertEquals(await stampOf(url.href), [own, own]);
});

Deno.test("prepare() gives a copied folder a new stamp, and a moved folder keeps its stamp", async () => {
  using dir = tempDir();
  const [, stamp] = await stampOf(`pglite:${dir.file("a")}`);
  assertMatch(stamp, UUID);
  const cp = await new Deno.Command("cp", { args: ["-a", dir.file("a"), dir.file("b")] }).output();
  assert(cp.success);
  const [before, own] = await stampOf(`pglite:${dir.file("b")}`);
  assertEquals(before, "");
  assertNotEquals(own, stamp);
  await Deno.rename(dir.file("a"), dir.file("c"));
  assertEquals(await stampOf(`pglite:${dir.file("c")}`), [stamp, stamp]);
});
