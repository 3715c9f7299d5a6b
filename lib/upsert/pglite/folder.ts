// Owns the folder of an embedded database and the lock that keeps a second process out of it: PGlite has
// no lock, and two writers would destroy the data. The lock is a lock of the operating system on a file in
// the folder, so it ends with the process that holds it. The file records who holds it, and whether the
// creation of the database completed: a database whose creation was interrupted is empty and recreated.
import { join } from "node:path";
import { createFolder, makePrivate } from "../../owner_only.ts";
import { Failure } from "../../failure.ts";

/** Name of the lock file in the folder. */
export const LOCK_FILE = "hindcast.lock";

interface Note {
  state: "creating" | "ready";
  pid: number;
  since: string;
}

/** A folder that this process owns until it is disposed. */
export interface PgliteFolder extends Disposable {
  /** The folder. */
  readonly path: string;
  /** A string that distinguishes this folder from any copy of it. */
  identity(): Promise<string>;
  /** Records that the database in it is complete. */
  ready(): Promise<void>;
}

/**
 * Creates the folder if it does not exist, and takes its lock.
 *
 * @throws {Failure} of kind `locked` if another process has it, `target` if it cannot be used.
 */
export async function takeFolder(path: string): Promise<PgliteFolder> {
  const file = await openLockFile(path);
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  try {
    if (!await file.tryLock(true)) throw isOpenElsewhere(path, await readNote(file));
    await claim(path, file);
    makePrivate(path);
    return {
      path,
      identity: () => identityOf(path),
      ready: () => writeNote(file, "ready"),
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    createFolder(path);
    return await Deno.open(join(path, LOCK_FILE), { create: true, read: true, write: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("target", `Cannot open database "pglite:${path}": ${why}`, {
      hint:
        "Run the command in a folder that this user can write, or set DATABASE_URL to pglite:PATH",
      cause,
    });
  }
}

/** Records in the lock file what the folder is about to hold. */
async function claim(path: string, file: Deno.FsFile): Promise<void> {
  const before = await readNote(file);
  if (before?.state === "creating") await clear(path);
  const held = (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name);
  if (held.includes("PG_VERSION")) {
    await removeEmptyPid(path);
    return await writeNote(file, "ready");
  }
  if (held.length === 1) return await writeNote(file, "creating");
  if (before === undefined) await Deno.remove(join(path, LOCK_FILE));
  throw notADatabase(path);
}

/**
 * PostgreSQL does not start if `postmaster.pid` is empty, as it is when a process is killed between
 * creating and writing it. The process that holds the folder's lock knows that no other one is starting.
 */
async function removeEmptyPid(path: string): Promise<void> {
  const file = join(path, "postmaster.pid");
  const info = await Deno.stat(file).catch(() => undefined);
  if (info?.size === 0) await Deno.remove(file);
}

function isOpenElsewhere(path: string, note: Note | undefined): Failure {
  const holder = note === undefined ? "another process" : `pid ${note.pid} since ${note.since}`;
  return new Failure(
    "locked",
    `Cannot open database "pglite:${path}": it is in use by ${holder}`,
    {
      hint:
        "Wait until that process has ended, or use a PostgreSQL server, which several processes can use at once",
    },
  );
}

function notADatabase(path: string): Failure {
  return new Failure(
    "target",
    `Cannot open database "pglite:${path}": the folder contains other files`,
    { hint: "Set DATABASE_URL to a folder that is empty or does not exist" },
  );
}

/** The content of the file; undefined if it is empty or was damaged by a crash. */
async function readNote(file: Deno.FsFile): Promise<Note | undefined> {
  const bytes = new Uint8Array(1024);
  await file.seek(0, Deno.SeekMode.Start);
  const length = await file.read(bytes) ?? 0;
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
  } catch {
    return undefined;
  }
}

async function writeNote(file: Deno.FsFile, state: Note["state"]): Promise<void> {
  const note: Note = { state, pid: Deno.pid, since: new Date().toISOString() };
  await file.truncate();
  await file.seek(0, Deno.SeekMode.Start);
  await file.write(new TextEncoder().encode(`${JSON.stringify(note)}\n`));
}

/** Removes everything but the lock file: the folder was empty before the interrupted creation began. */
async function clear(path: string): Promise<void> {
  for await (const { name } of Deno.readDir(path)) {
    if (name !== LOCK_FILE) await Deno.remove(join(path, name), { recursive: true });
  }
}

/** A copied file has another inode number or another creation time. */
async function identityOf(path: string): Promise<string> {
  const { ino, birthtime, mtime } = await Deno.stat(join(path, "PG_VERSION"));
  return `${ino ?? 0}/${(birthtime ?? mtime)?.getTime() ?? 0}`;
}
