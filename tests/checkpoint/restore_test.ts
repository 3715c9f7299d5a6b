import { assertEquals } from "@std/assert";
import { restoreCoverage } from "../../lib/checkpoint/restore.ts";
import { formatCivil } from "../../lib/plan/time/civil.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openProving } from "../verify/proving.ts";

const THINGS = { stream: "things", scope: "", each: "" };

async function ranges(checkpoint: Checkpoint): Promise<string[]> {
  await checkpoint.load("things", "");
  return checkpoint.coverage(THINGS).ranges.map(({ from, to, empty, settled }) =>
    [formatCivil(from), formatCivil(to), ...empty ? ["empty"] : [], ...settled ? [] : ["open"]]
      .join(" ")
  );
}

Deno.test("restoreCoverage() brings back what the ledger proves, empty and open parts included", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-05", records: 9 });
  await proving.write({ from: "2025-01-05", to: "2025-01-08", records: 0 });
  await proving.write({ from: "2025-01-08", to: "2025-01-10", records: 9, settled: false });
  await proving.write({ stream: "kinds", records: 2, fetchedAt: "2025-01-09T07:00:00Z" });
  assertEquals(await restoreCoverage(proving), {
    kinds: { windows: 1, days: null, rejected: 0 },
    things: { windows: 3, days: ["2025-01-01", "2025-01-09"], rejected: 0 },
  });
  assertEquals(await ranges(proving.checkpoint), [
    "2025-01-01 2025-01-05",
    "2025-01-05 2025-01-08 empty",
    "2025-01-08 2025-01-10 open",
  ]);
  await proving.checkpoint.load("kinds", "");
  const item = proving.checkpoint.item({ ...THINGS, stream: "kinds" });
  assertEquals(item, { at: Date.parse("2025-01-09T07:00:00Z"), empty: false });
});

Deno.test("restoreCoverage() treats a date as final when any entry does", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-04", records: 1, settled: true });
  await proving.write({ from: "2025-01-02", to: "2025-01-06", records: 1, settled: false });
  await restoreCoverage(proving);
  assertEquals(await ranges(proving.checkpoint), [
    "2025-01-01 2025-01-04",
    "2025-01-04 2025-01-06 open",
  ]);
});

Deno.test("restoreCoverage() removes what the checkpoint has and the ledger does not", async () => {
  await using proving = await openProving();
  await proving.cover("things", "2024-01-01", "2025-01-31");
  await proving.cover("kinds");
  await proving.write({ from: "2025-01-01", to: "2025-01-03", records: 1 });
  await restoreCoverage(proving);
  assertEquals(await ranges(proving.checkpoint), ["2025-01-01 2025-01-03"]);
  assertEquals(proving.checkpoint.item({ ...THINGS, stream: "kinds" }), undefined);
});

Deno.test("restoreCoverage() lists windows with rejected rows for --resume, whatever the order of the ledger", async () => {
  await using proving = await openProving();
  const day = (at: number) => `2025-01-0${at}T12:00:00Z`;
  // The second answer, cut another way, came clean.
  await proving.write({ from: "2025-01-01", to: "2025-01-04", fetchedAt: day(8) });
  await proving.write({ from: "2025-01-02", to: "2025-01-06", rejected: 3, fetchedAt: day(7) });
  await proving.write({ from: "2025-01-07", to: "2025-01-08", rejected: 1, fetchedAt: day(9) });
  const { things } = await restoreCoverage(proving);
  assertEquals(things?.rejected, 2);
  const retry = await proving.checkpoint.retryWindows(THINGS);
  assertEquals(retry.map(({ from, to }) => [formatCivil(from), formatCivil(to)]), [
    ["2025-01-04", "2025-01-06"],
    ["2025-01-07", "2025-01-08"],
  ]);
});

Deno.test("restoreCoverage() reads a ledger of a version that did not count rejected rows", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-04", records: 3 });
  await proving.target.query("ALTER TABLE hindcast_windows DROP COLUMN rejected");
  assertEquals((await restoreCoverage(proving)).things?.rejected, 0);
  assertEquals(await ranges(proving.checkpoint), ["2025-01-01 2025-01-04"]);
  await proving.target.prepare(proving.job.tables);
  await proving.write({ from: "2025-01-04", to: "2025-01-05", rejected: 2 });
  assertEquals((await restoreCoverage(proving)).things?.rejected, 1);
});

Deno.test("restoreCoverage() skips streams that the job no longer has", async () => {
  await using proving = await openProving();
  await proving.write({ stream: "former", from: "2025-01-01", to: "2025-01-03" });
  assertEquals(await restoreCoverage(proving), {});
  assertEquals(await proving.checkpoint.scopes("former"), []);
});
