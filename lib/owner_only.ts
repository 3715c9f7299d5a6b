// Keeps files and folders for their owner alone (modes 0600 and 0700), also those that an earlier version
// created readable for others. Best effort: on Windows, on foreign files and on file systems without modes
// nothing changes; `doctor` reports what others can read. It never touches a folder that others may write.

/** Creates a folder and its parents for their owner alone. */
export function createFolder(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Creates an empty file that only its owner can access, or makes an existing file private. */
export function createFile(path: string): void {
  Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  makePrivate(path);
}

/** Removes the permissions of group and others from a file, or from a folder that only its owner writes. */
export function makePrivate(path: string): void {
  try {
    const { mode, isDirectory } = Deno.statSync(path);
    if (mode === null || (mode & 0o077) === 0 || isDirectory && (mode & 0o022) !== 0) return;
    Deno.chmodSync(path, mode & 0o700);
  } catch { /* not ours to change */ }
}

/** Whether group or others have any permission on a file or folder; false if that cannot be known. */
export function isShared(path: string): boolean {
  try {
    const { mode } = Deno.statSync(path);
    return Deno.build.os !== "windows" && mode !== null && (mode & 0o077) !== 0;
  } catch {
    return false;
  }
}
