// Owns the checks of `doctor` on its own process: the version of Deno, its permissions, and whether logs can be
// written. It never changes anything outside the folder of logs.
import { isShared } from "../owner_only.ts";
import { holdsOnlyLogs, openLogsFolder } from "./run_files.ts";
import type { Settings } from "./settings.ts";
import { advice, fine, type Item, problem, problemOf } from "../doctor/item.ts";

/** Oldest Deno that can run Hindcast: the one that Deno Deploy may still use. */
const OLDEST = "2.5.0";

/** Whether a version of Deno is new enough. */
export function examineDeno(version: string): Item {
  if (isAtLeast(version, OLDEST)) return fine("deno", version);
  return problem("deno", `${version} is older than ${OLDEST}`, "Run deno upgrade");
}

function isAtLeast(version: string, oldest: string): boolean {
  const [a, b] = [version, oldest].map((text) => text.split(/[.+-]/).map(Number));
  for (let i = 0; i < 3; i++) {
    const [one, other] = [a?.[i] ?? 0, b?.[i] ?? 0];
    if (one !== other) return one > other;
  }
  return true;
}

/** Permissions of which a command needs only some, never all. */
const KINDS = ["net", "read", "write", "env", "run", "ffi", "sys"] as const;

/** Whether this process has more permissions than a command needs. */
export function examinePermissions(): Item {
  const broad = KINDS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  if (broad.length === 0) {
    return fine("permissions", "only the job's hosts, the database and its files");
  }
  return problem(
    "permissions",
    `this process was started with --allow-${broad.join(", --allow-")}`,
    "Start commands with deno task, which grants only what the job needs",
  );
}

/** Whether logs can be written: creates the folder and a file in it, and removes the file. */
export function examineLogs(folder: string | undefined): Item {
  if (folder === undefined) return fine("logs", "no logs are written");
  const file = `${folder}/.doctor-${crypto.randomUUID()}`;
  try {
    openLogsFolder(folder);
    Deno.writeTextFileSync(file, "");
    Deno.removeSync(file);
    return fine("logs", `${folder} is writable`);
  } catch (error) {
    return problemOf("logs", error, "Set BACKFILL_LOGS to a writable folder");
  }
}

/** Whether others on this machine can read the checkpoint, the embedded database or the logs. */
export function examineFiles({ databaseUrl, kvPath, logsFolder }: Settings): Item {
  const database = /^pglite:(.*)$/.exec(databaseUrl)?.[1];
  const paths = [database, kvPath, logsFolder].filter((path) => path !== undefined);
  // The logs themselves are private, also in a folder that belongs to others too.
  const shared = paths.filter((path) =>
    isShared(path) && (path !== logsFolder || holdsOnlyLogs(path))
  );
  if (shared.length === 0) return fine("files", "only their owner can read them");
  const found = `others on this machine can read ${shared.join(", ")}`;
  return advice("files", found, `chmod -R go= ${shared.join(" ")}`);
}
