// A test environment for slices of updates: an HTTP API of two things a day, a real database and a real
// checkpoint. Slices are run as lib/cli/cron/service.ts runs them, with a clock that the test controls.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { snapshot, type StreamSnapshot } from "../../lib/checkpoint/snapshot.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { CronStateStore } from "../../lib/cron/state.ts";
import type { Phase } from "../../lib/cron/phases.ts";
import { type PhaseResult, tick, type TickInput } from "../../lib/cron/tick.ts";
import { formatDay, parseCivil } from "../../lib/plan/time/civil.ts";
import { selectStreams } from "../../lib/plan/stage.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { openStores, type Stores } from "../../lib/cli/open_job.ts";
import { type Performance, performRun } from "../../lib/cli/perform_run.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { type TickReport } from "../../lib/cron/state.ts";

/** Where slices can be done. */
export interface CronWorld {
  readonly job: Job;
  readonly stores: Stores;
  /** The time, in epoch milliseconds. */
  readonly nowMs: number;
  readonly env: (name: string) => string | undefined;
}

/** The world of things. */
export interface Tiny extends CronWorld, AsyncDisposable {
  /** The time, in epoch milliseconds; a test may advance it. */
  nowMs: number;
  /** Requested days, in order. */
  readonly asked: string[];
  /** Responds instead of the API, while it is set. */
  fault: ((query: URLSearchParams) => Response | undefined) | undefined;
  /** Fetches days, the last included, as `backfill` does. */
  fetchDays(first: string, last: string): Promise<void>;
  /** What the checkpoint knows of the things. */
  knows(): Promise<StreamSnapshot>;
}

const JOB = (url: string) =>
  `job: tiny
source: { url: "${url}", auth: { bearer: "\${TINY_TOKEN}" }, retry: { attempts: 1 } }
tables: { things: { key: id, columns: { id: text, day: date } } }
streams:
  things:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    settle: 3d
    rows: things
`;

/** Opens it at noon of 2025-10-20, with other windows or another `settle` where given. */
export async function openTiny(
  edit: (job: string) => string = (job) => job,
): Promise<Tiny> {
  const dir = tempDir();
  const asked: string[] = [];
  const server = serve((request) => {
    const query = new URL(request.url).searchParams;
    const day = query.get("day") ?? "";
    asked.push(day);
    return tiny.fault?.(query) ??
      Response.json(["a", "b"].map((id) => ({ id: `${day} ${id}`, day })));
  });
  const env = (name: string) => name === "TINY_TOKEN" ? "a secret token" : undefined;
  const job = await readJob("job.yaml", { readText: () => edit(JOB(server.url)), env });
  const stores = await openStores({
    databaseUrl: await (await sharedPostgres()).createDatabase(),
    kvPath: dir.file("checkpoints.db"),
    logsFolder: undefined,
  });
  const tiny: Tiny = {
    ...{ job, stores, env, asked },
    nowMs: Date.parse("2025-10-20T12:00:00Z"),
    fault: undefined,
    fetchDays: async (first, last) => {
      await using _lock = await stores.target.lock(job.job, HOLDER);
      const range = { from: parseCivil(first)!, to: parseCivil(last)! + 1440 };
      const checkpoint = await stores.checkpoint(job);
      await run(tiny, { checkpoint, streams: ["things"], range, ...UNTIL });
    },
    knows: async () =>
      (await snapshot(job, await stores.checkpoint(job), ["things"], {}, undefined)).things!,
    [Symbol.asyncDispose]: async () => {
      await stores[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
  return tiny;
}

/** A signal that never aborts. */
function never(): AbortSignal {
  return new AbortController().signal;
}

const UNTIL = { windDown: never(), signal: never() };
const NEVER_AT = { windDownAtMs: Infinity, overAtMs: Infinity };
const HOLDER = { run: "tick", host: "test", pid: Deno.pid };
const ALL = { groups: [], only: [], with: [], without: [] };

/** Runs streams over dates, resumed. */
function run(
  world: CronWorld,
  asked:
    & Pick<Performance, "checkpoint" | "streams" | "signal">
    & { range: Phase["range"] }
    & Partial<Performance>,
) {
  const [start, end] = [asked.range.from, asked.range.to - 1].map(formatDay);
  return performRun({
    ...{ job: world.job, resume: true, env: world.env },
    options: { ...ALL, start: start!, end: end!, params: {} },
    target: world.stores.target,
    logsFolder: undefined,
    run: crypto.randomUUID(),
    show: () => {},
    wallNow: () => world.nowMs,
    ...asked,
  });
}

/** The state that slices leave in a world. */
export function memoryOf({ stores, job }: CronWorld): CronStateStore {
  return new CronStateStore(stores.kv, job.job, stores.target.label);
}

/** A slice that was done. */
export interface Ticked {
  readonly report: TickReport;
  /** The phases begun. */
  readonly phases: string[];
}

/** What a test changes. */
export type TickChanges = Partial<Pick<TickInput, "signal" | "isContinued">> & {
  /** Aborts when the slice is over. */
  readonly over?: AbortSignal;
  /** Aborts when no further window is to be started. */
  readonly windDown?: AbortSignal;
  /** What each phase waited for. */
  readonly wait?: PhaseResult["wait"];
  /** Receives each phase that has ended. */
  readonly afterPhase?: (phase: Phase) => void;
};

/** Does one slice. */
export async function runTick(world: CronWorld, changes: TickChanges = {}): Promise<Ticked> {
  const { job, stores } = world;
  const phases: string[] = [];
  let checkpoint: Checkpoint | undefined;
  const opened = () => checkpoint ??= new Checkpoint(stores.kv, stores.target.id, job.job);
  const report = await tick({
    ...{ job, target: stores.target, memory: memoryOf(world), params: {} },
    holder: { ...HOLDER, run: crypto.randomUUID() },
    streams: selectStreams(job, ALL),
    checkpoint: opened,
    isContinued: changes.isContinued ?? true,
    perform: async (phase, slice) => {
      phases.push(`${phase.name} ${phase.streams.join(",")} ${formatWindow(phase.range)}`);
      const { streams, range } = phase;
      const checkpoint = opened();
      const result = await run(world, { checkpoint, streams, range, kind: "cron", ...slice });
      changes.afterPhase?.(phase);
      return { ...result, wait: changes.wait };
    },
    deadline: () => ({
      windDown: changes.windDown ?? never(),
      signal: changes.over ?? never(),
      ...NEVER_AT,
    }),
    wallNow: () => world.nowMs,
    signal: changes.signal ?? new AbortController().signal,
  });
  return { report, phases };
}
