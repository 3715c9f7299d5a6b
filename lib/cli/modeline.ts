// Owns the first line of a job file, by which editors find the JSON Schema of jobs: what it should be for a
// file, and the advice if it is missing or names a file that does not exist.
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { packageFile } from "./package_files.ts";

const SCHEMA = packageFile("config/job.schema.json");

/** The path of the JSON Schema, relative to a job file. */
export function schemaPathFrom(file: string): string {
  const path = relative(dirname(resolve(file)), SCHEMA).replaceAll("\\", "/");
  return path.startsWith("../../../") ? SCHEMA : path;
}

/** Advice on the first line of a job file, or undefined if editors find the schema by it. */
export function modelineAdvice(file: string, text: string): string | undefined {
  const [, named] = /^#\s*yaml-language-server:\s*\$schema=(\S+)/m.exec(text) ?? [];
  const line = `# yaml-language-server: $schema=${schemaPathFrom(file)}`;
  if (named === undefined) return `Begin ${file} with "${line}" so that editors complete its keys`;
  if (/^[a-z]{2,}:/i.test(named) || isFile(resolve(dirname(file), named))) return undefined;
  return `${file} names the schema "${named}", which does not exist; write "${line}"`;
}

function isFile(path: string): boolean {
  try {
    return isAbsolute(path) && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
