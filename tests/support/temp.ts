// Temporary folders for tests. Invariant: a folder is gone when its scope ends.
import { join } from "node:path";

/** A folder that is removed with everything in it at the end of its scope. */
export interface TempDir extends Disposable, AsyncDisposable {
  readonly path: string;
  /** The path of something in the folder. */
  file(...names: string[]): string;
}

/**
 * Creates a folder.
 *
 * @example
 * ```ts
 * using dir = tempDir();
 * await Deno.writeTextFile(dir.file("job.yaml"), "job: demo");
 * ```
 */
export function tempDir(): TempDir {
  const path = Deno.makeTempDirSync({ prefix: "hindcast-test-" });
  return {
    path,
    file: (...names) => join(path, ...names),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
