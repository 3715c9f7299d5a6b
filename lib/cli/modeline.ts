// Owns the first line of a job file, by which editors find the JSON Schema of jobs and so complete keys and
// underline mistakes: what it has to be for a file, and what to say where it is not there or leads nowhere.
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { packageFile } from "./package_files.ts";

const SCHEMA = packageFile("config/job.schema.json");

/** The path of the JSON Schema of jobs as seen from a job file. */
export function schemaPathFrom(file: string): string {
  const path = relative(dirname(resolve(file)), SCHEMA).replaceAll("\\", "/");
  return path.startsWith("../../../") ? SCHEMA : path;
}

/** What to do about the first lines of a job file, or undefined where editors find a schema by them. */
export function modelineAdvice(file: string, text: string): string | undefined {
  const [, named] = /^#\s*yaml-language-server:\s*\$schema=(\S+)/m.exec(text) ?? [];
  const line = `# yaml-language-server: $schema=${schemaPathFrom(file)}`;
  if (named === undefined) return `Begin ${file} with "${line}", and editors complete its keys`;
  if (/^[a-z]{2,}:/i.test(named) || isFile(resolve(dirname(file), named))) return undefined;
  return `${file} names the schema "${named}", which is not there; write "${line}"`;
}

function isFile(path: string): boolean {
  try {
    return isAbsolute(path) && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
