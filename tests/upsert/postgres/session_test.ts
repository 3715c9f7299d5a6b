// Queries on a server: their transaction is one round trip, and an error in any part of it is reported and leaves the
// connection as it was.
import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../../support/postgres_server.ts";

Deno.test("query() reports an error in the query or at its commit, rolls back, and continues", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  const count = async () => (await target.query("SELECT count(*)::int FROM things")).rows[0]![0];
  await target.query("CREATE TABLE things (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  await target.query("INSERT INTO things VALUES (1)");

  await assertRejects(
    () => target.query("INSERT INTO things VALUES (2), (1 / 0)"),
    Failure,
    "zero",
  );
  assertEquals(await count(), 1);
  await assertRejects(() => target.query("INSERT INTO things VALUES (1)"), Failure, "duplicate");
  assertEquals(await count(), 1);
  const readOnly = { readOnly: true };
  const gone = "WITH gone AS (DELETE FROM things RETURNING 1) SELECT count(*) FROM gone";
  await assertRejects(() => target.query(gone, readOnly), Failure, "read-only");
  await assertRejects(() => target.query("SELECT 1 / 0", readOnly), Failure, "zero");
  assertEquals(await count(), 1);
});

Deno.test("query() runs many queries at once, each in its own transaction, in their order", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  await target.query("CREATE TABLE numbers (n int)");
  const results = await Promise.allSettled(
    Array.from(
      { length: 20 },
      (_, n) =>
        target.query(`INSERT INTO numbers VALUES ($1::int / ${n % 5}) RETURNING n`, {
          parameters: [n],
        }),
    ),
  );
  assertEquals(
    results.map((result) => result.status === "fulfilled" ? result.value.rows[0]![0] : "failed"),
    Array.from({ length: 20 }, (_, n) => n % 5 === 0 ? "failed" : Math.trunc(n / (n % 5))),
  );
});
