import { assertEquals, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { runTask } from "../support/run_task.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

/** Runs `new` in a folder, as its task does in the repository. */
async function create(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--ignore-env", "--allow-read", "--allow-write=."],
      ...[`--config=${REPOSITORY}deno.json`, `${REPOSITORY}tasks/new.ts`, ...args],
    ],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("hindcast new creates a project whose job passes check, from any job", async () => {
  using dir = tempDir();
  for (
    const [folder, args, name] of [["shop", [], "example"], [
      "quakes",
      ["--from", "earthquakes"],
      "earthquakes",
    ]] as const
  ) {
    const { code, stdout, stderr } = await create(dir.path, folder, ...args);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      stdout,
      `next   cd ${folder}, edit jobs/${name}.yaml, then deno task check`,
    );
    const file = dir.file(folder, "jobs", `${name}.yaml`);
    const job = await readJob(file, {
      readText: (path) => Deno.readTextFile(path),
      env: (variable) => variable === "API_TOKEN" ? "token" : undefined,
    });
    assertEquals(job.job, name);
    const config = JSON.parse(await Deno.readTextFile(dir.file(folder, "deno.json")));
    assertEquals(config.imports["@hindcast/hindcast"].slice(0, 24), "jsr:@hindcast/hindcast@^");
    const checked = await runTask("check", [], { cwd: dir.file(folder) });
    assertEquals(checked.code, 0, checked.stderr);
    assertStringIncludes(checked.stdout, `jobs/${name}.yaml: ok`);
    assertEquals(
      (await Deno.readTextFile(dir.file(folder, "README.md"))).trim().split("\n").length <= 12,
      true,
    );
    assertStringIncludes(await Deno.readTextFile(dir.file(folder, ".gitignore")), ".env.local");
  }
  const example = await Deno.readTextFile(dir.file("shop", ".env.example"));
  assertStringIncludes(example, "\nAPI_TOKEN=\n");
});

Deno.test("hindcast new creates a project without a job, into whose jobs/ init writes one", async () => {
  using dir = tempDir();
  const { code, stdout, stderr } = await create(dir.path, "shop", "--from", "none");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "next   cd shop, then deno task init");
  const flags =
    "--name orders --url https://api.example.com --path /orders --date-param day --key id";
  const init = await runTask("init", flags.split(" "), { cwd: dir.file("shop") });
  assertEquals(init.code, 0, init.stderr);
  assertStringIncludes(init.stdout, "wrote jobs/orders.yaml");
  assertEquals((await runTask("check", [], { cwd: dir.file("shop") })).code, 0);
});

Deno.test("hindcast new overwrites nothing, and reports what it cannot do", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.file("used"));
  await Deno.writeTextFile(dir.file("used", "notes.txt"), "mine");
  await Deno.writeTextFile(dir.file("file"), "mine");
  for (
    const [args, message] of [
      [["used"], 'Cannot create a project in "used": it contains notes.txt'],
      [["file"], 'Cannot create a project in "file": it is not a folder'],
      [[], "Cannot create a project: no folder is given"],
      [["p", "--from", "earthquake"], 'Did you mean "earthquakes"?'],
      [["../outside"], "it is outside this folder"],
    ] as const
  ) {
    const { code, stderr } = await create(dir.path, ...args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  }
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), ["file", "used"]);
  const help = await runTask("new", ["--help"]);
  assertStringIncludes(help.stdout, "usage: deno task new DIR");
});
