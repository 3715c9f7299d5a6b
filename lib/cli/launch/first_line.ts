// Owns the first line of a command that takes long to start: the launcher prints it while the command's modules
// load and its database opens. It says only what the launcher knows. Pure.
import { parsePostgresUrl } from "../../upsert/postgres/url.ts";
import { asksForHelp, JOB_SETTING, namedJob } from "../default_job.ts";
import { safeText } from "../output.ts";
import { readSettings } from "../settings.ts";
import type { Environment } from "./job_access.ts";

/** Flags with which a run prints an object, a plan or a forecast only. */
const BARE = ["--json", "--dry-run", "--check-status"];

/** What is started and the database that it writes to; undefined for a command that starts fast or prints data. */
export function firstLine(
  command: string,
  args: readonly string[],
  env: Environment,
): string | undefined {
  if (asksForHelp(args) || BARE.some((flag) => args.includes(flag))) return undefined;
  if (command === "demo") return "starting the demo";
  if (command !== "backfill") return undefined;
  const what = `backfill of ${namedJob(args) ?? env[JOB_SETTING]}`;
  const target = targetLabel(readSettings((name) => env[name]).databaseUrl);
  return safeText(target === undefined ? what : `${what} into ${target}`);
}

/** A database URL without its password; undefined for one that cannot be parsed. */
function targetLabel(url: string): string | undefined {
  if (url.startsWith("pglite:")) return url;
  try {
    return parsePostgresUrl(url).label;
  } catch {
    return undefined;
  }
}
