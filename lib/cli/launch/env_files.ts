// Reads the settings files .env and .env.local of the working folder, and those of the job file's folder,
// which cannot set proxies or certificates. Invariant: a line is either read or refused; none is skipped, because
// a skipped DATABASE_URL would send rows to another database.
import { Failure } from "../../failure.ts";

/** The settings files; later ones override earlier ones, and the environment overrides both. */
const FILES = [".env", ".env.local"] as const;

/** Settings of Hindcast, which the folder of a job may hold too. */
const SETTING = /^(DATABASE_URL|BACKFILL_\w+)$/;

const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/;

/**
 * The variables of .env and .env.local of a folder.
 *
 * @throws {Failure} of kind `configuration` if a file exists and cannot be read completely.
 */
export async function readEnvFiles(folder = "."): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const name of FILES) {
    const file = folder === "." ? name : `${folder}/${name}`;
    const text = readIfPresent(file);
    if (text !== undefined) Object.assign(variables, await parseEnvFile(file, text));
  }
  return variables;
}

/**
 * The variables of .env and .env.local in the folder of a job file; none if that is the working folder,
 * whose files are read anyway.
 *
 * @throws {Failure} of kind `configuration` if a file cannot be read, or sets what the process itself
 * obeys, such as a proxy: a job's folder may be a stranger's, and the credentials would pass through it.
 */
export async function readJobEnvFiles(jobFile: string): Promise<Record<string, string>> {
  const folder = /^(.*?)[/\\]+[^/\\]*$/s.exec(jobFile)?.[1] ?? ".";
  if (isWorkingFolder(folder)) return {};
  const variables = await readEnvFiles(folder);
  if (Object.keys(variables).length === 0) return {};
  const { RESERVED } = await import("../../config/variables.ts");
  const refused = Object.keys(variables).find((name) => RESERVED.test(name) && !SETTING.test(name));
  if (refused === undefined) return variables;
  throw new Failure("configuration", `Cannot read the settings of ${folder}: it sets ${refused}`, {
    hint: `Move ${refused} to .env.local of the working folder`,
  });
}

/** Without node:path, which takes longer to load than the rest of the launcher. */
function isWorkingFolder(folder: string): boolean {
  try {
    return Deno.realPathSync(folder) === Deno.realPathSync(".");
  } catch {
    return false;
  }
}

/**
 * The variables of one file.
 *
 * @throws {Failure} of kind `configuration` that names the line that cannot be read.
 */
export async function parseEnvFile(file: string, text: string): Promise<Record<string, string>> {
  const lines = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").split("\n");
  for (let at = 0; at < lines.length; at++) at = checkLine(file, lines, at);
  // Loaded only where there is a file: every command waits for the launcher.
  const { parseEnv } = await import("node:util");
  return Object.fromEntries(
    Object.entries(parseEnv(lines.join("\n"))).map(([name, value]) => [name, value ?? ""]),
  );
}

/** Checks the line at an index; returns the index of the last line of its value. */
function checkLine(file: string, lines: readonly string[], at: number): number {
  const line = lines[at]!;
  if (/^\s*(#.*)?$/.test(line)) return at;
  const [, name, value = ""] = LINE.exec(line) ?? [];
  if (name === undefined || /[\0\r\ufffd]/.test(line)) throw unreadable(file, line, at + 1);
  const quote = /^["'`]/.exec(value)?.[0];
  if (quote === undefined || value.indexOf(quote, 1) > 0) return at;
  const end = lines.findIndex((later, index) => index > at && later.includes(quote));
  if (end < 0) throw unreadable(file, line, at + 1, `the value of ${name} has no closing ${quote}`);
  return end;
}

/** The failure for a line; it never shows the line, whose value may be a secret. */
function unreadable(file: string, line: string, number: number, why?: string): Failure {
  const [, name] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*:/.exec(line) ?? [];
  const encoding = /[\0\ufffd]/.test(line) ? "Save the file as UTF-8" : undefined;
  const form = name === undefined ? "Write NAME=value, one per line" : `Write ${name}=value`;
  const what = why ?? (encoding === undefined ? "expected NAME=value" : "it is not UTF-8");
  return new Failure("configuration", `Cannot read ${file}, line ${number}: ${what}`, {
    hint: encoding ?? form,
  });
}

function readIfPresent(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const isFolder = error instanceof Deno.errors.IsADirectory ||
      error instanceof Error && /is a directory/i.test(error.message);
    const why = isFolder
      ? "it is a folder"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new Failure("configuration", `Cannot read ${file}: ${why}`, {
      hint: isFolder ? "Replace the folder with a file of NAME=value lines" : "Make it readable",
    });
  }
}
