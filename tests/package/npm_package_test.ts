// The npm package as its users get it: packed, installed from the tarball into an empty folder, and run
// without this repository, with nothing but Node and npm on the path.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { thingsApi, thingsJob } from "../cli/things.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

const hasNpm = await new Deno.Command("npm", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);

const PATH = Deno.env.get("PATH")!;

async function command(program: string, args: string[], cwd: string, env = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    clearEnv: true,
    env: { PATH, HOME: cwd, NO_COLOR: "1", npm_config_update_notifier: "false", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** An empty folder into which the package is installed. */
async function install(folder: string): Promise<void> {
  const built = await command(
    Deno.execPath(),
    [
      ...["run", "--quiet", "-A", "tasks/package.ts", "--out", `${folder}/package`],
    ],
    REPOSITORY,
    Deno.env.toObject(),
  );
  assertEquals(built.code, 0, built.stderr);
  const packed = await command("npm", ["pack", "--silent", "./package"], folder);
  assertEquals(packed.code, 0, packed.stderr);
  const installed = await command(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", `./${packed.stdout.trim()}`],
    folder,
    { HOME: Deno.env.get("HOME") ?? folder },
  );
  assertEquals(installed.code, 0, installed.stderr);
}

Deno.test({
  name: "the npm package runs demo, a job of its own, --resume and Ctrl+C from an empty folder" +
    (hasNpm ? "" : " (skipped: npm is not installed)"),
  ignore: !hasNpm,
  fn: async (t) => {
    using dir = tempDir();
    await install(dir.path);
    const bin = dir.file("node_modules/.bin/hindcast");
    await using api = thingsApi();
    const env = { TINY_TOKEN: "token-of-things" };
    const run = (...args: string[]) => command(bin, args, dir.path, env);

    await t.step("it depends on Deno alone", async () => {
      const names = [...Deno.readDirSync(dir.file("node_modules"))].map(({ name }) => name);
      assertEquals(names.filter((name) => !name.startsWith(".")).sort(), [
        "@deno",
        "deno",
        "hindcast",
      ]);
      assertMatch((await run("--version")).stdout, /^hindcast \d+\.\d+\.\d+\n$/);
    });
    await t.step("demo", async () => {
      const { code, stdout, stderr } = await run("demo");
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "coverage passed");
    });
    await t.step("a job of its own, which is the only file in jobs/", async () => {
      Deno.mkdirSync(dir.file("jobs"));
      Deno.writeTextFileSync(dir.file("jobs/things.yaml"), thingsJob(api.url));
      const dates = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];
      const { code, stdout, stderr } = await run("backfill", ...dates);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "done: 4 of 4 windows");
      const rows = await run("query", "SELECT count(*) FROM things");
      assertEquals(rows.stdout, "count\n6\n");
      assert(Deno.statSync(dir.file("data/checkpoints.db")).isFile);
    });
    await t.step("--resume", async () => {
      const { code, stdout } = await run("backfill", "--resume", "--end-date", "2025-10-04");
      assertEquals(code, 0);
      const rows = await run("query", "SELECT count(*) FROM things");
      assertEquals(rows.stdout, "count\n8\n", stdout);
    });
    await t.step("Ctrl+C stops the sandbox, which exits with 130", async () => {
      const child = new Deno.Command(bin, {
        args: ["sandbox", "--port", "0"],
        cwd: dir.path,
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assertMatch(new TextDecoder().decode(value), /^RACING_API_URL=http/);
      child.kill("SIGINT");
      await reader.cancel();
      assertEquals((await child.status).code, 130);
    });
  },
});
