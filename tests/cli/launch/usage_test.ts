import { assertEquals, assertStringIncludes } from "@std/assert";
import denoJson from "../../../deno.json" with { type: "json" };
import { ABOUT_COMMANDS } from "../../../lib/cli/launch/usage.ts";
import { REPOSITORY } from "../../support/repository.ts";
import { FIXED, PROGRAM_NAMES } from "../../../lib/cli/launch/needs.ts";

async function launch(...args: string[]) {
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      "--allow-env",
      "--allow-run",
      "tasks/launch.ts",
      ...args,
    ],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

Deno.test("the tool lists every command, and starts each of them", async () => {
  assertEquals([...PROGRAM_NAMES].sort(), Object.keys(ABOUT_COMMANDS).sort());
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, stdout, stderr } = await launch(...args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    for (const about of Object.values(ABOUT_COMMANDS)) assertStringIncludes(stdout, about);
    assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  }
  for (const name of PROGRAM_NAMES) {
    const { code, stdout } = await launch(name, "--help");
    assertEquals(code, 0, name);
    assertStringIncludes(stdout, "usage:");
  }
});

Deno.test("the tool prints its version, and suggests a command for an unknown one", async () => {
  assertEquals(await launch("--version"), {
    code: 0,
    stdout: `hindcast ${denoJson.version}\n`,
    stderr: "",
  });
  const { code, stderr } = await launch("backfil");
  assertEquals(code, 2);
  assertEquals(
    stderr,
    'error: Cannot start "backfil": unknown command\nhint: Did you mean "backfill"?\n',
  );
});

Deno.test("commands whose permissions do not depend on a job have those of their task", () => {
  const tasks: Record<string, { command: string }> = denoJson.tasks;
  for (const [name, flags] of Object.entries(FIXED)) {
    const command = tasks[name]!.command;
    // The task of the sandbox starts through the launcher, which adds the archive that it plays back.
    const expected = name === "sandbox" ? ["--allow-read", "--allow-env", "--allow-run"] : flags;
    assertEquals(command.match(/--(allow|ignore)-\S+/g), [...expected], name);
  }
});
