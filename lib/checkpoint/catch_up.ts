// Brings a checkpoint up to date with the target's logs: it reads what was committed since the last time, or
// everything, and folds it. Only here does a checkpoint learn of windows that it has not recorded itself: after a
// loss, on another machine, and from other workers.
import { type Logs, readLogs } from "../upsert/read_logs.ts";
import type { Target } from "../upsert/write/target.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** What is brought up to date. */
export interface CatchUpInput {
  /** Name of the job. */
  readonly job: string;
  /** Its checkpoint. */
  readonly checkpoint: Checkpoint;
  /** The target. */
  readonly target: Pick<Target, "query">;
}

/** How a checkpoint is brought up to date. */
export interface CatchUpOptions {
  /** Whether the result is stored; only the holder of the job's lock may do that. */
  readonly isStored: boolean;
  /** Whether everything is read, as if nothing were known. */
  readonly fromZero?: boolean;
  /** Reads the logs since a mark. Defaults to a statement of its own. */
  readonly read?: (since: string | undefined) => Promise<Logs>;
}

/** Windows recorded by a run after which it stores how far the logs are folded. */
export const WINDOWS_PER_MARK = 1_000;

/**
 * Folds what was committed since the last time, and returns it.
 *
 * @throws {Failure} of kind `target` or `checkpoint`.
 */
export async function catchUp(
  { job, checkpoint, target }: CatchUpInput,
  { isStored, fromZero = false, read }: CatchUpOptions,
): Promise<Logs> {
  // One after the other: two readings since the same mark would count their windows twice.
  const reading = (turns.get(checkpoint) ?? Promise.resolve()).then(async () => {
    const since = fromZero ? undefined : await checkpoint.mark();
    const logs = await (read === undefined ? readLogs(target, job, since) : read(since));
    await checkpoint.fold(logs, isStored);
    return logs;
  });
  turns.set(checkpoint, reading.catch(() => {}));
  return await reading;
}

/** The last reading of each checkpoint. */
const turns = new WeakMap<Checkpoint, Promise<unknown>>();
