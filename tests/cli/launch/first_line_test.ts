import { assertEquals } from "@std/assert";
import { firstLine } from "../../../lib/cli/launch/first_line.ts";

const ENV = { BACKFILL_CONFIG: "hindcast.yaml", DATABASE_URL: "postgres://me:secret@db/x" };

Deno.test("firstLine() names the job file and the database, without its password", () => {
  assertEquals(
    firstLine("backfill", ["--resume"], ENV),
    "backfill of hindcast.yaml into postgres://me@db:5432/x",
  );
  assertEquals(
    firstLine("backfill", ["--config=jobs/a.yaml"], {}),
    "backfill of jobs/a.yaml into pglite:./data/db",
  );
  assertEquals(
    firstLine("backfill", ["--config", "a\x1b[2J.yaml"], { DATABASE_URL: "mysql://me:secret@db" }),
    "backfill of a\\u001b[2J.yaml",
  );
  assertEquals(firstLine("demo", [], {}), "starting the demo");
});

Deno.test("firstLine() adds nothing to commands that print data, a plan or help", () => {
  assertEquals(firstLine("status", [], ENV), undefined);
  for (const flag of ["--json", "--dry-run", "--check-status", "--help"]) {
    assertEquals(firstLine("backfill", [flag], ENV), undefined, flag);
  }
});
