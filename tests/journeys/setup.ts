// The test bundle of a journey: a sandbox on real HTTP, a target, a KV file and a logs folder, all removed
// at its end, with one clock for the sandbox and the runs. Runs receive command lines and take the
// route of `deno task backfill`, from flags to the written checkpoint, in this process.
import { readJob } from "../../lib/config/read_job.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { surveyOf, surveyStreams } from "../../lib/checkpoint/survey.ts";
import type { Survey } from "../../lib/checkpoint/survey.ts";
import { snapshot } from "../../lib/checkpoint/snapshot.ts";
import type { StreamSnapshot } from "../../lib/checkpoint/snapshot.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { Summary } from "../../lib/report/summary.ts";
import type { SandboxOptions } from "../../lib/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/server.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { readArguments } from "../../lib/cli/arguments.ts";
import { openStores, type Stores } from "../../lib/cli/open_job.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
import { type PlannedRun, planRun } from "../../lib/cli/resume.ts";
import { givenOptions, runFlags } from "../../lib/cli/run_options.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

/** What a journey starts from; all of it has defaults. */
export interface JourneyOptions {
  /** Defaults to PostgreSQL, which is faster to create. */
  readonly target?: Target["kind"];
  /** The time for sandbox and runs, ISO 8601. Defaults to noon of 2025-10-20. */
  readonly now?: string;
  /** Added to the sandbox's options; it has no limit unless they say so. */
  readonly sandbox?: SandboxOptions;
  /** A sandbox in another process, used instead of the one in this process. */
  readonly source?: Source;
  /** Changes the job, which has no limits of its own in journeys. */
  readonly job?: (job: Job) => Job;
}

/** The URL of the API and its credentials. */
export type Source = Pick<Sandbox, "url" | "username" | "password">;

/** A run of a journey. */
export interface Ran {
  readonly summary: Summary;
  readonly error: unknown;
  readonly events: readonly RunEvent[];
  /** Paths and queries, in the order of their responses. */
  readonly asked: readonly string[];
}

/** How one run differs from others, in addition to its command line. */
export interface RunCircumstances {
  /** Receives every event; may abort the run. */
  readonly listen?: (event: RunEvent, stop: AbortController) => void;
  /** Receives every request after its response; may abort the run. */
  readonly seen?: (path: string, stop: AbortController) => void;
}

/** An environment in which runs can be made. */
export interface Journey extends AsyncDisposable {
  job: Job;
  readonly folder: TempDir;
  readonly sandbox: Sandbox;
  /** The sandbox that runs use. */
  readonly source: Source;
  readonly stores: Stores;
  /** The time, in epoch milliseconds; tests may change it. */
  nowMs: number;
  /** Runs `backfill` with a command line. */
  backfill(argv: string, circumstances?: RunCircumstances): Promise<Ran>;
  /** What `backfill --check-status` with that command line would print as JSON. */
  survey(argv: string): Promise<Survey>;
  /** The checkpoint's state of a stream, with or without parameters. */
  knows(stream: string, params?: Record<string, unknown>): Promise<StreamSnapshot>;
  /** Closes target and checkpoint and opens them again, as another process would. */
  reopen(): Promise<void>;
}

/** Time that passes before a run, because no two runs start at once. */
const BETWEEN_RUNS_MS = 1000;

/** Opens a world around the racing job. */
export async function setup(options: JourneyOptions = {}): Promise<Journey> {
  const folder = tempDir();
  const world = { nowMs: Date.parse(options.now ?? "2025-10-20T12:00:00Z") };
  const watch: { seen: (path: string) => void } = { seen: () => {} };
  const sandbox = await startSandbox({
    limit: 0,
    now: () => world.nowMs,
    onRequest: ({ path }) => watch.seen(path),
    ...options.sandbox,
  });
  const source = options.source ?? sandbox;
  const job = unlimited(await racingJob(source));
  const settings = {
    databaseUrl: await databaseUrl(options.target ?? "postgres", folder),
    kvPath: folder.file("checkpoints.db"),
    logsFolder: folder.file("logs"),
  };
  let stores = await openStores(settings);
  const journey = {
    ...{ job: options.job?.(job) ?? job, folder, sandbox, source },
    get stores() {
      return stores;
    },
    get nowMs() {
      return world.nowMs;
    },
    set nowMs(ms: number) {
      world.nowMs = ms;
    },
    backfill: (argv: string, circumstances: RunCircumstances = {}) =>
      backfill(journey, watch, argv, circumstances),
    survey: (argv: string) => survey(journey, argv),
    knows: async (stream: string, params: Record<string, unknown> = {}) => {
      const checkpoint = await stores.checkpoint(journey.job);
      return (await snapshot(journey.job, checkpoint, [stream], params, undefined))[stream]!;
    },
    reopen: async () => {
      await stores[Symbol.asyncDispose]();
      stores = await openStores(settings);
    },
    [Symbol.asyncDispose]: async () => {
      await stores[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  return journey;
}

/** The racing job against a sandbox. */
export function racingJob(sandbox: Pick<Source, "url">): Promise<Job> {
  return readJob(`${REPOSITORY}config/racing.yaml`, {
    readText: (path) => Deno.readTextFileSync(path),
    env: (name) => name === "RACING_API_URL" ? sandbox.url : undefined,
  });
}

/** The job without its limits, for journeys in which the rate is not the subject. */
export function unlimited(job: Job): Job {
  const streams: Job["streams"] = {};
  for (const [name, stream] of Object.entries(job.streams)) {
    streams[name] = { ...stream, limits: [] };
  }
  return { ...job, source: { ...job.source, limits: [] }, streams };
}

async function databaseUrl(kind: Target["kind"], folder: TempDir): Promise<string> {
  if (kind === "pglite") return `pglite:${folder.file("db")}`;
  return await (await sharedPostgres()).createDatabase();
}

/** The options of a command line, as `backfill` reads them. */
async function read({ job, stores, nowMs }: Journey, argv: string): Promise<PlannedRun> {
  const args = readArguments(argv.split(" ").filter((arg) => arg !== ""), runFlags(job));
  const given = givenOptions(job, args, nowMs);
  const checkpoint = await stores.checkpoint(job);
  return await planRun({ job, checkpoint, given, resume: args.has("resume"), nowMs });
}

async function backfill(
  journey: Journey,
  watch: { seen: (path: string) => void },
  argv: string,
  { listen = () => {}, seen = () => {} }: RunCircumstances,
): Promise<Ran> {
  const { job, stores, source } = journey;
  journey.nowMs += BETWEEN_RUNS_MS;
  const holder = { run: argv, host: "journey", pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  const stop = new AbortController();
  const [asked, events]: [string[], RunEvent[]] = [[], []];
  watch.seen = (path) => {
    asked.push(path);
    seen(path, stop);
  };
  const result = await performRun({
    job,
    ...await read(journey, argv),
    target: stores.target,
    checkpoint: await stores.checkpoint(job),
    logsFolder: stores.settings.logsFolder,
    run: `run-${crypto.randomUUID().slice(0, 8)}`,
    show: (event) => {
      events.push(event);
      listen(event, stop);
    },
    signal: stop.signal,
    wallNow: () => journey.nowMs,
    env: credentials(source),
  });
  return { ...result, events, asked };
}

async function survey(journey: Journey, argv: string): Promise<Survey> {
  const { job, stores } = journey;
  const plan = await read(journey, argv);
  const source = {
    job,
    ...plan,
    params: plan.options.params,
    resume: true,
    checkpoint: await stores.checkpoint(job),
    target: stores.target,
    wallNow: () => journey.nowMs,
  };
  return surveyOf(job, await surveyStreams(source, plan.streams));
}

/** An environment with the credentials of the sandbox. */
export function credentials({ username, password }: Source): (name: string) => string | undefined {
  const values = new Map([
    ["RACING_API_USERNAME", username],
    ["RACING_API_PASSWORD", password],
  ]);
  return (name) => values.get(name);
}
