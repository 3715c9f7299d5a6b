import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LAYOUT_VERSION, VERSION_KEY } from "../../lib/checkpoint/key.ts";
import { commit, entries, openKv, readValue } from "../../lib/checkpoint/open_kv.ts";
import { Failure } from "../../lib/failure.ts";
import { tempDir } from "../support/temp.ts";
import { kvFile } from "./kv_file.ts";

async function refused(path: string): Promise<Failure> {
  const failure = await assertRejects(() => openKv(path), Failure);
  assertEquals(failure.kind, "checkpoint");
  assertStringIncludes(failure.message, `Cannot open the checkpoint "${path}": `);
  return failure;
}

/** Half a megabyte of values. */
async function fill(kv: Deno.Kv): Promise<void> {
  const operation = kv.atomic();
  for (let i = 0; i < 900; i++) operation.set(["filler", i], "x".repeat(500));
  await operation.commit();
}

async function withVersion(version: unknown): Promise<Failure> {
  await using file = await kvFile();
  await file.kv.set(VERSION_KEY, version);
  return await refused(file.path);
}

Deno.test("openKv() creates the file, its folder and the version of the layout", async () => {
  using dir = tempDir();
  const path = dir.file("a", "b", "checkpoints.db");
  const kv = await openKv(path);
  assertEquals(await readValue(kv, VERSION_KEY), LAYOUT_VERSION);
  kv.close();
  (await openKv(path)).close();
});

Deno.test("openKv() refuses any other version of the layout: newer, older or missing", async () => {
  const newer = await withVersion(LAYOUT_VERSION + 1);
  assertStringIncludes(newer.message, `its layout is version ${LAYOUT_VERSION + 1}`);
  assertEquals(newer.hint, "Use the newer version of Hindcast that wrote it");
  const older = await withVersion(0);
  assertStringIncludes(older.hint!, "checkpoint --rebuild");
  for (const garbage of ["1", 5n, {}, false]) {
    const failure = await withVersion(garbage);
    assertStringIncludes(failure.message, "of an unknown version");
    assertStringIncludes(failure.hint!, "checkpoint --rebuild");
  }
});

Deno.test("openKv() says how to start over when the file is not a database", async () => {
  using dir = tempDir();
  const path = dir.file("checkpoints.db");
  Deno.writeTextFileSync(path, "not a database\n".repeat(1000));
  const failure = await refused(path);
  assertStringIncludes(failure.hint!, "checkpoint --rebuild");
  assertEquals(Deno.readTextFileSync(path).slice(0, 14), "not a database");
});

Deno.test("openKv() says how to start over when the file was truncated", async () => {
  await using file = await kvFile();
  await fill(file.kv);
  file.kv.close();
  const { size } = Deno.statSync(file.path);
  Deno.truncateSync(file.path, Math.floor(size / 2));
  const failure = await refused(file.path);
  assertStringIncludes(failure.message, "malformed");
  assertStringIncludes(failure.hint!, "checkpoint --rebuild");
});

Deno.test("entries() fails with kind checkpoint when pages in the middle of the file are lost", async () => {
  await using file = await kvFile();
  await fill(file.kv);
  file.kv.close();
  const bytes = Deno.readFileSync(file.path);
  Deno.writeFileSync(file.path, bytes.fill(0xff, 64 * 1024, bytes.length - 16 * 1024));
  const read = async () => {
    await file.reopen();
    for await (const _ of entries(file.kv, { prefix: ["filler"] })) { /* all of them */ }
  };
  const failure = await assertRejects(read, Failure);
  assertEquals(failure.kind, "checkpoint");
  assertStringIncludes(failure.hint!, "checkpoint --rebuild");
});

Deno.test("openKv() says what to set when the file cannot be opened", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.file("folder.db"));
  Deno.writeTextFileSync(dir.file("plain"), "");
  for (const path of [dir.file("folder.db"), dir.file("plain", "checkpoints.db")]) {
    const failure = await refused(path);
    assertStringIncludes(failure.hint!, "BACKFILL_KV");
  }
});

Deno.test({
  name: "openKv() says what to set when this process may not write the file",
  permissions: { read: true, write: false },
  fn: async () => {
    const failure = await refused("/tmp/hindcast-no-such-folder/checkpoints.db");
    assertStringIncludes(failure.hint!, "BACKFILL_KV");
  },
});

Deno.test("commit() succeeds when two handles write at once", async () => {
  await using file = await kvFile();
  const other = await openKv(file.path);
  const write = async (kv: Deno.Kv, name: string) => {
    for (let i = 0; i < 100; i++) await commit(kv.atomic().set([name, i], i));
  };
  await Promise.all([write(file.kv, "one"), write(other, "other")]);
  other.close();
  let count = 0;
  for await (const _ of entries(file.kv, { prefix: [] })) count++;
  assertEquals(count, 201);
});

/** Runs an action whose waits take no time. */
async function hurried<T>(action: () => Promise<T>): Promise<T> {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((run: () => void) => setTimeout(run, 0)) as typeof setTimeout;
  try {
    return await action();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

Deno.test("commit() retries when the file is locked, and says what to stop when it stays locked", async () => {
  let tries = 0;
  const locked = (times: number): Deno.AtomicOperation => {
    tries = 0;
    const commit = () =>
      tries++ < times
        ? Promise.reject(new TypeError("database is locked"))
        : Promise.resolve({ ok: true, versionstamp: "" });
    return { commit } as unknown as Deno.AtomicOperation;
  };
  await hurried(() => commit(locked(3)));
  assertEquals(tries, 4);
  const failure = await hurried(() =>
    assertRejects(() => commit(locked(Infinity)), Failure, "is locked")
  );
  assertStringIncludes(failure.hint!, "Stop the other process");
});

Deno.test("commit() gives up when another process holds the whole file and Deno would wait forever", async () => {
  const never = { commit: () => new Promise(() => {}) } as unknown as Deno.AtomicOperation;
  const failure = await hurried(() => assertRejects(() => commit(never), Failure, "no response"));
  assertStringIncludes(failure.hint!, "Stop the other process");
});

Deno.test("commit() does not retry what can never be written", async () => {
  await using file = await kvFile();
  const operation = file.kv.atomic().set(["too", "large"], "x".repeat(70_000));
  const failure = await assertRejects(() => commit(operation), Failure);
  assertEquals([failure.kind, failure.hint], ["checkpoint", undefined]);
});
