// Owns a console that is served over a history of its own: a job of weather stations whose ledger is written by
// SQL, a checkpoint restored from it, and the page on a free port. No API is requested.
import { readJob } from "../../lib/config/read_job.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { type ConsoleOptions, openConsole } from "../../lib/console/console.ts";
import type { ConsoleStores } from "../../lib/console/state/reading.ts";
import { LiveRun } from "../../lib/console/state/live_run.ts";
import { openStores, type Stores } from "../../lib/cli/open_job.ts";
import { recordRun } from "../../lib/upsert/history.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

/** The time at which the page is looked at. */
export const NOW_MS = Date.parse("2025-10-20T12:00:00Z");

/** A stream's history: its days, and SQL of a day `d` that is null where the day is missing. */
export interface History {
  readonly first: string;
  readonly last: string;
  /** Records of the day `d`. */
  readonly records: string;
}

/** A served console. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly job: Job;
  readonly stores: Stores;
  readonly live: LiveRun;
  /**
   * Moves the clock of the page by a minute, between two readings: everything is due to be read again. No time passes
   * otherwise, so what the page keeps does not depend on how fast this machine is.
   */
  readonly tick: () => Promise<void>;
}

/** The job: `streams` are names of streams that have days. */
export function stationsJob(streams: readonly string[], more = ""): string {
  const declared = streams.map((name) =>
    `  ${name}: { request: { path: /${name}, query: { day: "{from}" } }, window: day, rows: readings, settle: 3d }`
  );
  return `job: weather
start: 2020-01-01
source: { url: "http://127.0.0.1:9", limits: [2/s, { limit: 5000/d, resets: "00:00", time_zone: UTC }] }
tables:
  stations: { key: id, columns: { id: text } }
  readings: { key: id, columns: { id: text, day: date } }
streams:
  stations: { group: masters, request: /stations, rows: stations }
${declared.join("\n")}
${more}`;
}

/** Serves the console of a job over histories by stream. */
export async function serveHistory(
  text: string,
  histories: Readonly<Record<string, History>>,
  options: Partial<ConsoleOptions> = {},
): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(tempDir());
  await Deno.writeTextFile(dir.file("job.yaml"), text);
  const job = await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => "x" });
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  const settings = { databaseUrl, kvPath: dir.file("kv.db"), logsFolder: undefined };
  const stores = opened.use(await openStores(settings));
  await seed(job, stores, histories);
  // Pictures of the page must not change with the port and the name of the database.
  const { target } = stores;
  const shown: ConsoleStores["target"] = {
    label: "postgres://me@localhost/weather",
    query: (...query) => target.query(...query),
    stream: (...query) => target.stream(...query),
    countRows: (tables) => target.countRows(tables),
  };
  const live = new LiveRun(job);
  let nowMs = NOW_MS;
  const open = new Set<Promise<unknown>>();
  const stop = new AbortController();
  opened.defer(() => stop.abort());
  const page = openConsole({
    ...{
      job,
      live,
      wallNow: () => nowMs,
      signal: stop.signal,
      retry: undefined,
    },
    withStores: async (action) => {
      const reading = stores.checkpoint(job).then((checkpoint) =>
        action({ target: shown, checkpoint })
      );
      open.add(reading);
      try {
        return await reading;
      } finally {
        open.delete(reading);
      }
    },
    access: { hostname: "127.0.0.1", password: undefined },
    command: (text) => text.replaceAll("deno task", "hindcast"),
    mask: (text) => text,
    ...options,
  });
  const server = opened.use(serve(page.answer));
  const kept = opened.move();
  return {
    url: `${server.url}/`,
    job,
    stores,
    live,
    async tick() {
      do {
        await Promise.allSettled(open);
        await new Promise<void>((resolve) => setTimeout(resolve));
      } while (open.size > 0);
      nowMs += 60_000;
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

/** Writes the ledger and a run, and restores the checkpoint from them. */
async function seed(
  job: Job,
  stores: Stores,
  histories: Readonly<Record<string, History>>,
): Promise<void> {
  const counts = Object.keys(histories).length > 1 ? { vanished: 17 } : {};
  const { target } = stores;
  await using _lock = await target.lock(job.job, { run: "seed", host: "test", pid: 1 });
  await target.prepare(job.tables);
  for (const [stream, { first, last, records }] of Object.entries(histories)) {
    await target.query(
      `INSERT INTO hindcast_windows (job, stream, scope, each, "from", "to", records, rows, settled,
        rejected, fetched_at, pages, response_ms)
      SELECT $1, $2, '', '', d::text, (d + 1)::text, n, 3 * n, d < date '2025-10-17', 0,
        timestamptz '2025-10-20 11:00Z' - (current_date - d) * interval '1 ms', 1, 120
      FROM (SELECT d::date AS d, (${records})::bigint AS n
        FROM generate_series($3::date, $4::date, interval '1 day') AS s(d)) AS days
      WHERE n IS NOT NULL`,
      { parameters: [job.job, stream, first, last] },
    );
  }
  const all = Object.values(histories);
  if (all.length > 1) await fill(target);
  await recordRun(target, job.job, {
    run: "20251020T103000Z-5eed",
    startedAt: "2025-10-20T10:30:00.000Z",
    endedAt: "2025-10-20T11:00:00.000Z",
    options: {
      ...{ groups: [], only: [], with: [], without: [], params: {} },
      start: all.map(({ first }) => first).sort()[0],
      end: all.map(({ last }) => last).sort().at(-1),
    },
    summary: {
      ...emptySummary("20251020T103000Z-5eed"),
      ...{
        requests: 4021,
        seconds: 2011.4,
        windows: { planned: 4018, done: 4018, failed: 0, skipped: 0 },
      },
      rows: { readings: { inserted: 812_044, updated: 12, unchanged: 0, ...counts } },
    },
  });
  await stores.checkpoint(job, true);
}

/** Rows in the tables, and stations that were fetched. */
async function fill(target: Stores["target"]): Promise<void> {
  const number = (n: number) => `SELECT n::text FROM generate_series(1, ${n}) AS s(n)`;
  await target.query(`INSERT INTO stations (id) ${number(412)}`);
  await target.query(`INSERT INTO readings (id) ${number(24_310)}`);
  await target.query(
    `INSERT INTO hindcast_windows (job, stream, scope, each, "from", "to", records, rows, settled,
      rejected, fetched_at, pages, response_ms)
    VALUES ('weather', 'stations', '', '', '', '', 412, 412, true, 0, '2025-10-20 10:31Z', 1, 90)`,
  );
}
