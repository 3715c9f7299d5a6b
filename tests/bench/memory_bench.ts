// Prints the most memory that `backfill` takes over ranges of different length, into PostgreSQL: the
// process that does the work, with the flags that `deno task` gives it.
//
//     deno run -A tests/bench/memory_bench.ts [--days 100,400]
import { parseArgs } from "@std/cli/parse-args";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { flagsOf, MEMORY_SETTINGS } from "../../tasks/launch.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { startPageServer } from "./page_server.ts";

const FIRST = parseCivil("2014-01-01")!;
const LOOK_MS = 50;

/** Runs the benchmark and prints a line a range. */
export async function memoryBench({ days }: { days: readonly number[] }): Promise<void> {
  await using server = await startPostgres();
  await using pages = await startPageServer();
  using folder = tempDir();
  const job = folder.file("job.yaml");
  const text = await Deno.readTextFile(`${REPOSITORY}config/racing.yaml`);
  await Deno.writeTextFile(job, text.replaceAll(/^ +limits: .*$/gm, ""));
  let first: number | undefined;
  for (const count of days) {
    const env = {
      ...{ RACING_API_URL: pages.url, RACING_API_USERNAME: "sandbox" },
      ...{ RACING_API_PASSWORD: "sandbox-password-1", DATABASE_URL: await server.createDatabase() },
      ...{ BACKFILL_KV: folder.file(`kv-${count}.db`), BACKFILL_LOGS: folder.file("logs") },
    };
    const args = [
      ...[`--config=${job}`, "--only=results"],
      `--start-date=${formatDay(FIRST)}`,
      `--end-date=${formatDay(FIRST + (count - 1) * MINUTES_PER_DAY)}`,
    ];
    const flags = await flagsOf("backfill", args, { ...Deno.env.toObject(), ...env });
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, `${REPOSITORY}tasks/backfill.ts`, ...args],
      ...{
        env: { ...MEMORY_SETTINGS, ...env },
        cwd: REPOSITORY,
        stdout: "null",
        stderr: "inherit",
      },
    }).spawn();
    const mostMb = await watch(child);
    first ??= mostMb;
    console.log(
      `${String(count).padStart(5)} days   ${mostMb.toFixed(0)} MB at most   ` +
        `${(mostMb / first).toFixed(2)} of ${days[0]} days`,
    );
  }
}

/** The peak that Linux keeps of a process, looked at until it ends. */
async function watch(child: Deno.ChildProcess): Promise<number> {
  let mostMb = 0;
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended) {
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (peak !== undefined) mostMb = Math.max(mostMb, Number(peak) / 1024);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (!(await child.status).success) throw new Error("Cannot measure memory: the run failed");
  return mostMb;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["days"], default: { days: "100,400" } });
  await memoryBench({ days: flags.days.split(",").map(Number) });
}
