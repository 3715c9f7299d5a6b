// Owns the checkpoint's file as a file: whether SQLite can read all of it, and the moving aside of one
// it cannot. Deno 2.9 aborts the whole process over some kinds of damage ("KV queue cleanup failed"),
// so the question is asked before Deno opens the file. Nothing here writes into it.

/** Files that SQLite keeps beside a database. */
const BESIDE = ["-wal", "-shm"];

/** Why the file of a checkpoint cannot be used; undefined where it can, or there is none. */
export async function damageOf(path: string): Promise<string | undefined> {
  if (!isFile(path)) return undefined;
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const [answer] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
      return answer === "ok" ? undefined : "database disk image is malformed";
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

/** Renames the file and those beside it to `PATH.broken-TIME`, and returns that path. */
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
