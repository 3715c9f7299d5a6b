// Owns the door to the embedded database: its folder, its lock and its session put together into a
// target. It needs permission to read and write the folder, and to read the package's own files
// (`dist/` of @electric-sql/pglite: `pglite.data`, `pglite.wasm`, and `initdb.wasm` to make a database).
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { takeFolder } from "./folder.ts";
import type { PgliteFolder } from "./folder.ts";
import { PgliteSession } from "./session.ts";
import { SqlTarget } from "../write/sql_target.ts";
import type { Locks } from "../write/sql_target.ts";
import type { Target } from "../write/target.ts";
import type { OpenOptions } from "../write/open_options.ts";

/**
 * Opens the embedded database in a folder, making it where there is none: three seconds to make, half a
 * second to open.
 *
 * @throws {Failure} of kind `locked` where another process has it open, `target` where it cannot be used.
 */
export async function openPglite(path: string, options: Required<OpenOptions>): Promise<Target> {
  const folder = await takeFolder(path);
  const session = new PgliteSession(path);
  try {
    await session.query("SELECT 1");
    await folder.ready();
    return await SqlTarget.open({
      ...options,
      kind: "pglite",
      label: `pglite:${path}`,
      session,
      identity: await folder.identity(),
      locks: new FolderLocks(folder),
    });
  } catch (error) {
    await session[Symbol.asyncDispose]().catch(() => {});
    folder[Symbol.dispose]();
    throw error instanceof DatabaseError
      ? error.toFailure(`open database "pglite:${path}"`)
      : error;
  }
}

/** The folder's lock keeps other processes out; within this one a set of names does. */
class FolderLocks implements Locks {
  readonly #folder: PgliteFolder;
  readonly #held = new Set<string>();

  constructor(folder: PgliteFolder) {
    this.#folder = folder;
  }

  take(job: string): Promise<AsyncDisposable> {
    if (this.#held.has(job)) {
      const message = `Cannot start: job "${job}" is being run by this process already`;
      return Promise.reject(
        new Failure("locked", message, { hint: "Wait until that run has ended" }),
      );
    }
    this.#held.add(job);
    return Promise.resolve({
      [Symbol.asyncDispose]: () => {
        this.#held.delete(job);
        return Promise.resolve();
      },
    });
  }

  guards(): string[] {
    return [];
  }

  renew(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    return Promise.resolve();
  }
}
