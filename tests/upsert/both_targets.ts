// Runs a test on both databases: a PostgreSQL server and PGlite in a folder, each opened once per test file.
// Tables are named after the test, because the tests of a file share a database.
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

/** Registers a test for each database; returns nothing before they run. */
export type TestBoth = (
  name: string,
  run: (target: Target, table: string) => Promise<void>,
) => void;

/** The databases of one test file, each opened when first needed and closed after the last test. */
export function onBothTargets(): {
  testBoth: TestBoth;
  openOnce: (kind: string) => Promise<Target>;
} {
  const opened = new Map<string, Promise<Target>>();
  const folder = tempDir();
  const open = async (kind: string) =>
    kind === "pglite"
      ? await openTarget(`pglite:${folder.file("db")}`)
      : await openTarget(await (await sharedPostgres()).createDatabase());
  const openOnce = (kind: string) => {
    let target = opened.get(kind);
    if (target === undefined) opened.set(kind, target = open(kind));
    return target;
  };
  Deno.test.afterAll(async () => {
    for (const target of opened.values()) await (await target)[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });
  const testBoth: TestBoth = (name, run) => {
    const table = name.replace(/\W+/g, "_").toLowerCase().slice(0, 40);
    for (const kind of ["postgres", "pglite"]) {
      Deno.test(`${name} (${kind})`, async () => await run(await openOnce(kind), table));
    }
  };
  return { testBoth, openOnce };
}
