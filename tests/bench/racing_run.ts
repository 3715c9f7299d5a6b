// Runs the racing job as `backfill` does, in this process, and measures it: when requests left, how late
// the event loop was, what was written. Used by the benchmarks of whole runs.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { source as sourceSchema } from "../../lib/config/schema/source_schema.ts";
import { formatRate, type Rate } from "../../lib/plan/time/rate.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { Summary } from "../../lib/report/summary.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
import { credentials, racingJob } from "../journeys/setup.ts";

/** What is run. */
export interface RacingRun {
  /** The server. */
  readonly url: string;
  readonly databaseUrl: string;
  /** File of the checkpoint. */
  readonly kvPath: string;
  /** First and last day. */
  readonly start: string;
  readonly end: string;
  /** Streams; racecards and results by default. */
  readonly streams?: readonly string[];
  /** Limits of the API; streams have none of their own. */
  readonly limits?: Rate[];
  /** Folder of an archive; none unless given. */
  readonly archive?: string | undefined;
  /** Whether responses come from that archive. */
  readonly fromArchive?: boolean;
  /** Puts something between the run and its target. */
  readonly wrap?: (target: Target) => Target;
}

/** What was measured. */
export interface Ran {
  readonly summary: Summary;
  readonly seconds: number;
  /** When each request left, in monotonic milliseconds, by stream. */
  readonly sentAt: Readonly<Record<string, number[]>>;
  /** How late timers of the event loop were, in milliseconds, ascending. */
  readonly lateMs: Float64Array;
  /** The same without what the kernel gave to other programs meanwhile; where it does not tell, the same. */
  readonly ownLateMs: Float64Array;
}

const PROBE_MS = 5;

/** Runs the job once. */
export async function racingRun(run: RacingRun): Promise<Ran> {
  const { limits = [], streams = ["racecards", "results"] } = run;
  const job = limited(await racingJob(run), limits);
  await using opened = await openTarget(run.databaseUrl);
  const target = run.wrap?.(opened) ?? opened;
  await using _lock = await opened.lock(job.job, { run: "bench", host: "bench", pid: Deno.pid });
  const kv = await openKv(run.kvPath);
  const sentAt: Record<string, number[]> = {};
  const show = (event: RunEvent) => {
    if (event.kind !== "request" || event.event.kind !== "requested") return;
    (sentAt[event.event.stream] ??= []).push(performance.now());
  };
  const probe = startProbe();
  const startedAt = performance.now();
  try {
    const { summary, error } = await performRun({
      ...{ job, target, show, archive: run.archive, fromArchive: run.fromArchive },
      options: {
        ...{ start: run.start, end: run.end, only: streams },
        ...{ groups: [], with: [], without: [], params: {} },
      },
      resume: false,
      checkpoint: new Checkpoint(kv, opened.id, job.job),
      logsFolder: undefined,
      run: "bench",
      signal: new AbortController().signal,
      env: credentials({ url: run.url, username: "sandbox", password: "sandbox-password-1" }),
    });
    if (error !== undefined) throw error;
    const seconds = (performance.now() - startedAt) / 1000;
    return { summary, seconds, sentAt, ...probe.stop() };
  } finally {
    probe.stop();
    kv.close();
  }
}

/** The job with other limits, and the requests in flight that its schema would derive from them. */
function limited(job: Job, limits: Rate[]): Job {
  const streams: Job["streams"] = {};
  for (const [name, stream] of Object.entries(job.streams)) {
    streams[name] = { ...stream, limits: [] };
  }
  const concurrency = sourceSchema.parse({ url: job.source.url, limits: limits.map(formatRate) })
    .concurrency;
  return { ...job, source: { ...job.source, limits, concurrency }, streams };
}

/** Starts a timer repeatedly and records how late each one is. */
function startProbe(): { stop(): Pick<Ran, "lateMs" | "ownLateMs"> } {
  const [lateMs, ownLateMs]: [number[], number[]] = [[], []];
  let timer: ReturnType<typeof setTimeout>;
  const next = () => {
    const [askedAt, heldUp] = [performance.now(), heldUpMs()];
    timer = setTimeout(() => {
      const late = performance.now() - askedAt - PROBE_MS;
      lateMs.push(late);
      ownLateMs.push(Math.max(0, late - (heldUpMs() - heldUp)));
      next();
    }, PROBE_MS);
  };
  next();
  return {
    stop() {
      clearTimeout(timer);
      return {
        lateMs: Float64Array.from(lateMs).sort(),
        ownLateMs: Float64Array.from(ownLateMs).sort(),
      };
    },
  };
}

/** Milliseconds for which the main thread was runnable and no core was free, as Linux counts them. */
function heldUpMs(): number {
  if (Deno.build.os !== "linux") return 0;
  return Number(Deno.readTextFileSync("/proc/self/schedstat").split(" ")[1]) / 1e6;
}

/** The value below which a share of sorted values lies. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle of values. */
export function median(values: readonly number[]): number {
  return quantile(values.toSorted((a, b) => a - b), 0.5);
}
