// Owns the folder of an embedded database and the lock that keeps a second process out of it: PGlite has
// none, and two writers would destroy the data. The lock is the operating system's, on a file in the
// folder, so it ends with its holder, however that ends. The file says who holds it, and whether the
// database was ever made whole: one whose making was cut short holds nothing and is made anew.
import { join } from "node:path";
import { Failure } from "../../failure.ts";

/** Name of the lock's file in the folder. */
export const LOCK_FILE = "hindcast.lock";

interface Note {
  state: "creating" | "ready";
  pid: number;
  since: string;
}

/** A folder that is this process's until it is disposed. */
export interface PgliteFolder extends Disposable {
  /** The folder. */
  readonly path: string;
  /** Text that tells this folder from any copy of it. */
  home(): Promise<string>;
  /** Notes that the database in it is whole. */
  ready(): Promise<void>;
}

/**
 * Makes the folder where there is none, and takes its lock.
 *
 * @throws {Failure} of kind `locked` where another process has it, `target` where it cannot be used.
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
    return {
      path,
      home: () => homeOf(path),
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
    await Deno.mkdir(path, { recursive: true });
    return await Deno.open(join(path, LOCK_FILE), { create: true, read: true, write: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("target", `Cannot open database "pglite:${path}": ${why}`, {
      hint: "Choose a folder that may be read and written in DATABASE_URL",
      cause,
    });
  }
}

/** Notes in the lock's file what the folder is about to be. */
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
 * PostgreSQL will not start over an empty `postmaster.pid`, which is what is left when a process is killed
 * between making and writing it. Whoever holds the folder's lock knows that nobody else is starting.
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
    { hint: "Wait until that has ended, or use a PostgreSQL server, which many may use at once" },
  );
}

function notADatabase(path: string): Failure {
  return new Failure(
    "target",
    `Cannot open database "pglite:${path}": the folder holds other things`,
    { hint: "Name a folder in DATABASE_URL that is empty or does not exist" },
  );
}

/** What the file says; undefined where it is empty or was torn by a crash. */
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

/** Empties the folder of a database that was never whole, but for the lock; it was empty before the making began. */
async function clear(path: string): Promise<void> {
  for await (const { name } of Deno.readDir(path)) {
    if (name !== LOCK_FILE) await Deno.remove(join(path, name), { recursive: true });
  }
}

/** A copied file has another number or another time of birth. */
async function homeOf(path: string): Promise<string> {
  const { ino, birthtime, mtime } = await Deno.stat(join(path, "PG_VERSION"));
  return `${ino ?? 0}/${(birthtime ?? mtime)?.getTime() ?? 0}`;
}
