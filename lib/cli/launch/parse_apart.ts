// Finds out what a job needs access to in a worker that may read files and nothing else: a job file can
// be a stranger's, and the launcher may run programs. It never parses YAML itself. Invariant: a worker
// that fails grants nothing; the command then reports what is wrong with the file.
import { IS_BUNDLED } from "../package_files.ts";
import { type Environment, type JobAccess, needsParsing, readJobAccess } from "./job_access.ts";

/** The input of the worker. */
export interface AccessQuestion {
  /** The job file. */
  readonly file: string;
  /** Whether to find the hosts. */
  readonly withHosts: boolean;
  /** The environment, because URLs may name variables. */
  readonly env: Environment;
  /** Names of the variables of .env and .env.local. */
  readonly fromFiles: ReadonlySet<string>;
}

/** The yaml package looks for these two variables while it parses. */
const YAML_VARIABLES = ["LOG_STREAM", "LOG_TOKENS"];

/** Finds out what a job needs access to; starts a worker only if its YAML must be parsed. */
export async function readAccessApart(question: AccessQuestion): Promise<JobAccess> {
  const { file, withHosts, env, fromFiles } = question;
  if (!needsParsing(file, withHosts)) return await readJobAccess(file, withHosts, env, fromFiles);
  const worker = startWorker(import.meta.resolve(`./access_worker.${IS_BUNDLED ? "js" : "ts"}`));
  try {
    return await new Promise<JobAccess>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<JobAccess>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ files: [file], hosts: [], variables: [], withheld: [], needsTarget: false });
      };
      worker.postMessage(question);
    });
  } finally {
    worker.terminate();
  }
}

/** Starts a worker that may read files; it may not run programs, write, or use the network. */
export function startWorker(url: string): Worker {
  const none = { run: false, net: false, write: false, ffi: false, sys: false, import: false };
  const permissions = { ...none, read: true, env: YAML_VARIABLES };
  return new Worker(url, { type: "module", deno: { permissions } });
}
