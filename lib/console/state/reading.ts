// Opens one reading of a job's state: the stores, and what several parts of the state depend on, which is read
// here once. It changes nothing.
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import type { Job } from "../../config/schema/job.ts";
import type { Target } from "../../upsert/write/target.ts";
import { type RunSelection, selectionOfAll } from "./run_selection.ts";

/** The open stores of a job. */
export interface ConsoleStores {
  /** The database. */
  readonly target: Pick<Target, "query" | "stream" | "countRows" | "label">;
  /** What is known about the job; read again each time unless this process changes it. */
  readonly checkpoint: Checkpoint;
}

/** One reading of the state. */
export interface Reading extends ConsoleStores {
  /** The last runs, newest first. */
  readonly runs: readonly RunRecord[];
  /** The parameters that each stream was fetched with, by stream. */
  readonly scopes: ReadonlyMap<string, readonly string[]>;
  /** What all backfills were to fetch. */
  readonly selection: RunSelection;
}

/** Runs whose dates are expected to be there. */
const RUNS_ASKED = 50;

/** Reads what the parts of a state depend on. */
export async function openReading(job: Job, stores: ConsoleStores): Promise<Reading> {
  const { checkpoint } = stores;
  const scopesOf = async (name: string) => [name, await checkpoint.scopes(name)] as const;
  const [runs, ...all] = await Promise.all([
    checkpoint.runs.list(RUNS_ASKED),
    ...Object.keys(job.streams).map(scopesOf),
  ]);
  const scopes = new Map(all);
  return { ...stores, runs, scopes, selection: selectionOfAll(job, scopes, runs) };
}
