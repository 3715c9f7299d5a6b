// Runs backfills inside the test's process, for faults that require no separate process: the same wiring
// as `deno task backfill`, but a lost database is waited for briefly instead of for a minute.
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { RetryEntry } from "../../lib/checkpoint/retry_entry.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { RunResult } from "../../lib/run.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
import type { RunOptions } from "../../lib/cli/run_options.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { PASSWORD, rowsOf } from "./site.ts";
import { newRunId } from "../../lib/run.ts";

/** How long a lost database is waited for in tests. */
const RETRY_FOR_MS = 1500;

/** A job, a database and a checkpoint to run in. */
export interface Bench extends AsyncDisposable {
  readonly job: Job;
  readonly target: Target;
  readonly databaseUrl: string;
  readonly checkpoint: Checkpoint;
  /** Folder of the logs. */
  readonly logs: string;
  /** Runs the job over days, the last included. */
  run(from: string, to: string, options?: BenchRun): Promise<RunResult & { events: RunEvent[] }>;
  /** The windows to fetch again. */
  retryEntries(): Promise<RetryEntry[]>;
  rows(): Promise<Record<string, unknown[]>>;
}

/** How a run differs from the default. */
export interface BenchRun {
  readonly resume?: boolean;
  readonly noWait?: boolean;
  readonly signal?: AbortSignal;
  readonly params?: Record<string, unknown>;
  /** The time, in epoch milliseconds; the machine's unless given. */
  readonly nowMs?: number;
  readonly onEvent?: (event: RunEvent) => void;
}

/** Where a bench differs from the default. */
export interface BenchOptions {
  readonly url?: string;
  readonly env?: Record<string, string>;
  readonly retryForMs?: number;
  readonly logs?: string;
  /** File of the checkpoint, where another bench uses it too. */
  readonly kvPath?: string;
}

/** Opens a job on an empty database, a real server's unless a URL is given. */
export async function openBench(
  text: string,
  options: BenchOptions = {},
): Promise<Bench> {
  const dir = tempDir();
  const env = (name: string) => ({ METER_PASSWORD: PASSWORD, ...options.env })[name];
  const job = await readJob("job.yaml", { readText: () => text, env });
  const databaseUrl = options.url ?? await (await sharedPostgres()).createDatabase();
  const target = await openTarget(databaseUrl, { retryForMs: options.retryForMs ?? RETRY_FOR_MS });
  const kv = await openKv(options.kvPath ?? dir.file("checkpoints.db"));
  const lock = await target.lock(job.job, { run: "test", host: "test", pid: Deno.pid });
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const logs = options.logs ?? dir.file("logs");
  return {
    job,
    target,
    databaseUrl,
    checkpoint,
    logs,
    run: async (
      from,
      to,
      { resume = false, noWait = false, signal, params = {}, nowMs, onEvent } = {},
    ) => {
      const events: RunEvent[] = [];
      const result = await performRun({
        job,
        options: optionsFor(from, to, params),
        resume,
        noWait,
        target,
        checkpoint,
        logsFolder: logs,
        run: newRunId(Date.now()),
        show: (event) => {
          events.push(event);
          onEvent?.(event);
        },
        signal: signal ?? new AbortController().signal,
        wallNow: () => nowMs ?? Date.now(),
        env,
      });
      return { ...result, events };
    },
    retryEntries: () => checkpoint.retryEntries(),
    rows: () => rowsOf(target),
    async [Symbol.asyncDispose]() {
      await lock[Symbol.asyncDispose]();
      kv.close();
      await target[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function optionsFor(start: string, end: string, params: Record<string, unknown>): RunOptions {
  return { start, end, groups: [], only: [], with: [], without: [], params };
}
