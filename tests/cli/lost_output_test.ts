// What commands say when stdout takes nothing, as a file on a full disk does.
import { assertEquals } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { REPOSITORY } from "../support/repository.ts";
import { thingsApi, thingsJob } from "./things.ts";

const { success: hasFull } = await new Deno.Command("sh", { args: ["-c", "[ -c /dev/full ]"] })
  .output();

Deno.test({
  name: "a command whose output cannot be written says so, and a run keeps its rows" +
    (hasFull ? "" : " (skipped: there is no /dev/full)"),
  ignore: !hasFull,
  fn: async () => {
    await using api = thingsApi();
    await using site = await openSite(thingsJob(api.url));
    const launcher = ["run", "-A", "--quiet", "--no-prompt", "tasks/launch.ts"];
    const run = async (...args: string[]) => {
      const words = [Deno.execPath(), ...launcher, ...args].map((word) => `'${word}'`).join(" ");
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `exec ${words} > /dev/full`],
        cwd: REPOSITORY,
        env: {
          DATABASE_URL: site.databaseUrl,
          BACKFILL_KV: site.kvPath,
          BACKFILL_LOGS: site.logs,
          TINY_TOKEN: "token-of-things",
          NO_COLOR: "1",
        },
        stdin: "null",
      }).output();
      return [code, new TextDecoder().decode(stderr)];
    };
    const named = ["--config", site.file("job.yaml")];
    const error = "error: Cannot write the output: No space left on device (os error 28)\n";
    const said = `${error}hint: Free the disk, or send stdout elsewhere; rows are kept\n`;
    const dates = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];
    assertEquals(await run("--version"), [1, error]);
    assertEquals(await run("backfill", ...named, ...dates), [1, error + said]);
    assertEquals((await site.rows()).things!.length, 6);
    assertEquals(await run("status", ...named), [1, said]);
    assertEquals(await run("query", ...named, "SELECT 1", "--json"), [1, said]);
  },
});
