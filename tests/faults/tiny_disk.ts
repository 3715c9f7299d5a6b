// A disk of some kilobytes, to be filled: a tmpfs, if this user may mount one. It is unmounted at the end of
// its scope.
import { tempDir } from "../support/temp.ts";

/** A mounted disk. */
export interface TinyDisk extends AsyncDisposable {
  readonly path: string;
  /** Gives the disk to the owner of a folder. */
  giveTo(ownerOf: string): Promise<void>;
}

/** Mounts a disk; undefined where this user may not. */
export async function tinyDisk(kilobytes: number): Promise<TinyDisk | undefined> {
  const dir = tempDir();
  // PostgreSQL runs as another user, who must be able to reach it.
  await Deno.chmod(dir.path, 0o755);
  const path = dir.file("disk");
  await Deno.mkdir(path);
  if (!await run("mount", "-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path)) {
    await dir[Symbol.asyncDispose]();
    return undefined;
  }
  return {
    path,
    giveTo: async (owned) => {
      const { uid, gid } = await Deno.stat(owned);
      await Deno.chown(path, uid, gid);
    },
    [Symbol.asyncDispose]: async () => {
      await run("umount", "-l", path);
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}
