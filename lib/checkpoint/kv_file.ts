// Owns the checkpoint file as a file: it checks whether SQLite can read all of it, and moves a damaged
// one aside. Deno 2.9 aborts the whole process on some kinds of damage ("KV queue cleanup failed"), so
// the check runs before Deno opens the file. It never writes to the file.

/** Suffixes of the files that SQLite keeps next to a database. */
const BESIDE = ["-wal", "-shm"];

/** Why a checkpoint file cannot be used; undefined if it can, or does not exist. */
export async function damageOf(path: string): Promise<string | undefined> {
  if (!isFile(path)) return undefined;
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const [result] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
      return result === "ok" ? undefined : "database disk image is malformed";
    } finally {
      database.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return /not a database|malformed|corrupt/i.test(message) ? message : undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Renames the file and its companions to `PATH.broken-TIME`, and returns that path. */
export function moveAside(path: string, atMs: number): string {
  const time = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const aside = `${path}.broken-${time}`;
  Deno.renameSync(path, aside);
  for (const suffix of BESIDE) {
    try {
      Deno.renameSync(path + suffix, aside + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return aside;
}
