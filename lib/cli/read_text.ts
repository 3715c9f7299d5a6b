// Reads the files of a job, up to a bound. If a file does not exist, the error suggests what was probably
// meant.
import { suggest } from "../did_you_mean.ts";
import { LONGEST_FILE } from "../config/yaml/limits.ts";

/** Maximum number of names in a folder that are compared with a missing one. */
const MOST_NAMES = 500;

/**
 * Reads a file of a job as text; of an oversized file only enough to show that it is too large.
 *
 * @throws {Error} whose message says why the file cannot be read.
 */
export async function readText(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(4 * LONGEST_FILE + 1);
    let length = 0;
    for (let read: number | null = 0; read !== null && length < bytes.length; length += read ?? 0) {
      read = await file.read(bytes.subarray(length));
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch (error) {
    throw new Error(whyUnreadable(path, error), { cause: error });
  }
}

/** Why a file cannot be read, with a guess at what was meant. */
export function whyUnreadable(path: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return noSuchFile(path);
  if (error instanceof Deno.errors.IsADirectory) return isFolder(path);
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return "permission to read it is denied";
  }
  return error instanceof Error ? error.message : String(error);
}

function noSuchFile(path: string): string {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const near = suggest(path.slice(folder.length), filesOf(folder)) ??
    filesOf(folder).find((name) => [`${path}.yaml`, `${path}.yml`].includes(folder + name));
  if (near !== undefined) return `the file does not exist; did you mean "${folder}${near}"?`;
  const known = filesOf("config/").find((name) => [path, `${path}.yaml`].includes(name));
  const elsewhere = known === undefined ? "" : `; did you mean "config/${known}"?`;
  return `the file does not exist${elsewhere}`;
}

function isFolder(path: string): string {
  const jobs = filesOf(`${path.replace(/\/$/, "")}/`).filter((name) => /\.ya?ml$/.test(name));
  const example = jobs[0] === undefined ? "" : `, such as ${path.replace(/\/$/, "")}/${jobs[0]}`;
  return `it is a folder; expected a file${example}`;
}

/** The files in a folder; none if it cannot be read, as most commands may read only the files of the job. */
function filesOf(folder: string): string[] {
  try {
    const entries = [...Deno.readDirSync(folder === "" ? "." : folder)].slice(0, MOST_NAMES);
    return entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  } catch {
    return [];
  }
}
