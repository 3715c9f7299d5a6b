// SQL of a job reads tables and does nothing else, on a server as a superuser and in the embedded database.
import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { tableOf } from "./shapes.ts";

for (const kind of ["postgres", "pglite"]) {
  Deno.test(`query() and stream() run nothing but reading queries (${kind})`, async () => {
    using dir = tempDir();
    const url = kind === "pglite"
      ? `pglite:${dir.file("db")}`
      : await (await sharedPostgres()).createDatabase();
    await using target = await openTarget(url);
    await target.prepare({ things: tableOf({ id: "integer" }) });
    await target.query("CREATE SEQUENCE numbers");
    const file = dir.file("written");
    for (
      const sql of [
        `COPY things TO '${file}'`,
        `COPY things TO PROGRAM 'touch ${file}'`,
        `COPY things TO STDOUT`,
        `SELECT pg_read_file('PG_VERSION')`,
        `SELECT lo_import('/etc/passwd')`,
        `SELECT setval('numbers', 7)`,
        `SELECT nextval('numbers')`,
        `WITH n AS (INSERT INTO things VALUES (1) RETURNING 1) TABLE n`,
        `SELECT 1 AS id INTO other`,
        `SELECT 1; DROP TABLE things`,
        `SELECT FROM things FOR UPDATE; SELECT 1`,
      ]
    ) {
      await assertRejects(() => target.query(sql, { readOnly: true }), Failure, "Cannot run");
      await assertRejects(() => Array.fromAsync(target.stream(sql)), Failure, "Cannot run");
      // The next query returns: a refused COPY used to leave the embedded database in a loop.
      assertEquals((await target.query("SELECT 1", { readOnly: true })).rows, [[1]]);
    }
    await assertRejects(() => Deno.stat(file), Deno.errors.NotFound);
    assertEquals(await target.countRows(["things"]), { things: 0 });
    const { rows } = await target.query("SELECT is_called FROM numbers", { readOnly: true });
    assertEquals(rows, [[false]]);
  });
}
