// Owns the one door to Deno KV: opening the file or server, the version of the layout, and patience
// with another process that holds the file. Whatever goes wrong here is a failure of the checkpoint,
// with what to do. What is in the values is known by checkpoint.ts alone.
import { Failure } from "../failure.ts";
import { LAYOUT_VERSION, VERSION_KEY } from "./key.ts";
import { damageOf } from "./kv_file.ts";

/** Tries of an action that finds the file locked by another process; together about 2 s. */
const ATTEMPTS = 12;
/** Longest wait between two tries. */
const LONGEST_WAIT_MS = 500;
/** Time for one try: while another process holds the whole file, Deno itself tries again without end. */
const LONGEST_TRY_MS = 10_000;

const LOCKED = /database (table )?is locked|SQLITE_BUSY/i;
/** The hint of a failure that a new file and `checkpoint --rebuild` put right. */
export const REBUILD =
  "Run `deno task checkpoint --rebuild`: it moves the file aside, and the target knows what it holds";
/** What to do, by what SQLite or Deno say. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [LOCKED, "Stop the other process that uses it, or set BACKFILL_KV to another file"],
  [
    /unable to open|directory|readonly|read-only|requires .* access|denied/i,
    "Set BACKFILL_KV to a file that may be written",
  ],
  [/disk is full|no space/i, "Free space on the disk, then run again with --resume"],
  [/not a database|malformed|corrupt/i, REBUILD],
];

/**
 * Opens the store of checkpoints: a file, an `https://` KV server, or the platform's own where the path
 * is undefined.
 *
 * @throws {Failure} of kind `checkpoint` where it cannot be opened or is of another layout.
 */
export async function openKv(path: string | undefined): Promise<Deno.Kv> {
  const name = path === undefined ? "of Deno KV" : `"${path}"`;
  if (path !== undefined && !/^https?:/.test(path)) {
    makeFolder(path);
    const damage = await damageOf(path);
    if (damage !== undefined) throw failureOf(`open the checkpoint ${name}`, damage, undefined);
  }
  const kv = withSafeClose(await attempt(`open the checkpoint ${name}`, () => Deno.openKv(path)));
  try {
    const { value } = await attempt(`open the checkpoint ${name}`, () => kv.get(VERSION_KEY));
    if (value === null) await commit(kv.atomic().set(VERSION_KEY, LAYOUT_VERSION));
    else if (value !== LAYOUT_VERSION) throw wrongVersion(name, value);
    return kv;
  } catch (error) {
    kv.close();
    throw error;
  }
}

/** Whether the last action got no answer because another process holds the whole file. */
let isHeldElsewhere = false;

/** Closing a file that another process holds would hold up this one until that lets go. */
function withSafeClose(kv: Deno.Kv): Deno.Kv {
  const close = kv.close.bind(kv);
  kv.close = () => isHeldElsewhere ? undefined : close();
  return kv;
}

/** Makes the folder of the file; where it cannot be made, opening the file says why. */
function makeFolder(path: string): void {
  const folder = path.replace(/[/\\][^/\\]*$/, "");
  if (folder === path || folder === "") return;
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch { /* it is there, or opening fails */ }
}

/**
 * Commits an atomic operation, again while the file is locked by another process: nothing of a refused
 * commit was written.
 *
 * @throws {Failure} of kind `checkpoint` where it cannot be written.
 */
export async function commit(operation: Deno.AtomicOperation): Promise<void> {
  const result = await attempt("write the checkpoint", () => operation.commit());
  if (!result.ok) throw new Failure("checkpoint", "Cannot write the checkpoint: a check failed");
}

/**
 * The value of a key; null where there is none.
 *
 * @throws {Failure} of kind `checkpoint` where it cannot be read.
 */
export async function readValue<T>(kv: Deno.Kv, key: Deno.KvKey): Promise<T | null> {
  return (await attempt("read the checkpoint", () => kv.get<T>(key))).value;
}

/**
 * The entries of a selector in order; a batch of them that another process held up is asked for again.
 *
 * @throws {Failure} of kind `checkpoint` where they cannot be read.
 */
export async function* entries<T>(
  kv: Deno.Kv,
  selector: Deno.KvListSelector,
  options: Deno.KvListOptions = {},
): AsyncGenerator<Deno.KvEntry<T>> {
  const list = kv.list<T>(selector, options);
  const next = () => attempt("read the checkpoint", () => list.next());
  for (let entry = await next(); !entry.done; entry = await next()) yield entry.value;
}

async function attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      const result = await within(LONGEST_TRY_MS, action());
      isHeldElsewhere = false;
      return result;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      isHeldElsewhere = error instanceof NoAnswer;
      const isHopeless = isHeldElsewhere || !LOCKED.test(why) || tries >= ATTEMPTS;
      if (isHopeless) throw failureOf(what, why, error);
      await pause(tries);
    }
  }
}

class NoAnswer extends Error {}

/** What an action gives, unless it takes too long; then it may still be done later, which harms nothing. */
async function within<T>(ms: number, action: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const why = `database is locked: no answer within ${ms / 1000} s`;
    timer = setTimeout(() => reject(new NoAnswer(why)), ms);
  });
  try {
    return await Promise.race([action, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits a random time, so that processes that met once do not meet again. */
function pause(tries: number): Promise<void> {
  const share = crypto.getRandomValues(new Uint8Array(1))[0]! / 255;
  const waitMs = share * Math.min(LONGEST_WAIT_MS, 20 * 2 ** tries);
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}

function failureOf(what: string, why: string, cause: unknown): Failure {
  const hint = HINTS.find(([said]) => said.test(why))?.[1];
  return new Failure("checkpoint", `Cannot ${what}: ${why}`, { hint, cause });
}

function wrongVersion(name: string, version: unknown): Failure {
  const isNewer = typeof version === "number" && version > LAYOUT_VERSION;
  const said = typeof version === "number" ? `version ${version}` : "of no known version";
  return new Failure(
    "checkpoint",
    `Cannot open the checkpoint ${name}: its layout is ${said}, this program reads ${LAYOUT_VERSION}`,
    { hint: isNewer ? "Use the newer Hindcast that wrote it" : REBUILD },
  );
}
