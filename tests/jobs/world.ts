// The test bundle of a job: a job file or a job's text with its own environment, a real target and
// a KV file, all removed at the end. Runs receive command lines and take the route of
// `deno task backfill`, from flags to the written checkpoint, in this process. It reaches the API
// of a job only through its URL, which tests point to their own server.
import { readJob } from "../../lib/config/read_job.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { snapshot } from "../../lib/checkpoint/snapshot.ts";
import type { StreamSnapshot } from "../../lib/checkpoint/snapshot.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { RunResult } from "../../lib/run.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { readArguments } from "../../lib/cli/arguments.ts";
import { openStores, type Stores } from "../../lib/cli/open_job.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
import { planRun } from "../../lib/cli/resume.ts";
import { givenOptions, runFlags } from "../../lib/cli/run_options.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

/** The settings of a world. */
export interface WorldOptions {
  /** A job file in config/, such as `earthquakes.yaml`, or a job's text, which begins with `job:`. */
  readonly job: string;
  /** Variables: the URL of the source, credentials. */
  readonly env?: Readonly<Record<string, string>>;
  /** Defaults to PostgreSQL. */
  readonly target?: Target["kind"];
  /** The time of runs, ISO 8601. Defaults to noon of 2025-10-20. */
  readonly now?: string;
  /** Folder of an archive; none unless given. */
  readonly archive?: string;
  /** Changes the job, to have shorter pages or windows than a real source needs. */
  readonly change?: (job: Job) => Job;
}

/** A run, with its events. */
export interface Ran extends RunResult {
  readonly events: readonly RunEvent[];
}

/** A world in which a job can be run. */
export interface World extends AsyncDisposable {
  /** The job; a test may assign another to change it between two runs. */
  job: Job;
  readonly stores: Stores;
  /** Folder of the archive; undefined for none. */
  archive: string | undefined;
  /** The time, in epoch milliseconds; tests may change it. */
  nowMs: number;
  /** Runs `backfill` with a command line. */
  backfill(argv: string): Promise<Ran>;
  /** The rows of a query, as objects. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** The checkpoint's state of a stream with the default parameters. */
  knows(stream: string): Promise<StreamSnapshot>;
}

/** Waits between attempts, in milliseconds: tests do not wait for an API. */
const RETRY_BASE_MS = 1;

/** Opens a world around a job without the job's limits, which other tests cover. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const folder = tempDir();
  const env = (name: string) => options.env?.[name];
  const read = hurried(await readWorldJob(options.job, env));
  const job = options.change?.(read) ?? read;
  const stores = await openStores({
    databaseUrl: await databaseUrl(options.target ?? "postgres", folder),
    kvPath: folder.file("checkpoints.db"),
    logsFolder: folder.file("logs"),
  });
  const world: World = {
    job,
    stores,
    archive: options.archive,
    nowMs: Date.parse(options.now ?? "2025-10-20T12:00:00Z"),
    backfill: (argv) => backfill(world, argv, env),
    query: (sql) => query(stores.target, sql),
    knows: async (stream) => {
      const params = Object.fromEntries(
        Object.entries(job.params).flatMap(([name, { default: value }]) =>
          value === undefined ? [] : [[name, value]]
        ),
      );
      const view = await snapshot(job, await stores.checkpoint(job), [stream], params, undefined);
      return view[stream]!;
    },
    [Symbol.asyncDispose]: async () => {
      await stores[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  return world;
}

function readWorldJob(
  job: string,
  env: (name: string) => string | undefined,
): Promise<Job> {
  const isText = /^((#.*)?\n)*job:/.test(job);
  const file = isText ? "job.yaml" : `${REPOSITORY}config/${job}`;
  return readJob(file, {
    readText: (path) => isText ? job : Deno.readTextFileSync(path),
    env,
  });
}

function hurried(job: Job): Job {
  const limits: Job["source"]["limits"] = [];
  const streams = Object.entries(job.streams).map((
    [name, stream],
  ) => [name, { ...stream, limits }]);
  const retry = { ...job.source.retry, initial_wait: RETRY_BASE_MS };
  return {
    ...job,
    source: { ...job.source, limits, retry },
    streams: Object.fromEntries(streams),
  };
}

async function databaseUrl(kind: Target["kind"], folder: TempDir): Promise<string> {
  if (kind === "pglite") return `pglite:${folder.file("db")}`;
  return await (await sharedPostgres()).createDatabase();
}

/** Runs begin at the same time of the world's clock: their ids are in their order. */
let runs = 0;

async function backfill(
  { job, stores, nowMs, archive }: World,
  argv: string,
  env: (name: string) => string | undefined,
): Promise<Ran> {
  const holder = { run: argv, host: "world", pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  const checkpoint = await stores.checkpoint(job, true);
  const args = readArguments(argv.split(" ").filter((arg) => arg !== ""), runFlags(job));
  const given = givenOptions(job, args, nowMs);
  const resume = args.has("resume");
  const plan = await planRun({ job, checkpoint, given, resume, nowMs });
  const events: RunEvent[] = [];
  const result = await performRun({
    job,
    ...plan,
    target: stores.target,
    checkpoint,
    archive,
    fromArchive: args.has("from-archive"),
    fromStart: args.has("from-start"),
    logsFolder: stores.settings.logsFolder,
    run: `run-${String(++runs).padStart(6, "0")}`,
    show: (event) => events.push(event),
    signal: new AbortController().signal,
    wallNow: () => nowMs,
    env,
  });
  return { ...result, events };
}

async function query(target: Target, sql: string): Promise<Record<string, unknown>[]> {
  const { columns, rows } = await target.query(sql);
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
}
