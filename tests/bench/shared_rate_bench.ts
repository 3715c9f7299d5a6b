// Prints which share of a limit whole processes use together, against strict servers of each kind with 8 ms of
// jitter, and how many requests are refused: `backfill --workers N`, each worker a process of its own, from when all
// of them send. With --alone also one process; with --kill one worker is killed, and what its share then loses.
//
//     deno run -A tests/bench/shared_rate_bench.ts [--seconds 60] [--cells 50/s:8,5/s:4,2/s:2]
//         [--kinds bucket,bucket of one,windows,log] [--alone] [--kill] [--pooled]
import { parseArgs } from "@std/cli/parse-args";
import { delay } from "@std/async/delay";
import { parseRate, type Rate } from "../../lib/plan/time/rate.ts";
import { type ServerKind, serverKinds } from "../fetch/rate/strict_world.ts";
import { openSite, type Site } from "../faults/site.ts";
import { processes } from "../faults/processes.ts";
import { openSql } from "../faults/sql.ts";
import { startPooler } from "../support/pgbouncer.ts";
import { startPostgres } from "../support/postgres_server.ts";
import type { Arrival } from "./strict_server.ts";

const JITTER_MS = 8;
const LATENCY_MS = 50;
/** What begins a run is not counted: processes that start, and what the first refusals teach. */
const SETTLES_MS = 15_000;
/** How long the requests after a kill are counted. */
const AFTER_KILL_MS = 20_000;

interface Cell {
  readonly limit: string;
  readonly workers: number;
  readonly kind: ServerKind;
}

/** A strict server in a thread of its own. */
class Server implements Disposable {
  readonly #worker = new Worker(new URL("./strict_server.ts", import.meta.url), { type: "module" });
  port = 0;

  async start(): Promise<this> {
    this.port = await this.#message() as number;
    return this;
  }

  /** What has arrived since the last call. */
  async arrivals(): Promise<Arrival[]> {
    const message = this.#message();
    this.#worker.postMessage(undefined);
    return await message as Arrival[];
  }

  #message(): Promise<unknown> {
    return new Promise((resolve) => this.#worker.onmessage = ({ data }) => resolve(data));
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

function jobOf(port: number, { limit, kind }: Cell): string {
  const { requests, intervalMs } = parseRate(limit);
  const path = ["1", encodeURIComponent(kind), requests, intervalMs, JITTER_MS, LATENCY_MS];
  return `job: shared
source: { url: "http://127.0.0.1:${port}/${path.join("/")}", limits: [${limit}], concurrency: 8 }
tables: { days: { key: id, columns: { id: text } } }
streams: { days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: days } }
`;
}

/** Resolves when so many processes want a share of the limit: all send, or wait for their turn. */
async function allSend(site: Site, workers: number): Promise<void> {
  await using sql = openSql(site.databaseUrl);
  const query = "SELECT max(jsonb_array_length(shares))::int AS count FROM hindcast_limits";
  for (;;) {
    const [row] = await sql.run(query).catch(() => []);
    if (row?.count === workers) return;
    await delay(100);
  }
}

async function killOne(site: Site): Promise<void> {
  const found = (await processes()).find(({ command }) =>
    command.includes(site.file("job.yaml")) && /tasks\/worker\.ts/.test(command) &&
    !command.includes("launch.ts")
  );
  Deno.kill(found!.pid, "SIGKILL");
}

interface Measured {
  readonly starting: readonly Arrival[];
  readonly steady: readonly Arrival[];
  readonly killed: readonly Arrival[];
  readonly killedAtMs: number;
}

/** Runs a cell for so many seconds, then stops it. */
async function measure(
  cell: Cell,
  seconds: number,
  { isKilled, databaseUrl }: { isKilled: boolean; databaseUrl: string },
): Promise<Measured> {
  using server = await new Server().start();
  await using site = await openSite(jobOf(server.port, cell), { database: { url: databaseUrl } });
  const range = ["--start-date", "1900-01-01", "--end-date", "2019-12-31"];
  const timeoutMs = 600_000;
  await using run = site.spawn("backfill", [...range, "--workers", `${cell.workers}`], {
    timeoutMs,
  });
  await Promise.race([
    allSend(site, cell.workers),
    run.result.then(({ stderr }) => Promise.reject(stderr)),
  ]);
  await delay(SETTLES_MS);
  const starting = await server.arrivals();
  await delay(1_000 * seconds);
  const steady = await server.arrivals();
  const killedAtMs = Date.now();
  if (isKilled) {
    await killOne(site);
    await delay(AFTER_KILL_MS);
  }
  const killed = await server.arrivals();
  run.kill("SIGINT");
  await run.result;
  return { starting, steady, killed, killedAtMs };
}

/** The share of the limit that was accepted from the first to the last arrival. */
function used(arrivals: readonly Arrival[], rate: Rate): number {
  const accepted = arrivals.filter(([, isAccepted]) => isAccepted).map(([at]) => at);
  accepted.sort((a, b) => a - b);
  const ms = accepted.at(-1)! - accepted[0]!;
  return (accepted.length - 1) * rate.intervalMs / rate.requests / ms;
}

const refused = (arrivals: readonly Arrival[]) =>
  arrivals.filter(([, isAccepted]) => !isAccepted).length;

function print(cell: Cell, { starting, steady }: Measured): void {
  const { limit, workers, kind } = cell;
  console.log([
    `${workers} of ${limit}`.padEnd(10),
    kind.padEnd(14),
    `${(100 * used(steady, parseRate(limit))).toFixed(2)} %`,
    `${steady.length} requests`,
    `429s ${refused(starting)} at the start and ${refused(steady)} later`,
  ].join("   "));
}

function printKill({ limit, workers }: Cell, { killed, killedAtMs }: Measured): void {
  const { requests, intervalMs } = parseRate(limit);
  const after = killed.filter(([at]) => at >= killedAtMs);
  const lost = (from: number, to: number) => {
    const count = after.filter(([at]) => at >= killedAtMs + from && at < killedAtMs + to).length;
    return (to - from) / intervalMs * requests - count;
  };
  const share = requests / intervalMs / workers;
  console.log(
    `   one killed: ${
      lost(0, AFTER_KILL_MS).toFixed(0)
    } requests of the limit unused, the share of one for ` +
      `${(lost(0, AFTER_KILL_MS) / share / 1000).toFixed(1)} s; by second ` +
      Array.from({ length: 12 }, (_, at) => lost(1000 * at, 1000 * at + 1000).toFixed(0)).join(" "),
  );
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["seconds", "cells", "kinds"],
    boolean: ["alone", "kill", "pooled"],
    default: { seconds: "60", cells: "50/s:8,5/s:4,2/s:2", kinds: serverKinds.join(",") },
  });
  await using postgres = await startPostgres();
  for (const text of flags.cells.split(",")) {
    const [limit, count] = text.split(":") as [string, string];
    for (const kind of flags.kinds.split(",") as ServerKind[]) {
      for (const workers of flags.alone ? [1, Number(count)] : [Number(count)]) {
        const cell = { limit, workers, kind };
        const isKilled = flags.kill && workers > 1;
        const url = await postgres.createDatabase();
        await using pooler = flags.pooled ? await startPooler(url) : undefined;
        const databaseUrl = pooler?.url ?? url;
        const measured = await measure(cell, Number(flags.seconds), { isKilled, databaseUrl });
        print(cell, measured);
        if (isKilled) printKill(cell, measured);
      }
    }
  }
  Deno.exit(0);
}
