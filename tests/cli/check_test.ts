import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runTask } from "../support/run_task.ts";
import { tempDir } from "../support/temp.ts";
import { FINE } from "../config/job_text.ts";

Deno.test("check exits with 0 when a job has no problems, and counts its streams and tables", async () => {
  await using folder = tempDir();
  const schema = new URL("../../config/job.schema.json", import.meta.url).pathname;
  const modeline = `# yaml-language-server: $schema=${schema}\n`;
  await Deno.writeTextFile(folder.file("fine.yaml"), modeline + FINE);
  const { code, stdout, stderr } = await runTask("check", [folder.file("fine.yaml")]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "fine.yaml: ok   job weather   1 stream   2 tables");
});

Deno.test("check checks the racing job when no file is given", async () => {
  const { code, stdout, stderr } = await runTask("check");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "config/racing.yaml: ok");
});

Deno.test("check prints every problem of every file to stderr and exits with 2", async () => {
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("a.yaml"), FINE.replace("window: day", "widow: day"));
  await Deno.writeTextFile(folder.file("b.yaml"), FINE);
  await Deno.writeTextFile(folder.file("tab.yaml"), FINE.replace("    window", "\twindow"));
  const tab = await runTask("check", [folder.file("tab.yaml")]);
  assertStringIncludes(tab.stderr, "it then checks the rest of the file");
  const files = [folder.file("a.yaml"), folder.file("b.yaml"), folder.file("none.yaml")];
  const { code, stdout, stderr } = await runTask("check", files);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    `a.yaml:14:5: unknown key "widow"; did you mean "window"?
  14 |     widow: day
     |     ^^^^^`,
  );
  assertStringIncludes(stderr, "none.yaml: the file does not exist");
  assertStringIncludes(stderr, "hint: ");
  assertStringIncludes(stdout, "b.yaml: ok");
});

Deno.test("check suggests the file that was probably meant, and lists the files of a folder", async () => {
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("weather.yaml"), FINE);
  const files = [folder.file("wether.yaml"), folder.file("weather"), folder.path, "racing"];
  const { code, stderr } = await runTask("check", files);
  assertEquals(code, 2);
  const near = `the file does not exist; did you mean "${folder.file("weather.yaml")}"?`;
  assertStringIncludes(stderr, `wether.yaml: ${near}`);
  assertStringIncludes(stderr, `weather: ${near}`);
  assertStringIncludes(
    stderr,
    `it is a folder; expected a file, such as ${folder.file("weather.yaml")}`,
  );
  assertStringIncludes(
    stderr,
    'racing: the file does not exist; did you mean "config/racing.yaml"?',
  );
  assertStringIncludes(stderr, "hint: Name a job file, or write one with deno task init");
});

Deno.test("check says how editors find the schema when a job names none, or one that does not exist", async () => {
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("none.yaml"), FINE);
  const lost = `# yaml-language-server: $schema=lost.json\n${FINE}`;
  await Deno.writeTextFile(folder.file("lost.yaml"), lost);
  const { code, stderr } = await runTask("check", [
    folder.file("none.yaml"),
    folder.file("lost.yaml"),
  ]);
  assertEquals(code, 0);
  assert(
    /none\.yaml with "# yaml-language-server: \$schema=.*config\/job\.schema\.json"/.test(stderr),
  );
  assertStringIncludes(
    stderr,
    'lost.yaml names the schema "lost.json", which does not exist; write "#',
  );
});

Deno.test("check --json lists the problems of each file", async () => {
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("a.yaml"), FINE.replace("window: day", "widow: day"));
  const { code, stdout } = await runTask("check", ["--json", folder.file("a.yaml")]);
  assertEquals(code, 2);
  const answer = JSON.parse(stdout);
  assertEquals([answer.ok, answer.files.length], [false, 1]);
  const [problem] = answer.files[0].problems;
  assertEquals([problem.line, problem.column], [14, 5]);
  assertEquals(problem.message, 'unknown key "widow"; did you mean "window"?');
});

Deno.test("check --json gives no position in a file that does not exist", async () => {
  await using folder = tempDir();
  const { code, stdout } = await runTask("check", ["--json", folder.file("none.yaml")]);
  const [problem] = JSON.parse(stdout).files[0].problems;
  assertEquals([code, problem.line, problem.column], [2, null, null]);
});

Deno.test("check --explain prints a job that check accepts", async () => {
  await using folder = tempDir();
  await Deno.writeTextFile(folder.file("fine.yaml"), FINE);
  const { code, stdout } = await runTask("check", ["--explain", folder.file("fine.yaml")]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "time_zone: UTC # default");
  await Deno.writeTextFile(folder.file("explained.yaml"), stdout);
  assertEquals((await runTask("check", [folder.file("explained.yaml")])).code, 0);
});

Deno.test("check refuses options that do not exist, and explains itself with --help", async () => {
  const unknown = await runTask("check", ["--explian"]);
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.stderr, "Did you mean --explain?");
  const help = await runTask("check", ["--help"]);
  assertEquals(help.code, 0);
  assertStringIncludes(help.stdout, "usage: deno task check [FILE...]");
});

Deno.test("check refuses an endless file", async () => {
  const { code, stderr } = await runTask("check", ["/dev/zero"]);
  assertEquals(code, 2);
  assert(/more than 1048576 characters/.test(stderr), stderr);
});

Deno.test("check accepts a key by its old name and prints its current one", async () => {
  await using folder = tempDir();
  const old = FINE.replace("    records: data\n", "    records: data\n    empty_on: [404]\n");
  await Deno.writeTextFile(folder.file("old.yaml"), old);
  const { code, stdout, stderr } = await runTask("check", [folder.file("old.yaml")]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "old.yaml: ok");
  assertStringIncludes(
    stderr,
    'old.yaml:17:5: "empty_on" is now called "empty_statuses"; the old name still works',
  );
});
