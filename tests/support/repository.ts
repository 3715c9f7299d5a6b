// Owns the location of the repository and the files of it that a command needs.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TempDir, tempDir } from "./temp.ts";

/** The folder of deno.json. */
export const REPOSITORY: string = fileURLToPath(new URL("../../", import.meta.url));

const NEEDED = ["deno.json", "deno.lock", "config", "lib", "tasks"];

/**
 * Copies what commands need into a folder of its own, in which they find no data, logs or `.env` of
 * the repository and may write theirs: the permissions of a task name paths below its deno.json.
 */
export async function copyRepository(): Promise<TempDir> {
  const copy = tempDir();
  for (const name of NEEDED) await copyTree(join(REPOSITORY, name), copy.file(name));
  return copy;
}

async function copyTree(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copyTree(join(from, name), join(to, name));
}
