import { assertEquals } from "@std/assert";
import { ExportTable } from "../../lib/upsert/export_table.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

for (const kind of ["postgres", "pglite"] as const) {
  Deno.test(`ExportTable keeps the IDs of exports for other processes, in ${kind}`, async () => {
    await using folder = tempDir();
    const url = kind === "pglite"
      ? `pglite:${folder.file("db")}`
      : await (await sharedPostgres()).createDatabase();
    await using target = await openTarget(url);
    const [mine, other] = [new ExportTable(target), new ExportTable(target)];
    assertEquals(await Promise.all([mine.read("a"), other.read("a")]), [undefined, undefined]);
    await mine.keep("a", "1");
    await mine.keep("b", "2");
    await other.keep("a", "3");
    assertEquals([await mine.read("a"), await other.read("b")], ["3", "2"]);
    await other.forget("a");
    assertEquals([await mine.read("a"), await mine.read("b")], [undefined, "2"]);
  });
}
