import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { ROWS_KEPT, runChecks } from "../../lib/verify/run_checks.ts";
import { openProving } from "./proving.ts";

Deno.test("runChecks() runs every check, also after one that cannot be run", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-02", rows: 2 });
  const results = await Array.fromAsync(runChecks(proving.job, proving.target));
  assertEquals(results.map(({ name, ok }) => [name, ok]), [
    ["counts", true],
    ["shown", true],
    ["broken", false],
    ["writing", false],
  ]);
  const [counts, shown, broken, writing] = results;
  assertEquals([counts?.columns, counts?.rows, counts?.expected], [
    ["things"],
    [[2]],
    "things > 0",
  ]);
  assertEquals([shown?.about, shown?.expected, shown?.rows], ["All of them", null, [["id1"], [
    "id2",
  ]]]);
  assertStringIncludes(broken!.reason!, `relation "nowhere" does not exist`);
  assertStringIncludes(writing!.reason!, "does not begin with SELECT");
});

Deno.test("runChecks() keeps a page of rows and counts all of them", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-02", rows: ROWS_KEPT + 20 });
  const [shown] = await Array.fromAsync(runChecks(proving.job, proving.target, ["shown"]));
  assertEquals([shown?.rows.length, shown?.row_count], [ROWS_KEPT, ROWS_KEPT + 20]);
});

Deno.test("runChecks() refuses a name that is not a check, and suggests one", async () => {
  await using proving = await openProving();
  const failure = await assertRejects(
    () => Array.fromAsync(runChecks(proving.job, proving.target, ["count"])),
    Failure,
  );
  assertEquals([failure.kind, failure.hint], ["configuration", `Did you mean "counts"?`]);
});
