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
  const stale = `${folder}/package/lib/bundle`;
  await Deno.mkdir(stale, { recursive: true });
  await Deno.writeTextFile(`${stale}/chunk-of-an-earlier-version.js`, "");
  const built = await command(
    Deno.execPath(),
    [
      ...["run", "--quiet", "-A", "tasks/package.ts", "--out", `${folder}/package`],
    ],
    REPOSITORY,
    Deno.env.toObject(),
  );
  assertEquals(built.code, 0, built.stderr);
  const bundled = [...Deno.readDirSync(stale)].map(({ name }) => name);
  assertEquals(bundled.filter((name) => name.includes("earlier")), []);
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
    await using api = thingsApi([], (day) => day === "2025-11-02");
    const env = { TINY_TOKEN: "token-of-things" };
    const run = (...args: string[]) => command(bin, args, dir.path, env);

    await t.step("the package depends only on Deno", async () => {
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
      assertStringIncludes(stdout, "next   npx hindcast new racing --from racing");
    });
    await t.step("probe accepts its file in a folder without a job", async () => {
      Deno.writeTextFileSync(dir.file("draft.yaml"), thingsJob(api.url));
      const { code, stdout, stderr } = await run("probe", "draft.yaml", "--stream", "kinds");
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "/kinds");
    });
    await t.step("a command whose output is no longer read prints no error", async () => {
      const line = `"${bin}" query "SELECT generate_series(1, 300000)" | head -1`;
      const { stdout, stderr } = await command("sh", ["-c", line], dir.path);
      assertEquals([stdout, stderr], ["generate_series\n", ""]);
    });
    await t.step("help COMMAND prints the help of the command", async () => {
      const helps = await Promise.all([run("help", "query"), run("query", "--help")]);
      assertEquals(helps[0], helps[1]);
    });
    await t.step("a user's job, the only file in jobs/", async () => {
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
    await t.step(
      "printed commands act on the named job when they are pasted",
      async () => {
        Deno.mkdirSync(dir.file("other"));
        const job = thingsJob(api.url).replace("job: tiny", "job: other");
        Deno.writeTextFileSync(dir.file("other/job.yaml"), job);
        Deno.writeTextFileSync(dir.file("other/.env.local"), "TINY_TOKEN=token-of-things\n");
        const named = ["--config", "other/job.yaml"];
        const dates = ["--start-date", "2025-11-01", "--end-date", "2025-11-03"];
        const failed = await command(bin, ["backfill", ...named, ...dates], dir.path);
        const printed = [...failed.stdout.matchAll(/npx hindcast [^\n,;]*/g)].map(([line]) => line);
        assertEquals([failed.code, printed], [1, [
          "npx hindcast errors --config other/job.yaml",
          "npx hindcast backfill --config other/job.yaml --resume",
        ]]);
        for (const [at, line] of printed.entries()) {
          const pasted = await command("sh", ["-c", line], dir.path);
          assertEquals([pasted.code, pasted.stderr], [at, ""]);
          assertStringIncludes(pasted.stdout, "2025-11-02");
        }
      },
    );
    await t.step("a new project, with npx and with its tasks", async () => {
      const created = await run("new", "shop");
      assertEquals([created.code, created.stderr], [0, ""]);
      assertStringIncludes(created.stdout, "edit jobs/example.yaml, then npx hindcast check");
      const shop = dir.file("shop");
      const checked = await command("npx", ["hindcast", "check"], shop);
      assertEquals([checked.code, checked.stderr], [0, ""]);
      const [tarball] = [...Deno.readDirSync(dir.path)].filter(({ name }) => name.endsWith(".tgz"));
      const home = { HOME: Deno.env.get("HOME") ?? shop };
      const quiet = ["install", "--silent", "--no-audit", "--no-fund"];
      assertEquals((await command("npm", [...quiet, `../${tarball!.name}`], shop, home)).code, 0);
      const task = await command(Deno.execPath(), ["task", "--quiet", "check"], shop);
      assertEquals([task.code, task.stderr], [0, ""]);
      assertStringIncludes(task.stdout, "jobs/example.yaml: ok");
    });
    await t.step(
      "a program imports the library and its types; Node is told that it needs Deno",
      async () => {
        const program = `import { type RunEvent, runJob, type Summary } from "hindcast";
import type { ServeOptions } from "hindcast/deploy";
export const options: ServeOptions = { streams: ["things"] };
// @ts-expect-error An outcome is a string.
export const wrong: number = null! as Summary["outcome"];
const kinds = new Set<RunEvent["kind"]>();
const { outcome, requests } = await runJob("jobs/things.yaml", {
  database: "pglite:data/db",
  checkpoint: "data/checkpoints.db",
  variables: { TINY_TOKEN: "token-of-things" },
  start: "2025-10-05",
  end: "2025-10-06",
  resume: false,
  onEvent: ({ kind }) => kinds.add(kind),
});
console.log(outcome, requests, kinds.has("run_finished"));
`;
        const config = {
          ...{ unstable: ["kv"], nodeModulesDir: "manual" },
          imports: { shop: "npm:hindcast@^0.2.0" },
        };
        const files = {
          "main.ts": program,
          "node.mjs": 'import { runJob } from "hindcast";\nrunJob("jobs/things.yaml", {});\n',
          "program/main.ts": program.replaceAll('"hindcast', '"shop')
            .replaceAll('"jobs', '"../jobs').replace(":data", ":../data").replace(
              '"data',
              '"../data',
            ),
          "program/deno.json": JSON.stringify(config),
        };
        Deno.mkdirSync(dir.file("program"));
        for (const [name, text] of Object.entries(files)) {
          Deno.writeTextFileSync(dir.file(name), text);
        }
        const deno = (args: string[], cwd = dir.path) => command(Deno.execPath(), args, cwd);
        const checked = await deno(["check", "--quiet", "main.ts"]);
        assertEquals([checked.code, checked.stderr], [0, ""]);
        for (
          const [cwd, flag] of [[dir.path, ["--unstable-kv"]], [dir.file("program"), []]] as const
        ) {
          const ran = await deno(["run", "--quiet", "-A", ...flag, "main.ts"], cwd);
          assertEquals([ran.code, ran.stdout, ran.stderr], [0, "done 3 true\n", ""]);
        }
        const node = await command("node", ["node.mjs"], dir.path);
        assertStringIncludes(
          node.stderr,
          "Cannot use the library hindcast in Node: it requires Deno",
        );
      },
    );
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
