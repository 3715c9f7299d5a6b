// Owns the only access to Deno KV: it opens the file or server, checks the layout version, and retries
// while another process has the file locked. Every error becomes a failure of kind `checkpoint` with a
// hint. It never interprets values.
import { Failure } from "../failure.ts";
import { createFile, createFolder } from "../owner_only.ts";
import { Timeout, within } from "../time_limit.ts";
import { LAYOUT_VERSION, VERSION_KEY } from "./key.ts";
import { damageOf } from "./kv_file.ts";

/** Attempts while another process has the file locked; about 2 s in total. */
const ATTEMPTS = 12;
/** Longest wait between two attempts. */
const LONGEST_WAIT_MS = 500;
/** Timeout of one attempt: while another process holds the whole file, Deno itself retries forever. */
const LONGEST_TRY_MS = 10_000;
const NO_RESPONSE = `database is locked: no response within ${LONGEST_TRY_MS / 1000} s`;

const LOCKED = /database (table )?is locked|SQLITE_BUSY/i;
/** The hint for failures that `checkpoint --rebuild` repairs. */
export const REBUILD =
  "Run `deno task checkpoint --rebuild`: it moves the file aside and restores coverage from the database";
/** Hints by the message of SQLite or Deno. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [LOCKED, "Stop the other process that uses it, or set BACKFILL_KV to another file"],
  [
    /unable to open|directory|readonly|read-only|requires .* access|denied/i,
    "Set BACKFILL_KV to a writable file",
  ],
  [/status 40[13]/i, "Set DENO_KV_ACCESS_TOKEN to the access token of the KV server"],
  [/disk is full|no space/i, "Free space on the disk, then run again with --resume"],
  [/not a database|malformed|corrupt/i, REBUILD],
];

/**
 * Opens the checkpoint store: a file, an `https://` KV server, or the platform's own store if the path
 * is undefined.
 *
 * @throws {Failure} of kind `checkpoint` if it cannot be opened or has a different layout.
 */
export async function openKv(path: string | undefined): Promise<Deno.Kv> {
  const name = path === undefined ? "in Deno KV" : `"${path}"`;
  if (path !== undefined && !/^https?:/.test(path)) {
    makeFolder(path);
    const damage = await damageOf(path);
    if (damage !== undefined) throw failureOf(`open the checkpoint ${name}`, damage, undefined);
    makeFile(path);
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

/** Opens an empty store that ends with the process. */
export async function openMemoryKv(): Promise<Deno.Kv> {
  return await Deno.openKv(":memory:");
}

/** Whether the last action timed out because another process holds the whole file. */
let isHeldElsewhere = false;

/** Closing a file that another process holds would block until that process releases it. */
function withSafeClose(kv: Deno.Kv): Deno.Kv {
  const close = kv.close.bind(kv);
  kv.close = () => isHeldElsewhere ? undefined : close();
  return kv;
}

/** Creates the folder of the file; if that fails, opening the file reports the reason. */
function makeFolder(path: string): void {
  const folder = path.replace(/[/\\][^/\\]*$/, "");
  if (folder === path || folder === "") return;
  try {
    createFolder(folder);
  } catch { /* it exists, or opening the file fails */ }
}

/** Creates the file for its owner alone; SQLite gives its other files the same mode. */
function makeFile(path: string): void {
  try {
    createFile(path);
  } catch { /* opening the file reports the reason */ }
}

/**
 * Commits an atomic operation, and retries while another process has the file locked: a refused commit
 * has written nothing.
 *
 * @throws {Failure} of kind `checkpoint` if it cannot be written.
 */
export async function commit(operation: Deno.AtomicOperation): Promise<void> {
  const result = await attempt("write the checkpoint", () => operation.commit());
  if (!result.ok) throw new Failure("checkpoint", "Cannot write the checkpoint: a check failed");
}

/**
 * The value of a key; null if there is none.
 *
 * @throws {Failure} of kind `checkpoint` if it cannot be read.
 */
export async function readValue<T>(kv: Deno.Kv, key: Deno.KvKey): Promise<T | null> {
  return (await attempt("read the checkpoint", () => kv.get<T>(key))).value;
}

/**
 * The entries of a selector in order; a batch is read again if another process has the file locked.
 *
 * @throws {Failure} of kind `checkpoint` if they cannot be read.
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
      const result = await within(LONGEST_TRY_MS, action(), NO_RESPONSE);
      isHeldElsewhere = false;
      return result;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      isHeldElsewhere = error instanceof Timeout;
      const isHopeless = isHeldElsewhere || !LOCKED.test(why) || tries >= ATTEMPTS;
      if (isHopeless) throw failureOf(what, why, error);
      await pause(tries);
    }
  }
}

/** Waits for a random time, so that two processes do not collide again. */
function pause(tries: number): Promise<void> {
  const share = crypto.getRandomValues(new Uint8Array(1))[0]! / 255;
  const waitMs = share * Math.min(LONGEST_WAIT_MS, 20 * 2 ** tries);
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}

function failureOf(what: string, why: string, cause: unknown): Failure {
  const hint = HINTS.find(([pattern]) => pattern.test(why))?.[1];
  return new Failure("checkpoint", `Cannot ${what}: ${why}`, { hint, cause });
}

function wrongVersion(name: string, version: unknown): Failure {
  const isNewer = typeof version === "number" && version > LAYOUT_VERSION;
  const found = typeof version === "number" ? `version ${version}` : "of an unknown version";
  return new Failure(
    "checkpoint",
    `Cannot open the checkpoint ${name}: its layout is ${found}, and this Hindcast reads version ${LAYOUT_VERSION}`,
    { hint: isNewer ? "Use the newer version of Hindcast that wrote it" : REBUILD },
  );
}
