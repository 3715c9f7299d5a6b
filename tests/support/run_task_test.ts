import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { copyRepository } from "./repository.ts";
import { runTask, spawnTask } from "./run_task.ts";
import { tempDir } from "./temp.ts";

/** A project with a task that prints its arguments, and one that waits for signals. */
function project() {
  const dir = tempDir();
  const say = `deno run --allow-env=WORD say.ts`;
  const tasks = { say, wait: "deno run wait.ts", deaf: "deno run deaf.ts" };
  Deno.writeTextFileSync(dir.file("deno.json"), JSON.stringify({ tasks }));
  Deno.writeTextFileSync(
    dir.file("say.ts"),
    `console.log(JSON.stringify([...Deno.args, Deno.env.get("WORD")])); console.error("done"); Deno.exit(3);`,
  );
  const wait = (exit: string) =>
    `for (const s of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(s, () => { console.log("got " + s); ${exit} });
     setInterval(() => {}, 1000); console.log("ready");`;
  Deno.writeTextFileSync(dir.file("wait.ts"), wait("Deno.exit(130);"));
  Deno.writeTextFileSync(dir.file("deaf.ts"), wait(""));
  return dir;
}

Deno.test("runTask() returns exit code and output when the task ends", async () => {
  using dir = project();
  const result = await runTask("say", ["--only", "a b"], {
    cwd: dir.path,
    env: { WORD: "hello" },
  });
  assertEquals(result, {
    code: 3,
    signal: null,
    stdout: `["--only","a b","hello"]\n`,
    stderr: "done\n",
  });
});

Deno.test("runTask() keeps the developer's own settings from the task", async () => {
  using dir = project();
  const task = `deno eval "console.log(Deno.env.get('RACING_API_PASSWORD') ?? 'none')"`;
  Deno.writeTextFileSync(dir.file("deno.json"), JSON.stringify({ tasks: { show: task } }));
  Deno.env.set("RACING_API_PASSWORD", "a secret");
  try {
    assertEquals((await runTask("show", [], { cwd: dir.path })).stdout, "none\n");
  } finally {
    Deno.env.delete("RACING_API_PASSWORD");
  }
});

Deno.test("runTask() sends a signal when the output contains the text", async () => {
  using dir = project();
  const signalAfter = { text: "ready", signal: "SIGTERM" as const };
  const result = await runTask("wait", [], { cwd: dir.path, signalAfter });
  assertEquals([result.code, result.stdout], [130, "ready\ngot SIGTERM\n"]);
});

Deno.test("spawnTask() kills task and command when its scope ends", async () => {
  using dir = project();
  const task = spawnTask("deaf", [], { cwd: dir.path });
  await task.printed("ready");
  task.kill("SIGINT");
  await task.printed("got SIGINT");
  await task[Symbol.asyncDispose]();
  assertEquals((await task.result).signal, "SIGKILL");
  await assertRejects(() => task.printed("never"), Error, `Cannot find "never" in: ready`);
});

Deno.test("spawnTask() kills the task when its time is over", async () => {
  using dir = project();
  await using task = spawnTask("deaf", [], { cwd: dir.path, timeoutMs: 1 });
  assertEquals((await task.result).signal, "SIGKILL");
});

Deno.test("runTask() runs the tasks of this repository", async () => {
  const { code, stderr } = await runTask("no-such-task");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Task not found: no-such-task");
});

Deno.test("copyRepository() copies what commands need and no data", async () => {
  await using copy = await copyRepository();
  const names = [...Deno.readDirSync(copy.path)].map(({ name }) => name).toSorted();
  assertEquals(names, ["config", "deno.json", "deno.lock", "lib", "tasks"]);
  assertMatch(Deno.readTextFileSync(copy.file("lib", "std", "cli", "deno.json")), /@std\/cli/);
});
