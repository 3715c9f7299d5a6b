// Reads the files that `init` is given and writes the job file. It overwrites a file only with --force, and writes
// no job that `check` would refuse.
import { Failure } from "../../failure.ts";
import { inspectJob } from "../../config/read_job.ts";
import { whyUnreadable } from "../read_text.ts";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type OpenApiDocument, readOpenApi } from "../../init/openapi/document.ts";
import { readSample, type Sample } from "../../init/read_sample.ts";

/** The OpenAPI document in a file, with the files of its folder that it refers to. */
export function documentIn(file: string | undefined): OpenApiDocument | undefined {
  if (file === undefined) return undefined;
  const folder = dirname(file);
  return readOpenApi(readFile(file), (name) => fileBelow(folder, name));
}

/** A file in the folder of the document or below it; undefined for any other. */
function fileBelow(folder: string, name: string): string | undefined {
  const path = relative(folder, resolve(folder, name));
  if (/^[a-z]+:/i.test(name) || isAbsolute(path) || path.startsWith("..")) return undefined;
  try {
    return Deno.readTextFileSync(join(folder, path));
  } catch {
    return undefined;
  }
}

/** The sample in a file. */
export function sampleIn(file: string | undefined): Sample | undefined {
  return file === undefined ? undefined : readSample(readFile(file), file);
}

function readFile(file: string): string {
  if (/^https?:/.test(file)) {
    throw new Failure("configuration", `Cannot read "${file}": init reads only files`, {
      hint: `curl -o openapi.json ${file}`,
    });
  }
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw new Failure("configuration", `Cannot read "${file}": ${whyUnreadable(file, error)}`);
  }
}

/** Where a job is written unless the command line says: in `jobs/` or `config/`, if there is such a folder. */
export function defaultFile(name: string): string {
  const folder = ["jobs", "config"].find(isFolder);
  return folder === undefined ? `${name}.yaml` : `${folder}/${name}.yaml`;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Secrets need not be set yet; the URL has a default. */
function unlessUrl(name: string): string | undefined {
  return name.endsWith("_URL") ? undefined : name;
}

/** Refuses a job with mistakes: answers may contradict each other. */
export async function refuseMistakes(file: string, text: string): Promise<void> {
  const { problems } = await inspectJob(file, { readText: () => text, env: unlessUrl });
  const [first] = problems;
  if (first === undefined) return;
  throw new Failure("configuration", `Cannot write "${file}": ${first.message}`, {
    hint: `The line would be "${
      text.split("\n")[first.line - 1]?.trim()
    }"; correct the flag that it comes from`,
  });
}

/** Writes the file; `command` repeats the answers, so that the user need not give them again. */
export function write(file: string, text: string, force: boolean, command?: string): void {
  try {
    Deno.writeTextFileSync(file, text, force ? {} : { createNew: true });
  } catch (error) {
    const exists = error instanceof Deno.errors.AlreadyExists;
    const reason = exists
      ? "it already exists"
      : error instanceof Deno.errors.NotCapable
      ? "it is outside this folder"
      : error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : (error as Error).message;
    const again = exists ? "Pass another --out, or --force to overwrite it" : "Pass another --out";
    throw new Failure("configuration", `Cannot write "${file}": ${reason}`, {
      hint: command === undefined ? again : `${again}: ${command} --out OTHER.yaml`,
    });
  }
}
