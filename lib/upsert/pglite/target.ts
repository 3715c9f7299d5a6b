// Opens an embedded database: it combines its folder, its lock and its session into a target.
// It needs permission to read and write the folder, and to read the files of the package (`dist/` of
// @electric-sql/pglite: `pglite.data`, `pglite.wasm`, and `initdb.wasm` to create a database).
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { takeFolder } from "./folder.ts";
import type { PgliteFolder } from "./folder.ts";
import { PgliteSession } from "./session.ts";
import { SqlTarget } from "../write/sql_target.ts";
import type { Locks } from "../write/locks.ts";
import type { Target } from "../write/target.ts";
import type { OpenOptions } from "../write/open_options.ts";

/**
 * Opens the embedded database in a folder, and creates it if there is none: creating takes three seconds,
 * opening half a second.
 *
 * @throws {Failure} of kind `locked` if another process has it open, `target` if it cannot be used.
 */
export async function openPglite(path: string, options: Required<OpenOptions>): Promise<Target> {
  const folder = await takeFolder(path);
  const session = new PgliteSession(path);
  try {
    await session.query("SELECT 1");
    await folder.ready();
    const identity = await folder.identity();
    return await SqlTarget.open({
      ...options,
      kind: "pglite",
      label: `pglite:${path}`,
      session,
      identity,
      readIdentity: () => Promise.resolve(identity),
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

/** The folder's lock keeps other processes out; a set of names keeps other runs of this process out. */
class FolderLocks implements Locks {
  readonly #folder: PgliteFolder;
  readonly #held = new Set<string>();

  constructor(folder: PgliteFolder) {
    this.#folder = folder;
  }

  take(job: string): Promise<AsyncDisposable> {
    if (this.#held.has(job)) {
      const message = `Cannot start: job "${job}" is already running in this process`;
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

  lost(cause: unknown): Promise<Failure> {
    return Promise.resolve(
      new Failure("locked", "Cannot continue: the job's lock was lost", { cause }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    return Promise.resolve();
  }
}
