// Prints the cost of opening a job whose ledger holds 365,000 windows: from nothing, as on another machine, and with
// an up-to-date checkpoint. CPU time of this process and the time on the clock.
//
//     deno run -A tests/bench/fold_bench.ts [--windows 365000]
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { openSql } from "../faults/sql.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

const TRACKS = 365;
const JOB = "bench";

/** Runs the benchmark and prints a line for each opening. */
export async function foldBench(windows: number): Promise<void> {
  await using server = await startPostgres();
  await using target = await openTarget(await server.createDatabase());
  await target.prepare({});
  await using sql = openSql(target.label);
  await sql.run(
    `INSERT INTO hindcast_windows (job, stream, scope, each, "from", "to", records, rows, settled,
    rejected, fetched_at, pages, response_ms)
    SELECT '${JOB}', 'readings', '', 'id=' || track, (date '2020-01-01' + day)::text,
      (date '2020-01-02' + day)::text, 20, 20, true, 0, now(), 1, 100
    FROM generate_series(1, ${TRACKS}) AS track, generate_series(1, ${
      Math.ceil(windows / TRACKS)
    }) AS day`,
  );
  await sql.run("ANALYZE hindcast_windows");
  using folder = tempDir();
  using kv = await openKv(folder.file("kv.db"));
  for (const name of ["from zero", "current"]) {
    const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
    await catchUp({ job: JOB, checkpoint: new Checkpoint(kv, target.id, JOB), target }, {
      isStored: true,
    });
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      `${name.padEnd(10)} ${windows} windows   ${((user + system) / 1e6).toFixed(2)} s of CPU   ` +
        `${((performance.now() - startedAt) / 1000).toFixed(2)} s`,
    );
  }
}

if (import.meta.main) {
  const { windows } = parseArgs(Deno.args, { string: ["windows"], default: { windows: "365000" } });
  await foldBench(Number(windows));
  Deno.exit(0);
}
