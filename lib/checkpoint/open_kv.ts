// Owns the one door to Deno KV: opening the file or server, the version of the layout, and retries of
// commits that another process delayed. What is in the values is known by checkpoint.ts alone.
import { Failure } from "../report/failure.ts";
import { LAYOUT_VERSION, VERSION_KEY } from "./key.ts";

/** Tries of a commit that finds the file locked by another process; together about 3 s. */
const COMMIT_ATTEMPTS = 12;

const REBUILD =
  "Move the file away and run `deno task checkpoint --rebuild`: the target knows what it holds";

/**
 * Opens the store of checkpoints: a file, an `https://` KV server, or the platform's own where the path
 * is undefined.
 *
 * @throws {Failure} of kind `checkpoint` where it cannot be opened or is of a newer layout.
 */
export async function openKv(path: string | undefined): Promise<Deno.Kv> {
  const kv = await open(path);
  try {
    const version = (await attempt(path, () => kv.get<number>(VERSION_KEY))).value;
    if (version === null) await commit(kv.atomic().set(VERSION_KEY, LAYOUT_VERSION));
    else if (version !== LAYOUT_VERSION) throw wrongVersion(path, version);
    return kv;
  } catch (error) {
    kv.close();
    throw error;
  }
}

async function open(path: string | undefined): Promise<Deno.Kv> {
  if (path !== undefined && !/^https?:/.test(path)) makeFolder(path);
  return await attempt(path, () => Deno.openKv(path));
}

function makeFolder(path: string): void {
  const folder = path.replace(/[/\\][^/\\]*$/, "");
  if (folder === path || folder === "") return;
  try {
    if (!Deno.statSync(folder).isDirectory) throw new Deno.errors.NotADirectory(folder);
  } catch (error) {
    // Where the file alone is allowed its folder exists; opening says what else is the case.
    if (error instanceof Deno.errors.NotCapable) return;
    if (!(error instanceof Deno.errors.NotFound)) throw unreadable(path, error);
    try {
      Deno.mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }
}

async function attempt<T>(path: string | undefined, action: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (!isLocked(error) || tries >= COMMIT_ATTEMPTS) throw unreadable(path, error);
      await pause(tries);
    }
  }
}

/**
 * Commits an atomic operation, again while the file is locked by another process: nothing of a refused
 * commit was written.
 *
 * @throws {Failure} of kind `checkpoint` where it cannot be written.
 */
export async function commit(operation: Deno.AtomicOperation): Promise<void> {
  const result = await attempt("the checkpoint file", () => operation.commit());
  if (!result.ok) throw new Failure("checkpoint", "Cannot write the checkpoint: a check failed");
}

function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database is locked|database table is locked|SQLITE_BUSY/i.test(error.message);
}

function pause(tries: number): Promise<void> {
  return new Promise((resolve) =>
    setTimeout(resolve, Math.random() * Math.min(500, 20 * 2 ** tries))
  );
}

function unreadable(path: string | undefined, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint =
    cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied
      ? "Set BACKFILL_KV to a file that may be written"
      : isLocked(cause)
      ? "Stop the other process that uses it, or set BACKFILL_KV to another file"
      : REBUILD;
  return new Failure("checkpoint", `Cannot use the checkpoint "${path ?? "Deno KV"}": ${why}`, {
    hint,
    cause,
  });
}

function wrongVersion(path: string | undefined, version: unknown): Failure {
  const readable = typeof version === "number" && version > LAYOUT_VERSION;
  return new Failure(
    "checkpoint",
    `Cannot read the checkpoint "${path ?? "Deno KV"}": its layout is version ${
      JSON.stringify(version)
    }, this program reads ${LAYOUT_VERSION}`,
    { hint: readable ? "Use the newer Hindcast that wrote it" : REBUILD },
  );
}
