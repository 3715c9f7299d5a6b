// Prints what an archive costs a whole run where the API has no limit, as the ratio of runs with and without one
// that take turns, pair by pair and in the median, and how large it is; and how fast the rows come back from it.
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

/** What a run took: seconds on the clock, and of the processor for its main thread. */
interface Took {
  readonly seconds: number;
  readonly ownSeconds: number;
}

/** Runs the benchmark and prints its ratios. */
export async function archiveBench(days: number, runs: number): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using pages = await startPageServer();
  using folder = tempDir();
  let count = 0;
  const run = async (archive?: string, fromArchive = false): Promise<Took> => {
    const databaseUrl = await server.createDatabase();
    const before = mainThreadSeconds();
    const ran = await racingRun({
      ...{ url: pages.url, databaseUrl, archive, fromArchive },
      kvPath: folder.file(`kv-${++count}.db`),
      start: formatDay(FIRST),
      end: formatDay(FIRST + (days - 1) * MINUTES_PER_DAY),
    });
    return { seconds: ran.seconds, ownSeconds: mainThreadSeconds() - before };
  };
  await run();
  const [without, kept, replayed]: [Took[], Took[], Took[]] = [[], [], []];
  for (let round = 0; round < runs; round++) {
    const archive = folder.file(`archive-${round}`);
    if (round % 2 === 0) without.push(await run());
    kept.push(await run(archive));
    if (round % 2 === 1) without.push(await run());
    replayed.push(await run(archive, true));
    console.log(`  ${(kept.at(-1)!.seconds / without.at(-1)!.seconds).toFixed(3)}`);
  }
  const files = await new FolderStore(folder.file("archive-0")).list();
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  print("without an archive", without, without);
  print("with an archive", kept, without);
  print("from the archive", replayed, without);
  console.log(`${(bytes / 1e6).toFixed(1)} MB in ${files.length} files`);
}

/** The median of each measure, and that of the ratios to the runs beside them. */
function print(name: string, took: readonly Took[], beside: readonly Took[]): void {
  const of = (measure: keyof Took) =>
    `${median(took.map((one) => one[measure])).toFixed(2)} s (${
      median(took.map((one, at) => one[measure] / beside[at]![measure])).toFixed(3)
    })`;
  console.log(`${name.padEnd(20)} ${of("seconds")}  main thread ${of("ownSeconds")}`);
}

/** Seconds for which the main thread had a core, as Linux counts them; 0 elsewhere. */
function mainThreadSeconds(): number {
  if (Deno.build.os !== "linux") return 0;
  const path = `/proc/self/task/${Deno.pid}/schedstat`;
  return Number(Deno.readTextFileSync(path).split(" ")[0]) / 1e9;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "runs"],
    default: { days: "60", runs: "5" },
  });
  await archiveBench(Number(flags.days), Number(flags.runs));
}
