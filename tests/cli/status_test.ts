// What `deno task status` says about itself.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runTask } from "../support/run_task.ts";

Deno.test("status --help names its defaults, which are those of the last run", async () => {
  const { code, stdout } = await runTask("status", ["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Default: the last run's first day.");
  assertStringIncludes(stdout, "Default: the last run's last day.");
});
