// Owns what `doctor` says of its own process: the version of Deno, what it may do, and whether logs can
// be written.
import { fine, type Item, problem, problemOf } from "../doctor/item.ts";

/** Oldest Deno that runs the program: what Deno Deploy may still run. */
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

/** The permissions that a command needs in part, and never as a whole. */
const KINDS = ["net", "read", "write", "env", "run", "ffi", "sys"] as const;

/** Whether this process may do more than a command has to. */
export function examinePermissions(): Item {
  const broad = KINDS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  if (broad.length === 0) {
    return fine("permissions", "no more than the job's hosts, the database, its files");
  }
  return problem(
    "permissions",
    `this process has all of --allow-${broad.join(", --allow-")}`,
    "Start commands with deno task, which gives them what the job needs and no more",
  );
}

/** Whether logs can be written: makes the folder, a file in it, and removes the file. */
export function examineLogs(folder: string | undefined): Item {
  if (folder === undefined) return fine("logs", "none are written here");
  const file = `${folder}/.doctor-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(file, "");
    Deno.removeSync(file);
    return fine("logs", `${folder} can be written`);
  } catch (error) {
    return problemOf("logs", error, "Set BACKFILL_LOGS to a folder that may be written");
  }
}
