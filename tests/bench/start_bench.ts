// Prints how long commands take to start on a large checkpoint: ten streams, a hundred years of daily
// windows, PostgreSQL. `status` from start to end, and the first request of a resumed run; both over an
// empty program, as `deno task` starts them.
//
//     deno run -A tests/bench/start_bench.ts [--runs 9]
import { parseArgs } from "@std/cli/parse-args";
import { stringify } from "yaml";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { median } from "./racing_run.ts";

const STREAMS = 10;
const DAYS = 36_524;
const FIRST = "1925-01-01";
/** The first day that is not done; each resumed run requests one more. */
const NEXT = parseCivil("2024-12-31")!;

/** Runs the benchmark and prints its times. */
export async function startBench({ runs }: { runs: number }): Promise<void> {
  await using server = await startPostgres();
  using folder = tempDir();
  const asked = { at: 0 };
  const api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    if (asked.at === 0) asked.at = performance.now();
    return Response.json([]);
  });
  const file = folder.file("job.yaml");
  await Deno.writeTextFile(file, jobText(`http://127.0.0.1:${api.addr.port}`));
  const env = {
    DATABASE_URL: server.url,
    BACKFILL_KV: folder.file("kv.db"),
    BACKFILL_LOGS: folder.file("logs"),
  };
  await fill(file, server.url, env.BACKFILL_KV);
  const empty = folder.file("empty.ts");
  await Deno.writeTextFile(empty, "");
  const [nothing, status, first]: [number[], number[], number[]] = [[], [], []];
  // The first round fills Deno's caches.
  for (let round = 0; round <= runs; round++) {
    const times = [await time(["run", empty], env)];
    times.push(await time(["task", "--quiet", "status", `--config=${file}`], env));
    asked.at = 0;
    const startedAt = performance.now();
    const last = `--end-date=${formatDay(NEXT + round * MINUTES_PER_DAY)}`;
    await time(["task", "--quiet", "backfill", "--resume", `--config=${file}`, last], env);
    times.push(asked.at - startedAt);
    if (round > 0) [nothing, status, first].forEach((list, at) => list.push(times[at]!));
  }
  await api.shutdown();
  const over = (list: number[]) => Math.round(median(list.map((ms, at) => ms - nothing[at]!)));
  console.log(`empty deno run               ${Math.round(median(nothing))} ms`);
  console.log(`status                       ${over(status)} ms over it`);
  console.log(`first request, --resume      ${over(first)} ms over it`);
}

async function time(args: string[], env: Record<string, string>): Promise<number> {
  const startedAt = performance.now();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    ...{ args, env, cwd: REPOSITORY },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return performance.now() - startedAt;
}

function jobText(url: string): string {
  const stream = (index: number) => ({
    start: FIRST,
    window: "day",
    request: { path: `/v1/${index}`, query: { date: "{from}" } },
    rows: "readings",
  });
  return stringify({
    job: "start",
    source: url,
    tables: { readings: { key: "id", columns: { id: "text", value: "numeric" } } },
    streams: Object.fromEntries(
      Array.from({ length: STREAMS }, (_, index) => [`stream_${index}`, stream(index)]),
    ),
  });
}

/** Writes a checkpoint in which all days but the last are done, each seventh of them empty. */
async function fill(file: string, databaseUrl: string, kvPath: string): Promise<void> {
  const job = await readJob(file, { readText: Deno.readTextFile, env: () => undefined });
  await using target = await openTarget(databaseUrl);
  await target.prepare(job.tables);
  const kv = await openKv(kvPath);
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  for (const stream of Object.keys(job.streams)) {
    const windows = Array.from({ length: DAYS }, (_, day) => {
      const from = parseCivil(FIRST)! + day * MINUTES_PER_DAY;
      const window = { from, to: from + MINUTES_PER_DAY };
      const parts = [{ ...window, empty: day % 7 === 0, settled: true }];
      return {
        stream,
        scope: "",
        each: "",
        window,
        parts,
        rejected: [],
        rejectedCount: 0,
        requestedAt: 0,
      };
    });
    await checkpoint.done(windows, Date.now());
  }
  kv.close();
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["runs"], default: { runs: "9" } });
  await startBench({ runs: Number(flags.runs) });
}
