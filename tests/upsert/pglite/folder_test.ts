import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { LOCK_FILE, takeFolder } from "../../../lib/upsert/pglite/folder.ts";
import { tempDir } from "../../support/temp.ts";
import { startHolder } from "../holder.ts";

Deno.test("takeFolder() refuses a second process and names the first", async () => {
  using dir = tempDir();
  using _ = await takeFolder(dir.file("db"));
  const failure = await assertRejects(() => takeFolder(dir.file("db")), Failure);
  assertEquals(failure.kind, "locked");
  assertMatch(failure.message, new RegExp(`is in use by pid ${Deno.pid} since \\d{4}-`));
});

Deno.test("takeFolder() releases the folder when it is disposed", async () => {
  using dir = tempDir();
  for (let times = 0; times < 2; times++) {
    const folder = await takeFolder(dir.file("db"));
    folder[Symbol.dispose]();
    folder[Symbol.dispose]();
  }
});

Deno.test("takeFolder() empties a folder whose database was never complete", async () => {
  using dir = tempDir();
  (await takeFolder(dir.file("db")))[Symbol.dispose]();
  await Deno.mkdir(dir.file("db", "base"));
  await Deno.writeTextFile(dir.file("db", "PG_VERSION"), "18");
  (await takeFolder(dir.file("db")))[Symbol.dispose]();
  assertEquals(Array.from(Deno.readDirSync(dir.file("db")), (entry) => entry.name), [LOCK_FILE]);
});

Deno.test("takeFolder() does not touch a complete database", async () => {
  using dir = tempDir();
  const folder = await takeFolder(dir.file("db"));
  await Deno.writeTextFile(dir.file("db", "PG_VERSION"), "18");
  await folder.ready();
  folder[Symbol.dispose]();
  (await takeFolder(dir.file("db")))[Symbol.dispose]();
  assertEquals(await Deno.readTextFile(dir.file("db", "PG_VERSION")), "18");
});

Deno.test("takeFolder() removes a postmaster.pid that a killed process left empty, and no other", async () => {
  using dir = tempDir();
  const pid = dir.file("postmaster.pid");
  await Deno.writeTextFile(dir.file("PG_VERSION"), "18");
  await Deno.writeTextFile(pid, "");
  (await takeFolder(dir.path))[Symbol.dispose]();
  await assertRejects(() => Deno.stat(pid), Deno.errors.NotFound);
  await Deno.writeTextFile(pid, "4711");
  (await takeFolder(dir.path))[Symbol.dispose]();
  assertEquals(await Deno.readTextFile(pid), "4711");
});

Deno.test("takeFolder() touches nothing in a folder that contains other files", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("thesis.tex"), "precious");
  for (let times = 0; times < 2; times++) {
    const failure = await assertRejects(
      () => takeFolder(dir.path),
      Failure,
      "contains other files",
    );
    assertEquals(failure.kind, "target");
  }
  assertEquals(await Deno.readTextFile(dir.file("thesis.tex")), "precious");
  assertEquals(Array.from(Deno.readDirSync(dir.path)).length, 1);
});

Deno.test("openTarget() takes over an embedded database from a process that was killed", async () => {
  using dir = tempDir();
  const url = `pglite:${dir.file("db")}`;
  await using holder = await startHolder(url);
  const failure = await assertRejects(() => openTarget(url), Failure);
  assertEquals(failure.kind, "locked");
  assertStringIncludes(failure.message, `is in use by pid ${holder.pid} since `);
  await holder.kill();
  await using target = await openTarget(url);
  await using lock = await target.lock("job", { run: "r", host: "h", pid: Deno.pid });
  assertEquals(typeof lock, "object");
  await assertRejects(
    () => target.lock("job", { run: "r", host: "h", pid: Deno.pid }),
    Failure,
    'job "job" is already running in this process',
  );
});

Deno.test("openTarget() reports why it cannot use a folder", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("file"), "");
  const failure = await assertRejects(() => openTarget(`pglite:${dir.file("file")}`), Failure);
  assertEquals([failure.kind, failure.hint !== undefined], ["target", true]);
  assertStringIncludes(failure.message, "Cannot open database");
});

Deno.test("openTarget() refuses an unsupported URL without repeating it", async () => {
  const failure = await assertRejects(() => openTarget("mysql://me:hunter2@h/db"), Failure);
  assertEquals(failure.kind, "configuration");
  assertEquals(Deno.inspect(failure).includes("hunter2"), false);
});

Deno.test("openTarget() leaves the permissions of a folder that it refuses as they are", async () => {
  if (Deno.build.os === "windows") return;
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("theirs"), "");
  await Deno.chmod(dir.path, 0o755);
  await assertRejects(() => openTarget(`pglite:${dir.path}`), Failure, "contains other files");
  assertEquals((await Deno.stat(dir.path)).mode! & 0o777, 0o755);
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["theirs"]);
});
