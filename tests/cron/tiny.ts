// Owns a small world for slices of updates: an HTTP API of two things a day, a real database and a real
// checkpoint. Slices go the way of lib/cli/cron_service.ts, with a clock of the test's.
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { snapshot, type StreamSnapshot } from "../../lib/checkpoint/snapshot.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { CronStateStore } from "../../lib/cron/state.ts";
import type { Phase } from "../../lib/cron/phases.ts";
import { type Deadline, tick, type TickInput } from "../../lib/cron/tick.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { selectStreams } from "../../lib/plan/stage.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { openStores, type Stores } from "../../lib/cli/open_job.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
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
  /** Days asked for, as they were asked. */
  readonly asked: string[];
  /** What the API answers instead, while it is set. */
  fault: (() => Response) | undefined;
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

/** Opens it at noon of 2025-10-20. */
export async function openTiny(): Promise<Tiny> {
  const dir = tempDir();
  const asked: string[] = [];
  const server = serve((request) => {
    const day = new URL(request.url).searchParams.get("day") ?? "";
    asked.push(day);
    return tiny.fault?.() ?? Response.json(["a", "b"].map((id) => ({ id: `${day} ${id}`, day })));
  });
  const env = (name: string) => name === "TINY_TOKEN" ? "a secret token" : undefined;
  const job = await readJob("job.yaml", { readText: () => JOB(server.url), env });
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
      await run(tiny, stores.checkpoint(job), ["things"], range, UNTIL);
    },
    knows: async () =>
      (await snapshot(job, stores.checkpoint(job), ["things"], {}, undefined)).things!,
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

const UNTIL: Deadline = { windDown: never(), signal: never() };
const HOLDER = { run: "tick", host: "test", pid: Deno.pid };
const ALL = { groups: [], only: [], with: [], without: [] };

/** Runs streams over dates, resumed. */
function run(
  world: CronWorld,
  checkpoint: Checkpoint,
  streams: readonly string[],
  range: Phase["range"],
  until: Deadline,
) {
  return performRun({
    ...{ job: world.job, streams, range, resume: true, checkpoint, env: world.env, ...until },
    options: { ...ALL, start: "2025-10-01", end: "2025-10-20", params: {} },
    target: world.stores.target,
    logsFolder: undefined,
    run: crypto.randomUUID(),
    show: () => {},
    wallNow: () => world.nowMs,
  });
}

/** What slices remember in a world. */
export function memoryOf({ stores, job }: CronWorld): CronStateStore {
  return new CronStateStore(stores.kv, job.job, stores.target.label);
}

/** A slice that was done. */
export interface Ticked {
  readonly report: TickReport;
  /** The phases begun. */
  readonly phases: string[];
}

/** What a test wants otherwise. */
export type TickChanges = Partial<Pick<TickInput, "signal" | "goesOn">> & {
  /** A signal that aborts when a slice of so many budgets is over. */
  readonly budget?: (budgets: number) => AbortSignal;
  /** Aborts when no window is to be begun any more. */
  readonly windDown?: AbortSignal;
  /** Told of each phase that came to its end. */
  readonly afterPhase?: (phase: Phase) => void;
};

/** Does one slice. */
export async function runTick(world: CronWorld, changes: TickChanges = {}): Promise<Ticked> {
  const { job, stores } = world;
  const phases: string[] = [];
  let checkpoint: Checkpoint | undefined;
  const opened = () => checkpoint ??= stores.checkpoint(job);
  const report = await tick({
    ...{ job, target: stores.target, memory: memoryOf(world), holder: HOLDER, params: {} },
    streams: selectStreams(job, ALL),
    checkpoint: opened,
    goesOn: changes.goesOn ?? true,
    perform: async (phase, until) => {
      phases.push(`${phase.name} ${phase.streams.join(",")} ${formatWindow(phase.range)}`);
      const result = await run(world, opened(), phase.streams, phase.range, until);
      changes.afterPhase?.(phase);
      return result;
    },
    budget: (budgets) => ({
      windDown: changes.windDown ?? never(),
      signal: changes.budget?.(budgets) ?? never(),
    }),
    wallNow: () => world.nowMs,
    signal: changes.signal ?? new AbortController().signal,
  });
  return { report, phases };
}
