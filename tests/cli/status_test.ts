// What `deno task status` says about itself.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runTask } from "../support/run_task.ts";

Deno.test("status --help names its defaults, which are those of the last run", async () => {
  const { code, stdout } = await runTask("status", ["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Default: the last run's first day.");
  assertStringIncludes(stdout, "Default: the last run's last day.");
});

Deno.test("status and cron refuse flags that only a run obeys", async () => {
  const cases = [["status", "--from-start"], ["status", "--workers=2"], [
    "cron",
    "--once",
    "--no-wait",
  ]];
  const refused = await Promise.all(cases.map(async ([command, ...flags]) => {
    const { code, stderr } = await runTask(command!, flags);
    return [code, stderr.split("\n")[0]];
  }));
  assertEquals(refused, [
    [2, 'error: Cannot read the command line: unknown option "--from-start"'],
    [2, 'error: Cannot read the command line: unknown option "--workers=2"'],
    [2, 'error: Cannot read the command line: unknown option "--no-wait"'],
  ]);
});
