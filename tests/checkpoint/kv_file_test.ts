import { assertEquals, assertMatch } from "@std/assert";
import { damageOf, moveAside } from "../../lib/checkpoint/kv_file.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

/** A checkpoint with some hundred values, closed. */
async function written(dir: TempDir): Promise<string> {
  const path = dir.file("checkpoints.db");
  const kv = await openKv(path);
  for (let i = 0; i < 40; i++) {
    const operation = kv.atomic();
    for (let j = 0; j < 10; j++) operation.set(["hindcast", 1, i, j], "v".repeat(300));
    await operation.commit();
  }
  kv.close();
  return path;
}

/** Writes garbage over a part of a file. */
async function scribble(path: string, at: number, bytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  const garbage = Uint8Array.from({ length: bytes }, (_, i) => (i * 131 + 7) % 256);
  await file.write(garbage);
}

Deno.test("damageOf() finds nothing wrong with a checkpoint, an empty file and a missing one", async () => {
  using dir = tempDir();
  assertEquals(await damageOf(await written(dir)), undefined);
  await Deno.writeTextFile(dir.file("empty.db"), "");
  assertEquals(await damageOf(dir.file("empty.db")), undefined);
  assertEquals(await damageOf(dir.file("missing.db")), undefined);
  assertEquals(await damageOf(dir.path), undefined);
});

Deno.test("damageOf() finds another file, a truncated one and one with garbage in the middle", async () => {
  using dir = tempDir();
  const path = await written(dir);
  const size = (await Deno.stat(path)).size;
  const damaged = async (name: string, damage: (copy: string) => Promise<void>) => {
    await Deno.copyFile(path, dir.file(name));
    await damage(dir.file(name));
    return await damageOf(dir.file(name));
  };
  const text = await damaged("text", (copy) => Deno.writeTextFile(copy, "not SQLite ".repeat(50)));
  assertMatch(text!, /not a database/);
  assertMatch((await damaged("half", (copy) => Deno.truncate(copy, size / 2)))!, /malformed/);
  assertMatch((await damaged("head", (copy) => scribble(copy, 64, 3900)))!, /malformed|not a data/);
  // Deno aborts the process when it opens this one, so no other test may.
  assertMatch((await damaged("middle", (copy) => scribble(copy, 12288, 81920)))!, /malformed/);
});

Deno.test("moveAside() renames the file together with its companions", async () => {
  using dir = tempDir();
  const path = dir.file("checkpoints.db");
  await Deno.writeTextFile(path, "broken");
  await Deno.writeTextFile(`${path}-wal`, "log");
  const aside = moveAside(path, Date.parse("2025-10-13T12:01:02.345Z"));
  assertEquals(aside, `${path}.broken-20251013T120102Z`);
  assertEquals(await Deno.readTextFile(aside), "broken");
  assertEquals(await Deno.readTextFile(`${aside}-wal`), "log");
  assertEquals([...Deno.readDirSync(dir.path)].length, 2);
});
