// Owns how many processes of this machine share a run, and what each is called. The launcher starts them.
import { Failure } from "../../failure.ts";
import type { Worker } from "../../upsert/worker_table.ts";

/** The most processes that one command starts. */
const MOST_WORKERS = 64;

/** The name of the process that starts a run. */
export const FIRST_WORKER = "w1";

/**
 * The number that `--workers` gives; 1 without it.
 *
 * @throws {Failure} of kind `configuration` if it is not a number from 1 to 64.
 */
export function readWorkerCount(text: string | undefined): number {
  if (text === undefined) return 1;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_WORKERS) return count;
  throw new Failure(
    "configuration",
    `Cannot read --workers: "${text}" is not an integer from 1 to ${MOST_WORKERS}`,
    { hint: "Start with as many workers as the machine has cores: --workers 2" },
  );
}

/** This process as a worker. */
export function thisWorker(name: string): Worker {
  return { worker: crypto.randomUUID(), name, host: hostname(), pid: Deno.pid };
}

/** The name of this machine; "unknown" if the platform does not reveal it. */
export function hostname(): string {
  try {
    return Deno.hostname();
  } catch {
    return "unknown";
  }
}
