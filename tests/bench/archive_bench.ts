// Prints what an archive costs a whole run where the API has no limit, as the ratio of runs with and without one
// that take turns, and how large it is; and how fast the rows come back from it.
//
//     deno run -A --v8-flags=--max-semi-space-size=4,--max-old-space-size=1024 \
//       tests/bench/archive_bench.ts [--days 60] [--runs 5]
import { parseArgs } from "@std/cli/parse-args";
import { FolderStore } from "../../lib/archive/store/folder_store.ts";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { startPageServer } from "./page_server.ts";
import { median, racingRun } from "./racing_run.ts";

const FIRST = parseCivil("2024-03-01")!;

/** Runs the benchmark and prints its ratios. */
export async function archiveBench(days: number, runs: number): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using pages = await startPageServer();
  using folder = tempDir();
  let count = 0;
  const run = async (archive?: string) => {
    const ran = await racingRun({
      ...{ url: pages.url, databaseUrl: await server.createDatabase(), archive },
      kvPath: folder.file(`kv-${++count}.db`),
      start: formatDay(FIRST),
      end: formatDay(FIRST + (days - 1) * MINUTES_PER_DAY),
    });
    return ran.seconds;
  };
  await run();
  const [without, kept]: [number[], number[]] = [[], []];
  for (let round = 0; round < runs; round++) {
    const inOrder = round % 2 === 0 ? [undefined, "a"] : ["a", undefined];
    for (const name of inOrder) {
      (name === undefined ? without : kept).push(
        await run(name && folder.file(`archive-${round}`)),
      );
    }
  }
  const files = await new FolderStore(folder.file("archive-0")).list();
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const ratios = kept.map((seconds, at) => seconds / without[at]!);
  console.log(`without ${median(without).toFixed(2)} s, with ${median(kept).toFixed(2)} s`);
  console.log(`ratio ${median(ratios).toFixed(3)} (${ratios.map((r) => r.toFixed(2)).join(" ")})`);
  console.log(`${(bytes / 1e6).toFixed(1)} MB in ${files.length} files`);
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "runs"],
    default: { days: "60", runs: "5" },
  });
  await archiveBench(Number(flags.days), Number(flags.runs));
}
