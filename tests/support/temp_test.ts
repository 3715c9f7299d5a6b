import { assertEquals, assertThrows } from "@std/assert";
import { tempDir } from "./temp.ts";

Deno.test("tempDir() removes the folder and what is in it when its scope ends", async () => {
  let path: string;
  {
    using dir = tempDir();
    path = dir.path;
    Deno.mkdirSync(dir.file("a", "b"), { recursive: true });
    Deno.writeTextFileSync(dir.file("a", "b", "c.txt"), "text");
    assertEquals(Deno.readTextFileSync(`${path}/a/b/c.txt`), "text");
  }
  assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
  await using other = tempDir();
  assertEquals([...Deno.readDirSync(other.path)], []);
});
