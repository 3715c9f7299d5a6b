// Owns how the process that starts a run enters its crew: as soon as it is certain that the workers of an earlier run
// are dead. It claims and fetches nothing.
import { Failure } from "../failure.ts";
import type { Clock } from "../fetch/rate/clock.ts";
import type { Entry, Worker, WorkerTable } from "../upsert/worker_table.ts";
import type { DeadWorkers } from "./dead_workers.ts";

/** What the start of a run needs. */
export interface StartOptions {
  /** Name of the job. */
  readonly job: string;
  /** Id of the run. */
  readonly run: string;
  /** This process. */
  readonly worker: Worker;
  /** Whether others are expected, so that windows are claimed from the start. */
  readonly isShared?: boolean | undefined;
  /** Waits and monotonic time. */
  readonly clock: Clock;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** Receives what the user should know. */
  readonly say: (message: string) => void;
}

/** Time after which a worker that shows signs of life is certainly alive. */
const SURE_AFTER_MS = 4_500;
/** Time after which the lease of a dead worker has ended. */
const LEASE_ENDS_MS = 16_000;
/** Time between two checks whether the workers of an earlier run are dead. */
const LOOK_MS = 500;

/**
 * Enters the process that starts a run.
 *
 * @throws {Failure} of kind `locked` if workers of an earlier run still work on it.
 */
export async function startCrew(
  { job, run, worker, isShared = false, clock, signal, say }: StartOptions,
  table: WorkerTable,
  dead: DeadWorkers,
): Promise<Entry> {
  const startedAtMs = clock.now();
  for (let isReported = false;; isReported = true) {
    const entered = await table.start(run, worker, isShared);
    if ("isShared" in entered) return entered;
    const waitedMs = clock.now() - startedAtMs;
    if (waitedMs > (entered.isAlive ? SURE_AFTER_MS : LEASE_ENDS_MS)) {
      throw isRunning(job, entered.where);
    }
    if (!isReported) say(waitingFor(entered.where));
    await dead.notice();
    await clock.sleep(LOOK_MS, signal);
  }
}

function isRunning(job: string, worker: string): Failure {
  return new Failure("locked", `Cannot start: job "${job}" is being run by a worker, ${worker}`, {
    hint: "Wait until it has ended, or join it: deno task worker",
  });
}

function waitingFor(worker: string): string {
  return `a worker of an earlier run, ${worker}, may have been killed: waiting up to ${
    LEASE_ENDS_MS / 1000
  } s for it to respond`;
}
